"""The `gr.HTML` component that shows a payload (payload.py) with view.html, view.css and js/."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import gradio as gr

from .bundle import on_load

HERE = Path(__file__).parent
EVENTS = ("shown",)  # the value, or that there is none, is on the screen
STYLES = ("view.css", "tour.css", "extras.css")


class AttentionView(gr.HTML):
    """The explorer view of one clip. Its value is what `payload()` returns, or None for none."""

    def __init__(
        self,
        value: dict[str, Any] | None = None,
        *,
        label: str | None = "Explorer view",
        visible: bool | Literal["hidden"] = True,
        elem_id: str | None = None,
        elem_classes: list[str] | str | None = None,
        render: bool = True,
        key: int | str | tuple[int | str, ...] | None = None,
    ) -> None:
        super().__init__(
            value,  # pyright: ignore[reportArgumentType]  (gr.HTML's own is a string)
            label=label,
            html_template=(HERE / "view.html").read_text("utf-8"),
            js_on_load=on_load(
                HERE / "js",
                entry="view.js",
                styles="".join((HERE / name).read_text("utf-8") for name in STYLES),
                events=EVENTS,
            ),
            apply_default_css=False,
            visible=visible,
            elem_id=elem_id,
            elem_classes=elem_classes,
            render=render,
            key=key,
        )

    def preprocess(self, payload: Any) -> Any:
        return payload

    def postprocess(self, value: Any) -> Any:
        return value

    def api_info(self) -> dict[str, Any]:
        return {"type": "object", "description": "what cabcnn's payload() packed, or null"}

    def example_payload(self) -> None:
        return None

    def example_value(self) -> None:
        return None
