"""The folded section below the view: kinds of file, for its clip and for many clips."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from cabcnn.checkpoint import Card
from cabcnn.errors import CabcnnError
from cabcnn.export import formats
from cabcnn.ui.export import clip, many
from cabcnn.ui.messages import note, nothing, session_of, trouble
from cabcnn.ui.models import Models
from cabcnn.ui.sounds import Sounds

ABOUT = """
<p>Figures say which file, model and T they are of, the verdict, and how often the model was
measured to be right. Classifiers that are muted above are left out, and named. Several kinds come
as one zip.</p>
"""
ABOUT_MANY = f"""
<p>Sounds, videos or zips of them, {many.MOST} clips at most, each by the model and T chosen above.
You get one zip: a summary of all clips, and the chosen kinds of file of each. It stays here for ten
minutes.</p>
"""
# The view tells on its element who is muted. A hidden DownloadButton needs one real click.
TELL = (
    "(kinds, muted, sound) => [kinds, document.querySelector('#view .cav')?.dataset.muted ?? '',"
    " sound]"
)
DOWNLOAD = "() => document.querySelector('#take-file')?.click()"
LIMITS: dict[str, Any] = {"concurrency_id": "take", "concurrency_limit": 2}


def build(
    models: Models,
    sounds: Sounds,
    model: gr.Dropdown,
    seconds: gr.Radio,
    file_types: list[str],
    longest: float,
) -> None:
    """Lays out the section; `model` and `seconds` are the page's choices, for many clips, of
    `file_types`, of which `longest` seconds are heard at most."""
    with gr.Accordion("Take away", open=False, elem_id="take"):
        gr.HTML(ABOUT)
        kinds = gr.CheckboxGroup(
            choices=[(_named(ending), ending) for ending in formats.KINDS],
            value=[".pdf"],
            label="Kinds of file",
            elem_id="take-kinds",
        )
        with_sound = gr.Checkbox(
            False, label="Put the sound into the page", visible=False, elem_id="take-sound"
        )
        take = gr.Button("Download", elem_id="take-start", scale=0)
        muted = gr.Textbox(visible=False)
        file = gr.DownloadButton(visible="hidden", elem_id="take-file")
        gr.HTML("<h3>Many clips</h3>" + ABOUT_MANY)
        upload = gr.File(
            file_count="multiple",
            file_types=[*file_types, ".zip"],
            label="Sounds, or zips of them",
            elem_id="many-upload",
        )
        start = gr.Button("Explain them all", elem_id="many-start", scale=0)
        status = gr.HTML(visible=False, elem_id="many-status", elem_classes="message")
        result = gr.DownloadButton(
            "Download the zip", visible=False, elem_id="many-result", variant="primary", scale=0
        )
        summary = gr.HTML(visible=False, elem_id="many-summary")

    def take_away(chosen: list[str], left_out: str, heard: bool, request: gr.Request) -> str:
        held = sounds.held(session_of(request))
        numbers = [int(number) for number in left_out.split()]
        try:
            return str(clip.write(held, chosen, numbers, heard, models, sounds))
        except CabcnnError as error:
            raise gr.Error(str(error), print_exception=False) from error

    def explain_many(
        paths: list[str] | None, chosen: list[str], name: str, wanted: float
    ) -> Iterator[dict[Any, Any]]:
        given = [Path(path) for path in paths or ()]
        nobody = {result: gr.DownloadButton(visible=False), summary: gr.HTML(visible=False)}
        if not given:
            yield {status: note("Choose sounds first, or a zip of them."), **nobody}
            return
        try:
            classifier = models.get(name)
            heard, score = wanted or _own(classifier.card, longest), classifier.card.score()
            yield {status: note("One moment…"), **nobody}
            for step in many.explain(given, classifier, heard, chosen, sounds.folder):
                if step.result is None:
                    yield {status: note(f"{step.done} of {step.clips} clips are done.")}
                    continue
                failed = sum("error" in row for row in step.rows)
                but = f" {failed} could not be explained; the table says why." if failed else ""
                yield {
                    status: note(f"All {step.clips} clips are done.{but} {score}"),
                    result: gr.DownloadButton(value=str(step.result), visible=True),
                    summary: gr.HTML(many.table(step.rows), visible=True),
                    upload: None,
                }
        except CabcnnError as error:
            yield {status: trouble(error), upload: None}
        finally:
            for path in given:
                sounds.used(path)

    quiet: dict[str, Any] = {"api_visibility": "private"}
    taken = take.click(
        take_away,
        [kinds, muted, with_sound],
        file,
        js=TELL,
        show_progress="minimal",
        show_progress_on=take,
        **LIMITS,
        **quiet,
    )
    taken.success(None, js=DOWNLOAD)
    start.click(
        explain_many,
        [upload, kinds, model, seconds],
        [status, result, summary, upload],
        show_progress="hidden",
        trigger_mode="once",
        concurrency_id="many",
        concurrency_limit=1,
        **quiet,
    )
    kinds.change(
        lambda chosen: gr.Checkbox(visible=".html" in chosen),
        kinds,
        with_sound,
        queue=False,
        show_progress="hidden",
        **quiet,
    )
    upload.upload(lambda: nothing(), None, status, queue=False, show_progress="hidden", **quiet)


def _named(ending: str) -> str:
    return f"{ending.removeprefix('.')}: {formats.KINDS[ending].about}"


def _own(card: Card, longest: float) -> float:
    return longest if card.seconds is None else card.seconds
