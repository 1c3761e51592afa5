"""The `gr.HTML` component that shows a payload (payload.py) with view.html, view.css and js/."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from cabcnn.ui.atlas.view import source


class AtlasView(gr.HTML):
    """Its value is what `payload` returns; `snippet` answers its calls for a moment's sound."""

    def __init__(
        self, value: str, *, snippet: Callable[[Any], Any], elem_id: str, render: bool = True
    ) -> None:
        # `render`: Gradio makes a view anew, unrendered, where a handler leaves it as it is.
        super().__init__(
            value,
            label="Atlas",
            html_template=source.html(),
            js_on_load=source.script(source.css()),
            apply_default_css=False,
            server_functions=[snippet],
            elem_id=elem_id,
            render=render,
        )

    def postprocess(self, value: str | None) -> str | None:
        return value
