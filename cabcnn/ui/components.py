"""The views of `cabcnn/views` as Gradio components.

When an event leaves a component unchanged, Gradio makes it anew for that visitor, with the
arguments of its class but without its value. So `value` needs a default, and `render` must be an
argument.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import gradio as gr

from cabcnn.views import bundle


class View(gr.HTML):
    """A view on the page. Its value is the argument of the view's `show` (view.js)."""

    VIEW: ClassVar[str]
    LABEL: ClassVar[str]
    EVENTS = ()

    def __init__(
        self,
        value: Any = None,
        *,
        elem_id: str | None = None,
        render: bool = True,
        server_functions: list[Callable[..., Any]] | None = None,
    ) -> None:
        super().__init__(
            value,
            label=self.LABEL,
            html_template=bundle.html(self.VIEW),
            js_on_load=bundle.mount_script(self.VIEW, bundle.css(self.VIEW)),
            apply_default_css=False,
            server_functions=server_functions,
            elem_id=elem_id,
            render=render,
        )

    def preprocess(self, payload: Any) -> Any:
        return payload

    def postprocess(self, value: Any) -> Any:
        return value

    def api_info(self) -> dict[str, Any]:
        return {"type": "object", "description": "what the view shows, or null"}

    def example_payload(self) -> None:
        return None

    def example_value(self) -> None:
        return None


class AttentionView(View):
    """The explorer view of one clip. Its value is what `view_payload.explain_for_view` returns, or
    None; the event `shown` comes once it is on the screen."""

    VIEW, LABEL = "explorer", "Explorer view"
    EVENTS = ("shown",)


class CompareView(View):
    """Two clips on one time axis. Its value is what `Sides.value()` returns, or None."""

    VIEW, LABEL = "compare", "Comparison"


class LiveView(View):
    """The microphone and its picture. Its value describes the model (live/tab.py); the server
    function `send` takes the sound; the event `finish` asks to open the finished recording with
    this {key} in Explore."""

    VIEW, LABEL = "live", "Live"
    EVENTS = ("finish",)


class AtlasView(View):
    """A model's atlas. Its value is what the functions of `views.atlas.payload` return; the server
    function `snippet` returns a moment's sound. The events ask to compute an atlas, to cancel
    that, and to look a classifier up in Explore."""

    VIEW, LABEL = "atlas", "Atlas"
    EVENTS = ("compute", "cancel", "look")


class RunsView(View):
    """The training runs. Its value is what `views.runs.payload.payload` returns; the server
    function `frames` returns attention. The events choose a run, act on it, download a file of
    it, or use its model."""

    VIEW, LABEL = "runs", "Training runs"
    EVENTS = ("pick", "act", "download", "use")
