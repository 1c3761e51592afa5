"""The folded section: a button, and what came of silencing the clip's moments."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import gradio as gr

from cabcnn.errors import CabcnnError
from cabcnn.faithfulness import measure
from cabcnn.ui.components import AttentionView
from cabcnn.ui.evidence.result import to_html
from cabcnn.ui.messages import note, nothing, session_of, trouble
from cabcnn.ui.models import Models
from cabcnn.ui.sounds import Sounds
from cabcnn.ui.terms import term

TITLE = "Does the evidence hold?"
ABOUT = f"""
<p>The picture shows which moments spoke for the answer, as {term("evidence", "evidence")}. If that
is {term("faithfulness", "faithful")}, the answer must fall when those moments fall silent, and stay
when those that said little do. Here the network hears this clip again, 32 times, with other
{term("interval", "moments of 25 ms")} silenced each time. It takes a second or two.</p>
"""
NO_CLIP = "There is no clip to silence: record, upload or choose one first."
ANSWER = ""  # of the classes to choose from: the one that the model answers


def build(models: Models, sounds: Sounds, view: AttentionView) -> None:
    """Lays out the section below `view`, whose clip it is about: another clip, model or T takes
    its result away."""
    with gr.Accordion(TITLE, open=False, elem_id="evidence"):
        gr.HTML(ABOUT, elem_id="evidence-about")
        with gr.Row(elem_id="evidence-controls"):
            label = gr.Dropdown(
                choices=_classes(()),
                value=ANSWER,
                label="Evidence for",
                elem_id="evidence-for",
                filterable=False,
                min_width=160,
                scale=0,
            )
            start = gr.Button("Silence and hear again", elem_id="evidence-start", scale=0)
        result = gr.HTML(visible=False, elem_id="evidence-result", elem_classes="message")

    def silence(wanted: str, request: gr.Request):
        session = session_of(request)
        held = sounds.held(session)
        if held is None:
            return note(NO_CLIP)
        try:
            found = measure(
                models.get(held.model),
                held.clip.sound,
                held.seconds,
                label=wanted or None,
                name=held.clip.name,
            )
        except CabcnnError as error:
            return trouble(error)
        # Another clip may have come meanwhile, whose evidence this is not.
        if sounds.held(session) is not held:
            return gr.skip()
        return gr.HTML(to_html(found, answers=not wanted), visible=True)

    def forget(request: gr.Request) -> dict[Any, Any]:
        held = sounds.held(session_of(request))
        labels: tuple[str, ...] = ()
        if held is not None:
            with suppress(CabcnnError):  # said when the button is pressed
                labels = models.card(held.model).labels
        return {result: nothing(), label: gr.Dropdown(choices=_classes(labels), value=ANSWER)}

    quiet: dict[str, Any] = {"api_visibility": "private"}
    start.click(
        silence,
        label,
        result,
        show_progress="full",
        show_progress_on=result,
        trigger_mode="once",
        concurrency_id="silence",
        concurrency_limit=1,
        **quiet,
    )
    # Once the picture is there: it need not wait for this.
    view.shown(
        forget,
        None,
        [result, label],
        queue=False,
        show_progress="hidden",
        trigger_mode="always_last",
        **quiet,
    )


def _classes(labels: tuple[str, ...]) -> list[tuple[str, str]]:
    return [("the answer", ANSWER), *((label, label) for label in labels)]
