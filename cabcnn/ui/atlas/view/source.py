"""What the view is made of, as text: for the page, and for a page that stands by itself."""

from __future__ import annotations

from pathlib import Path

from cabcnn.ui import attention_view
from cabcnn.ui.attention_view.bundle import on_load

HERE = Path(__file__).parent
# What a person does in the view: has an atlas computed, ends that, looks a classifier up.
EVENTS = ("compute", "cancel", "look")


def html() -> str:
    return (HERE / "view.html").read_text("utf-8")


def css() -> str:
    return (HERE / "view.css").read_text("utf-8")


def script(styles: str = "") -> str:
    """JavaScript that mounts the view, in the terms of `gr.HTML` (bundle.py)."""
    return on_load(
        HERE / "js",
        entry="atlas.js",
        styles=styles,
        shared=Path(attention_view.__file__).parent / "js",
        empty=".cat-empty",
        events=EVENTS,
    )
