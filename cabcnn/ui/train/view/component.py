"""The `gr.HTML` component that shows a payload (watch.py) with view.html, view.css and js/."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from cabcnn.ui import attention_view
from cabcnn.ui.attention_view.bundle import on_load

HERE = Path(__file__).parent
# What a person does in the view: picks a run, does something with it, takes a file of it, uses
# its model.
EVENTS = ("pick", "act", "take", "use")


class TrainingView(gr.HTML):
    """Its value is what `watch.payload()` returns; `frames` answers its calls for attention."""

    def __init__(
        self, value: str, *, frames: Callable[[Any], Any], elem_id: str, render: bool = True
    ) -> None:
        # `render`: Gradio makes a view anew, unrendered, where a handler leaves it as it is.
        super().__init__(
            value,
            label="Training runs",
            html_template=(HERE / "view.html").read_text("utf-8"),
            js_on_load=on_load(
                HERE / "js",
                entry="runs.js",
                styles=(HERE / "view.css").read_text("utf-8"),
                shared=Path(attention_view.__file__).parent / "js",
                empty=".ctv-empty",
                events=EVENTS,
            ),
            apply_default_css=False,
            server_functions=[frames],
            elem_id=elem_id,
            render=render,
        )

    def postprocess(self, value: str | None) -> str | None:
        return value
