"""The tab: the view that records, and what opens its recording in Explore."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio import events

from cabcnn import audio
from cabcnn.errors import AudioError, CabcnnError
from cabcnn.ui import tab_ids
from cabcnn.ui.components import LiveView
from cabcnn.ui.limits import visitor
from cabcnn.ui.live.sessions import MAX_SECONDS, Sessions
from cabcnn.ui.messages import gradio_errors, no_message, session_id
from cabcnn.ui.models import Models
from cabcnn.ui.sounds import Clip, Sounds

NAME = "Live recording"
EXPIRED = (
    "The recording is no longer on the server; press “Open in Explore” once more to send it again."
)


def build(
    models: Models,
    sounds: Sounds,
    model: gr.Dropdown,
    tabs: gr.Tabs,
    explain_after: Callable[[events.Dependency], None],
) -> Sessions:
    """Lays out the tab, one of the page's `tabs`. `model` is the page's choice of model;
    `explain_after` adds to an event the explanation of the clip that is open in Explore."""
    sessions = Sessions(models)

    def view_value(
        name: str | None, opened: str | None = None, failed: float = 0.0
    ) -> dict[str, Any]:
        try:
            card = models.card(name)
        except CabcnnError as error:
            return {"error": str(error)}
        return {
            "model": name,
            "title": card.title,
            "labels": list(card.labels),
            "score": card.score(),
            "scored_after": card.median_seconds or card.seconds or 0.0,
            "longest": MAX_SECONDS,
            "opened": opened,
            "failed": failed,
        }

    async def send(message: Any, request: gr.Request) -> dict[str, Any]:
        return await sessions.push(message, visitor(request))

    view = LiveView(view_value(models.first()), server_functions=[send], elem_id="live")
    message = gr.HTML(visible=False, elem_id="live-message", elem_classes="message")

    def update_live_view(name: str | None) -> dict[str, Any]:
        return view_value(name)

    def open_recording(name: str | None, request: gr.Request, event: gr.EventData):
        key = event._data.get("key") if isinstance(event._data, dict) else None
        with gradio_errors():
            sound = sessions.sound(key) if isinstance(key, str) else None
            if not isinstance(key, str) or sound is None:
                raise AudioError(EXPIRED)
            card = models.card(name)
            # Checked before the clip that is open in Explore is replaced.
            audio.prepare(audio.read(sound, card.seconds), card.rate, card.seconds)
        sounds.open(
            session_id(request), Clip(NAME, sound), sound, model=name or "", seconds=card.seconds
        )
        sessions.forget(key)
        return {
            view: view_value(name, opened=key),
            tabs: gr.Tabs(selected=tab_ids.EXPLORE),
            message: no_message(),
        }

    def keep_recording(name: str | None) -> dict[str, Any]:
        return view_value(name, failed=time.time())  # another value each time

    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    model.change(update_live_view, model, view, queue=False, **private)
    # In the queue: without it Gradio can't show a `gr.Error`.
    opening = view.finish(open_recording, model, [view, tabs, message], **private)
    opening.failure(keep_recording, model, view, queue=False, **private)
    explain_after(opening)
    return sessions
