"""The views of `cabcnn/views` as Gradio components.

Gradio makes a component anew, from the arguments of its class and without its value, for every
visitor for whom an event leaves it as it is: every argument but those without which the component
can't work has a default, and `render` and `value` are among them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import gradio as gr

from cabcnn.views import bundle


class View(gr.HTML):
    """A view on the page. Its value is what the view's `show` takes (view.js)."""

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
    """The explorer view of one clip. Its value is what `views.payload.payload` returns, or None
    for none; `shown` says that the value, or that there is none, is on the screen."""

    VIEW, LABEL = "explorer", "Explorer view"
    EVENTS = ("shown",)


class CompareView(View):
    """Two clips on one time axis. Its value is what `Sides.value()` returns, or None."""

    VIEW, LABEL = "compare", "Comparison"


class LiveView(View):
    """The microphone and its picture. Its value describes the chosen model (live/tab.py); `send`,
    among the server functions, answers its calls with sound; `finish` says that a recording is
    over and wants to be opened: {key}."""

    VIEW, LABEL = "live", "Live"
    EVENTS = ("finish",)


class AtlasView(View):
    """A model's atlas. Its value is what `views.atlas.payload` returns; `snippet`, among the
    server functions, answers its calls for a moment's sound. A person has an atlas computed,
    cancels that, looks a classifier up."""

    VIEW, LABEL = "atlas", "Atlas"
    EVENTS = ("compute", "cancel", "look")


class RunsView(View):
    """The training runs. Its value is what `views.runs.payload.payload` returns; `frames`, among
    the server functions, answers its calls for attention. A person picks a run, acts on it, takes
    a file of it, uses its model."""

    VIEW, LABEL = "runs", "Training runs"
    EVENTS = ("pick", "act", "take", "use")
