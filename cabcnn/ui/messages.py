"""The messages that a visitor is shown: an error, a notice, or none."""

from __future__ import annotations

import html
from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr

from cabcnn.errors import CabcnnError


def session_id(request: gr.Request) -> str:
    """The open page that a request comes from; a reloaded page is a new one."""
    return request.session_hash or ""


def error_message(error: CabcnnError, file: str = "") -> gr.HTML:
    """What went wrong, and with which file."""
    sentence = str(error) if file in str(error) else f"{file}: {error}"
    return gr.HTML(f'<p class="error" role="alert">{html.escape(sentence)}</p>', visible=True)


def notice(text: str) -> gr.HTML:
    """Something worth knowing about what is shown."""
    return gr.HTML(f'<p class="notice" role="status">{html.escape(text)}</p>', visible=True)


def no_message() -> gr.HTML:
    """Takes the last message away."""
    return gr.HTML("", visible=False)


@contextmanager
def gradio_errors() -> Iterator[None]:
    """Turns a CabcnnError into one that Gradio shows to the visitor or sends to the program that
    called, without a traceback in the log."""
    try:
        yield
    except CabcnnError as error:
        raise gr.Error(str(error), print_exception=False) from error
