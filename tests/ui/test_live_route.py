"""The address at which the page takes live sound, asked over HTTP."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr
import httpx
import numpy as np
import pytest

from cabcnn.ui import page
from cabcnn.ui.live.route import MAX_BYTES, PATH
from cabcnn.ui.live.sessions import OUTDATED

pytestmark = pytest.mark.usefixtures("models_folder", "one_thread")

RATE = 16_000
JSON = {"content-type": "application/json"}


@contextmanager
def served(demo: gr.Blocks, **options: Any) -> Iterator[str]:
    """A page that is served, and its address for sound."""
    _, url, _ = page.launch(demo, prevent_thread_lock=True, quiet=True, **options)
    try:
        yield url.rstrip("/")
    finally:
        demo.close()


@pytest.fixture(scope="module")
def url(demo) -> Iterator[str]:
    with served(demo) as address:
        yield address


@pytest.fixture
def piece(babble) -> Callable[..., dict[str, Any]]:
    """Something like speech, as the page's view sends it."""

    def make(key: str, seconds: float = 1.0) -> dict[str, Any]:
        samples = np.rint(babble(seconds, RATE) * 32767).astype("<i2")
        packed = base64.b64encode(samples.tobytes()).decode()
        facts = {"key": key * 32, "model": "accents", "rate": RATE, "at": 0, "seen": 0}
        return {**facts, "samples": packed}

    return make


def test_it_answers_as_gradios_own_address_does(demo, url, piece):
    answer = httpx.post(url + PATH, json=piece("a")).json()
    (view,) = (b for b in demo.blocks.values() if getattr(b, "elem_id", "") == "live")
    call = {"component_id": view._id, "fn_name": "send", "session_hash": "x"}
    gradios = f"{url}/gradio_api/component_server"
    assert httpx.post(gradios, json={**call, "data": piece("b")}).json() == answer
    again = httpx.post(url + PATH, json=piece("a")).json()
    assert (answer["have"], answer["count"]) == (RATE, again["count"])
    assert len(answer["probabilities"]) == 3
    assert sum(answer["probabilities"]) == pytest.approx(1)
    assert answer["count"] > 0


def test_what_no_page_sends_is_refused(url):
    assert httpx.post(url + PATH, json={"key": "x"}).json() == {"error": OUTDATED}
    for broken in (b"{", b"\xff", b"[" * 100_000):
        assert httpx.post(url + PATH, content=broken, headers=JSON).status_code == 400
    large = bytes(MAX_BYTES + 1)
    assert httpx.post(url + PATH, content=large, headers=JSON).status_code == 413
    assert httpx.get(url + PATH).status_code in (404, 405)


def test_the_longest_piece_has_room(url):
    rate, seconds = 192_000, 5
    packed = base64.b64encode(bytes(2 * rate * seconds)).decode()
    longest = {"key": "c" * 32, "model": "accents", "rate": rate, "at": 0, "seen": 0}
    answer = httpx.post(url + PATH, json={**longest, "samples": packed}, timeout=60).json()
    assert answer["have"] == rate * seconds


def test_a_password_is_asked_for_here_too(models_folder, piece):
    with served(page.build(), auth=[("ann", "secret")]) as url:
        assert httpx.post(url + PATH, json=piece("d")).status_code == 401
        with httpx.Client() as client:
            client.post(f"{url}/login", data={"username": "ann", "password": "wrong"})
            assert client.post(url + PATH, json=piece("d")).status_code == 401
            client.post(f"{url}/login", data={"username": "ann", "password": "secret"})
            assert client.post(url + PATH, json=piece("d")).json()["have"] == RATE
            forged = dict.fromkeys(client.cookies, "a guess")
        assert forged
        assert httpx.post(url + PATH, json=piece("d"), cookies=forged).status_code == 401


def test_who_lets_visitors_in_otherwise_has_gradios_address_only(models_folder, piece):
    with served(page.build(), auth_dependency=lambda request: "ann") as url:
        assert httpx.post(url + PATH, json=piece("e")).status_code == 401


def test_the_page_tells_nothing_of_how_it_is_made(demo):
    (view,) = (b for b in demo.blocks.values() if getattr(b, "elem_id", "") == "live")
    assert "push" not in view.get_config()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/json", "sec-fetch-site": "cross-site"}, 403),
        ({"content-type": "application/json", "origin": "http://elsewhere"}, 403),
        ({"content-type": "application/json; charset=utf-8", "sec-fetch-site": "same-origin"}, 200),
    ],
)
def test_another_sites_page_is_not_answered(url, piece, headers, status):
    content = json.dumps(piece("c")).encode()
    assert httpx.post(url + PATH, content=content, headers=headers).status_code == status
