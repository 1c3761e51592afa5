"""The tab: the view that listens, and what opens its recording in Explore."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio import events

from cabcnn import audio
from cabcnn.errors import CabcnnError
from cabcnn.ui.components import LiveView
from cabcnn.ui.explore import nothing, session_of
from cabcnn.ui.live.sessions import LONGEST, Sessions
from cabcnn.ui.models import Models
from cabcnn.ui.sounds import Clip, Sounds

NAME = "Live recording"
GONE = "The recording is not held here any more; press “Open in Explore” again to send it anew."


def build(
    models: Models,
    sounds: Sounds,
    model: gr.Dropdown,
    tabs: gr.Tabs,
    explore: str,
    explain_after: Callable[[events.Dependency], None],
) -> Sessions:
    """Lays out the tab. `model` is the page's choice of model; `explain_after` lets an event end
    in an explanation of the sound that is held, in the tab `explore` of `tabs`."""
    sessions = Sessions(models)

    def facts(name: str | None, opened: str | None = None) -> dict[str, Any]:
        """The value of the view."""
        try:
            card = models.card(name)
        except CabcnnError as error:
            return {"error": str(error)}
        return {
            "model": name,
            "title": card.title,
            "labels": list(card.labels),
            "score": card.score(),
            "longest": LONGEST,
            "opened": opened,
        }

    async def send(asked: Any) -> dict[str, Any]:
        return await sessions.push(asked)

    view = LiveView(facts(models.first()), server_functions=[send], elem_id="live")
    message = gr.HTML(visible=False, elem_id="live-message", elem_classes="message")

    def tell(name: str | None) -> dict[str, Any]:
        return facts(name)

    def open_recording(name: str | None, request: gr.Request, event: gr.EventData):
        said = event._data
        key = said.get("key") if isinstance(said, dict) else None
        sound = sessions.sound(key) if isinstance(key, str) else None
        if not isinstance(key, str) or sound is None:
            raise gr.Error(GONE, print_exception=False)
        try:  # before what is open in Explore makes way for it
            card = models.card(name)
            audio.analysed(audio.read(sound, card.seconds), card.rate, card.seconds)
        except CabcnnError as error:
            raise gr.Error(str(error), print_exception=False) from error
        clip, longest = Clip(NAME, sound), card.seconds
        sounds.hold(session_of(request), clip, sound, model=name or "", seconds=longest)
        sessions.forget(key)
        return {view: facts(name, opened=key), tabs: gr.Tabs(selected=explore), message: nothing()}

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    model.change(tell, model, view, queue=False, **quiet)
    # In the queue, without which nothing can be said to the visitor (`gr.Error`).
    explain_after(view.finish(open_recording, model, [view, tabs, message], **quiet))
    return sessions
