"""The collapsible section below the view: exports its clip, or many clips."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from cabcnn.errors import CabcnnError
from cabcnn.export import formats
from cabcnn.ui.export import batch, clip
from cabcnn.ui.messages import error_message, gradio_errors, no_message, notice, session_id
from cabcnn.ui.models import Models
from cabcnn.ui.sounds import Sounds

ABOUT = """
<p>Figures state the file, the model, T, the verdict, and how often the model was measured to be
right. Classifiers that are muted above are left out, and listed. Several kinds come as one zip.</p>
"""
ABOUT_MANY = f"""
<p>Sounds, videos or zips of them, {batch.MAX_CLIPS} clips at most, all by the model and T chosen
above. You get one zip: a summary of all clips, and the chosen kinds of file for each. You can
download it for ten minutes.</p>
"""
# The view lists the muted classifiers on its element.
READ_MUTED = (
    "(kinds, muted, sound) => [kinds, document.querySelector('#view .cav')?.dataset.muted ?? '',"
    " sound]"
)
# A hidden DownloadButton needs a real click.
DOWNLOAD = "() => document.querySelector('#export-file')?.click()"
LIMITS: dict[str, Any] = {"concurrency_id": "take", "concurrency_limit": 2}


def build(
    models: Models,
    sounds: Sounds,
    model: gr.Dropdown,
    seconds: gr.Radio,
    file_types: list[str],
    max_seconds: float,
) -> None:
    """Lays out the section. `model` and `seconds` are the page's choices, for many clips of
    `file_types`; of each at most `max_seconds` are analysed."""
    with gr.Accordion("Export", open=False, elem_id="export"):
        gr.HTML(ABOUT)
        kinds = gr.CheckboxGroup(
            choices=[(_kind(ending), ending) for ending in formats.KINDS],
            value=[".pdf"],
            label="Kinds of file",
            elem_id="export-kinds",
        )
        with_sound = gr.Checkbox(
            False, label="Include the sound in the page", visible=False, elem_id="export-sound"
        )
        export = gr.Button("Download", elem_id="export-start", scale=0)
        muted = gr.Textbox(visible=False)
        file = gr.DownloadButton(visible="hidden", elem_id="export-file")
        gr.HTML("<h3>Many clips</h3>" + ABOUT_MANY)
        upload = gr.File(
            file_count="multiple",
            file_types=[*file_types, ".zip"],
            label="Sounds, or zips of them",
            elem_id="batch-upload",
        )
        start = gr.Button("Explain them all", elem_id="batch-start", scale=0)
        status = gr.HTML(visible=False, elem_id="batch-status", elem_classes="message")
        result = gr.DownloadButton(
            "Download the zip", visible=False, elem_id="batch-result", variant="primary", scale=0
        )
        summary = gr.HTML(visible=False, elem_id="batch-summary")

    def export_clip(
        chosen: list[str], muted_numbers: str, include_sound: bool, request: gr.Request
    ) -> str:
        shown = sounds.open_clip(session_id(request))
        numbers = [int(number) for number in muted_numbers.split()]
        with gradio_errors():
            return str(clip.write(shown, chosen, numbers, include_sound, models, sounds))

    def explain_many(
        paths: list[str] | None, chosen: list[str], name: str, t: float
    ) -> Iterator[dict[Any, Any]]:
        files = [Path(path) for path in paths or ()]
        hidden = {result: gr.DownloadButton(visible=False), summary: gr.HTML(visible=False)}
        if not files:
            yield {status: notice("Choose sounds first, or a zip of them."), **hidden}
            return
        try:
            classifier = models.get(name)
            length = t or classifier.card.seconds or max_seconds
            yield {status: notice("One moment…"), **hidden}
            for step in batch.explain(files, classifier, length, chosen, sounds.folder):
                if step.result is None:
                    yield {status: notice(f"{step.done} of {step.clips} clips are done.")}
                    continue
                failed = sum("error" in row for row in step.rows)
                failures = (
                    f"{failed} could not be explained; the table says why. " if failed else ""
                )
                score = classifier.card.score()
                yield {
                    status: notice(f"All {step.clips} clips are done. {failures}{score}"),
                    result: gr.DownloadButton(value=str(step.result), visible=True),
                    summary: gr.HTML(batch.table(step.rows), visible=True),
                    upload: None,
                }
        except CabcnnError as error:
            yield {status: error_message(error), upload: None}
        finally:
            for path in files:
                sounds.release(path)

    private: dict[str, Any] = {"api_visibility": "private"}
    exported = export.click(
        export_clip,
        [kinds, muted, with_sound],
        file,
        js=READ_MUTED,
        show_progress="minimal",
        show_progress_on=export,
        **LIMITS,
        **private,
    )
    exported.success(None, js=DOWNLOAD)
    start.click(
        explain_many,
        [upload, kinds, model, seconds],
        [status, result, summary, upload],
        show_progress="hidden",
        trigger_mode="once",
        concurrency_id="many",
        concurrency_limit=1,
        **private,
    )
    kinds.change(
        lambda chosen: gr.Checkbox(visible=".html" in chosen),
        kinds,
        with_sound,
        queue=False,
        show_progress="hidden",
        **private,
    )
    upload.upload(
        lambda: no_message(), None, status, queue=False, show_progress="hidden", **private
    )


def _kind(ending: str) -> str:
    return f"{ending.removeprefix('.')}: {formats.KINDS[ending].about}"
