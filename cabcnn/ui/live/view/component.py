"""The `gr.HTML` component that listens, with view.html, view.css and js/."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import gradio as gr

from cabcnn.ui import attention_view
from cabcnn.ui.attention_view.bundle import on_load

HERE = Path(__file__).parent
EVENTS = ("finish",)  # a recording is over and wants to be opened: {key}


class LiveView(gr.HTML):
    """Its value tells of the chosen model (tab.py); `push` answers its calls with sound."""

    def __init__(
        self,
        value: dict[str, Any],
        *,
        push: Callable[[Any], Awaitable[dict[str, Any]]],
        elem_id: str,
        render: bool = True,
    ) -> None:
        # `render`: Gradio makes a view anew, unrendered, where a handler leaves it as it is.
        async def send(asked: Any) -> dict[str, Any]:
            return await push(asked)

        super().__init__(
            value,  # pyright: ignore[reportArgumentType]  (gr.HTML's own is a string)
            label="Live",
            html_template=(HERE / "view.html").read_text("utf-8"),
            js_on_load=on_load(
                HERE / "js",
                entry="live.js",
                styles=(HERE / "view.css").read_text("utf-8"),
                shared=Path(attention_view.__file__).parent / "js",
                empty=".clv-trouble",
                events=EVENTS,
            ),
            apply_default_css=False,
            server_functions=[send],
            elem_id=elem_id,
            render=render,
        )

    def postprocess(self, value: Any) -> Any:
        return value
