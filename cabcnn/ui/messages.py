"""What the page says to one visitor: a word on what is shown, or what went wrong."""

from __future__ import annotations

import html

import gradio as gr

from cabcnn.errors import CabcnnError


def session_of(request: gr.Request) -> str:
    """The open page that a request comes from; a reload is a new one."""
    return request.session_hash or ""


def trouble(error: CabcnnError) -> gr.HTML:
    """What went wrong, to stay on the page beside the last result."""
    return gr.HTML(f'<p class="trouble" role="alert">{html.escape(str(error))}</p>', visible=True)


def note(text: str) -> gr.HTML:
    """Something worth knowing about what is shown."""
    return gr.HTML(f'<p class="note" role="status">{html.escape(text)}</p>', visible=True)


def nothing() -> gr.HTML:
    """No message."""
    return gr.HTML("", visible=False)
