"""The collapsible section: a button, and what silencing moments of the clip shows."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import gradio as gr

from cabcnn.errors import CabcnnError
from cabcnn.faithfulness import measure
from cabcnn.ui.components import AttentionView
from cabcnn.ui.evidence.result import to_html
from cabcnn.ui.messages import error_message, no_message, notice, session_id
from cabcnn.ui.models import Models
from cabcnn.ui.sounds import Sounds
from cabcnn.ui.terms import term

TITLE = "Does the evidence hold?"
ABOUT = f"""
<p>The picture shows which moments spoke for the answer, as {term("evidence", "evidence")}. If it is
{term("faithfulness", "faithful")}, the answer should weaken when those moments are silenced, and
stay when moments that said little are. Here the network hears this clip again and again, with other
{term("interval", "moments of 25 ms")} silenced each time. It takes a second or two.</p>
"""
NO_CLIP = "There is no clip to silence: record, upload or choose one first."
ANSWER = ""  # the choice of class that stands for the model's answer


def build(models: Models, sounds: Sounds, view: AttentionView) -> None:
    """Lays out the section below `view`. Its result is about the clip, model and T in that view,
    and is removed when they change."""
    with gr.Accordion(TITLE, open=False, elem_id="evidence"):
        gr.HTML(ABOUT, elem_id="evidence-about")
        with gr.Row(elem_id="evidence-controls"):
            label = gr.Dropdown(
                choices=_label_choices(()),
                value=ANSWER,
                label="Evidence for",
                elem_id="evidence-for",
                filterable=False,
                min_width=160,
                scale=0,
            )
            start = gr.Button("Silence and hear again", elem_id="evidence-start", scale=0)
        result = gr.HTML(visible=False, elem_id="evidence-result", elem_classes="message")

    def silence(chosen: str, request: gr.Request):
        session = session_id(request)
        shown = sounds.open_clip(session)
        if shown is None:
            return notice(NO_CLIP)
        try:
            measured = measure(
                models.get(shown.model),
                shown.clip.sound,
                shown.seconds,
                label=chosen or None,
                name=shown.clip.name,
            )
        except CabcnnError as error:
            return error_message(error)
        if sounds.open_clip(session) is not shown:  # another clip was opened meanwhile
            return gr.skip()
        return gr.HTML(to_html(measured, for_answer=not chosen), visible=True)

    def reset(request: gr.Request) -> dict[Any, Any]:
        shown = sounds.open_clip(session_id(request))
        labels: tuple[str, ...] = ()
        if shown is not None:
            with suppress(CabcnnError):  # shown when the button is pressed
                labels = models.card(shown.model).labels
        choices = gr.Dropdown(choices=_label_choices(labels), value=ANSWER)
        return {result: no_message(), label: choices}

    private: dict[str, Any] = {"api_visibility": "private"}
    start.click(
        silence,
        label,
        result,
        show_progress="full",
        show_progress_on=result,
        trigger_mode="once",
        concurrency_id="silence",
        concurrency_limit=1,
        **private,
    )
    # After the picture is drawn, which need not wait for this.
    view.shown(
        reset,
        None,
        [result, label],
        queue=False,
        show_progress="hidden",
        trigger_mode="always_last",
        **private,
    )


def _label_choices(labels: tuple[str, ...]) -> list[tuple[str, str]]:
    return [("the answer", ANSWER), *((label, label) for label in labels)]
