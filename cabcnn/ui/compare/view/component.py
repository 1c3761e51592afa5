"""The `gr.HTML` component that shows two payloads (sides.py) with view.html, view.css and js/."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from cabcnn.ui import attention_view
from cabcnn.ui.attention_view.bundle import on_load

HERE = Path(__file__).parent


class CompareView(gr.HTML):
    """Its value is what `Sides.value()` returns, or None for nothing yet."""

    def __init__(self, *, elem_id: str, render: bool = True) -> None:
        # `render`: Gradio makes a view anew, unrendered, where a handler leaves it as it is.
        super().__init__(
            None,
            label="Comparison",
            html_template=(HERE / "view.html").read_text("utf-8"),
            js_on_load=on_load(
                HERE / "js",
                entry="compare.js",
                styles=(HERE / "view.css").read_text("utf-8"),
                shared=Path(attention_view.__file__).parent / "js",
                empty=".ccv-empty",
            ),
            apply_default_css=False,
            elem_id=elem_id,
            render=render,
        )

    def postprocess(self, value: Any) -> Any:
        return value
