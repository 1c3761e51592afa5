"""The `gr.HTML` component that shows two payloads (sides.py) with view.html, view.css and js/."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import gradio as gr

from cabcnn.ui import attention_view
from cabcnn.ui.attention_view.bundle import on_load

HERE = Path(__file__).parent


class CompareView(gr.HTML):
    """Its value is what `Sides.value()` returns, or None for nothing yet."""

    def __init__(
        self,
        value: dict[str, Any] | None = None,
        *,
        label: str | None = "Comparison",
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
            css_template=(HERE / "view.css").read_text("utf-8"),
            js_on_load=on_load(
                HERE / "js",
                entry="compare.js",
                shared=Path(attention_view.__file__).parent / "js",
                empty=".ccv-empty",
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
        return {"type": "object", "description": "two packed clips, or null"}

    def example_payload(self) -> None:
        return None

    def example_value(self) -> None:
        return None
