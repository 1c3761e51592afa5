"""The page without a browser: its handlers, called as Gradio calls them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr
import pytest
import soundfile
from gradio import http_server
from gradio.state_holder import SessionState

from cabcnn import checkpoint
from cabcnn.ui import page
from cabcnn.ui.sounds import shared_sounds

# Gradio looks for a free port and takes it a moment later: processes that look among the same ones
# may take one from each other, and the one that lost it waits for ever.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
http_server.INITIAL_PORT_VALUE = 7860 + 200 * int(WORKER)


class Shown(NamedTuple):
    """What a handler put on the page: None where it left something as it was."""

    view: dict[str, Any] | None
    message: str | None  # "" where it took the message away
    updates: dict[str, Any]  # by the component's elem_id


def handler_of(demo: gr.Blocks, name: str) -> Callable[..., Any]:
    functions = [f.fn for f in demo.fns.values() if f.fn is not None]
    (found,) = (function for function in functions if function.__name__ == name)
    return found


def send(demo: gr.Blocks, handler: str, result: Any, state: SessionState) -> None:
    """Has Gradio prepare a handler's result for the browser. It makes components anew for that,
    also those of which the result says nothing."""
    function = next(f for f in demo.fns.values() if f.fn and f.fn.__name__ == handler)
    with ThreadPoolExecutor(1) as pool:  # a browser test may have an event loop in this thread
        pool.submit(asyncio.run, demo.postprocess_data(function, result, state)).result()


class Page:
    """One visitor's open page."""

    def __init__(self, demo: gr.Blocks, session: str) -> None:
        self.demo, self.session, self.state = demo, session, SessionState(demo)

    def call(self, handler: str, *arguments: Any) -> Shown:
        request = gr.Request(session_hash=self.session)
        result = handler_of(self.demo, handler)(*arguments, request)
        if result:
            send(self.demo, handler, result, self.state)
        updates = {component.elem_id: value for component, value in result.items()}
        message = updates.get("message")
        return Shown(updates.get("view"), None if message is None else message.value or "", updates)

    def upload(self, path: Path, model: str = "accents", seconds: float = 0) -> Shown:
        return self.call("open_file", str(path), model, seconds)

    def leave(self) -> None:
        shared_sounds().forget(self.session)


@pytest.fixture(scope="module")
def models_folder(formula_model, make_card, tmp_path_factory) -> Iterator[Path]:
    """A folder of models with two in it: accents (T 30 s) and digits (whole clips)."""
    folder = tmp_path_factory.mktemp("checkpoints")
    digits = tuple("0123456789")
    save = checkpoint.save
    save(folder / "accents.safetensors", formula_model(3), make_card(name="accents"))
    card = make_card(name="digits", title="Digits", labels=digits, seconds=None, measurements=())
    save(folder / "digits.safetensors", formula_model(10), card)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoint, "folder", lambda: folder)
        yield folder


@pytest.fixture(scope="session")
def send_result() -> Callable[..., None]:
    return send


@pytest.fixture(scope="session")
def find_handler() -> Callable[..., Callable[..., Any]]:
    """Finds what a page runs at an event, by the function's name."""
    return handler_of


@pytest.fixture(scope="module")
def demo(models_folder) -> gr.Blocks:
    return page.build()


@pytest.fixture
def visitor(demo, request) -> Iterator[Page]:
    opened = Page(demo, request.node.name)
    yield opened
    opened.leave()


@pytest.fixture
def another_visitor(demo, request) -> Iterator[Page]:
    opened = Page(demo, f"another of {request.node.name}")
    yield opened
    opened.leave()


@pytest.fixture
def voice(babble, tmp_path) -> Callable[..., Path]:
    """Writes a file of something like speech."""

    def write(name: str = "voice.wav", seconds: float = 4.0, rate: int = 16_000) -> Path:
        path = tmp_path / name
        soundfile.write(path, babble(seconds, rate), rate)
        return path

    return write
