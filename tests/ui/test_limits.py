"""What one server takes from its visitors, and what it refuses before Gradio sees it."""

from __future__ import annotations

import asyncio
import errno
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from cabcnn.errors import CabcnnError
from cabcnn.ui import guard
from cabcnn.ui.guard import MEGABYTE, Guard, Recent
from cabcnn.ui.limits import Limits, parse, visitor
from cabcnn.ui.live.route import PATH
from cabcnn.ui.visits import Visits

HERE = {"host": "here"}


async def login(request: Request) -> PlainTextResponse:
    right = await request.body() == b"right"
    return PlainTextResponse("", 200 if right else 400)


async def upload(request: Request) -> PlainTextResponse:
    if await request.body() == b"full":
        raise OSError(errno.ENOSPC, "No space left on device")
    return PlainTextResponse("")


async def other(request: Request) -> PlainTextResponse:
    return PlainTextResponse("")


@pytest.fixture
def post(tmp_path, monkeypatch):
    """Posts from an address to a server with a guard."""
    limits = Limits(
        wrong_passwords_per_minute=5,
        wrong_passwords_per_minute_per_visitor=3,
        waiting_megabytes=3,
        waiting_megabytes_per_visitor=2,
        upload_megabytes=1,
    )
    monkeypatch.setattr(guard, "limits", lambda: limits)
    routes = [Route(f"/{f.__name__}", f, methods=["POST"]) for f in (login, upload, other)]
    app = Starlette(routes=routes, middleware=[Middleware(Guard, folder=tmp_path)])

    def post(path: str, content: bytes = b"", address: str = "1.1.1.1", **headers: str) -> Any:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app, client=(address, 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
                named = {name.replace("_", "-"): value for name, value in headers.items()}
                return await client.post(path, content=content, headers=named)

        with ThreadPoolExecutor(1) as pool:  # a browser test may have an event loop in this thread
            answer = pool.submit(asyncio.run, ask()).result()
        return answer.status_code, answer.json()["detail"] if answer.text.startswith("{") else ""

    return post


def test_passwords_can_not_be_guessed_fast(post):
    assert [post("/login", b"right")[0] for _ in range(10)] == [200] * 10
    assert [post("/login", b"wrong")[0] for _ in range(5)] == [400] * 3 + [429] * 2
    status, sentence = post("/login", b"right")
    assert (status, "try again in a minute" in sentence) == (429, True)
    assert [post("/login", b"wrong", "2.2.2.2")[0] for _ in range(3)] == [400, 400, 429]
    assert post("/login", b"right", "3.3.3.3")[0] == 429  # however many addresses they come from


def test_uploads_have_a_budget_for_each_visitor_and_for_all(post, tmp_path):
    half = b"1" * (MEGABYTE // 2)
    form = {"content_type": "multipart/form-data; boundary=x"}
    assert [post("/upload", half, **form)[0] for _ in range(5)] == [200] * 4 + [413]
    assert post("/upload", half, "2.2.2.2", **form)[0] == 200
    (tmp_path / "waiting").write_bytes(b"1" * (5 * MEGABYTE // 2))
    assert post("/other", half, "3.3.3.3", **form)[0] == 200, "wherever a form is sent to"
    status, sentence = post("/other", half + b"1", "3.3.3.3", **form)
    assert (status, "too many uploads" in sentence) == (413, True)
    assert post("/upload", 2 * half + bytes(20_000), "4.4.4.4", **form)[0] == 413, "one file"


def test_other_posts_are_short_and_say_how_long_they_are(post):
    assert post("/other", bytes(16 * MEGABYTE))[0] == 200
    assert post("/other", bytes(16 * MEGABYTE + 1))[0] == 413
    assert post("/other", content_length="")[0] == 411
    assert post("/gradio_api/process_recording", b"x")[0] == 404


def test_the_views_functions_answer_their_own_page_only(post):
    path = "/gradio_api/component_server"
    assert post(path, b"{}", content_type="text/plain")[0] == 415
    there = {"content_type": "application/json", "sec_fetch_site": "cross-site"}
    assert post(path, b"{}", **there)[0] == 403
    assert post(path, b"{}", content_type="application/json")[0] == 404  # of this test's server


def test_a_full_disk_is_a_sentence(post):
    form = {"content_type": "multipart/form-data; boundary=x"}
    status, sentence = post("/upload", b"full", **form)
    assert (status, sentence) == (507, "The file can't be kept: the disk is full; free some space "
                                  "and try again.")  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"sec_fetch_site": "same-site"}, 403),
        ({"sec_fetch_site": "same-origin", "origin": "http://proxied"}, 200),
        ({"origin": "http://elsewhere"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://here"}, 200),
        ({"origin": "http://outside", "x_forwarded_host": "outside"}, 200),
        ({}, 200),  # a program
    ],
)
def test_another_sites_page_can_not_use_a_login(post, headers, status):
    assert post("/other", cookie="access-token-x=1", **headers)[0] == status
    assert post("/other", **headers)[0] == 200


def test_an_event_may_be_taken_back_before_and_after_it_expires():
    now = 0.0
    recent = Recent(60, lambda: now)
    first = recent.add("a")
    recent.take_back(first)
    assert (recent.sum("a"), recent.total()) == (0, 0)
    late = recent.add("a")
    now = 61
    assert recent.sum("a") == 0
    recent.take_back(late)
    recent.add("a")
    assert (recent.sum("a"), recent.total()) == (1, 1)
    now = 200
    assert (recent.sum("a"), recent.total()) == (0, 0)


def test_recent_events_are_forgotten():
    now = 0.0
    recent = Recent(60, lambda: now)
    recent.add("a", 2)
    now = 59
    recent.add("b")
    assert (recent.sum("a"), recent.sum("b"), recent.total()) == (2, 1, 3)
    now = 60
    assert (recent.sum("a"), recent.sum("b"), recent.total()) == (0, 1, 1)


def test_gradio_remembers_open_pages_and_the_last_programs(demo):
    visits = Visits()
    visits.begin("page")
    for session in ("page", "left", *(f"program {k}" for k in range(40))):
        assert demo.state_holder[session]
    visits.prune(demo)
    kept = set(demo.state_holder.session_data)
    assert kept == {"page", *(f"program {k}" for k in range(8, 40))}
    visits.end("page")
    assert demo.state_holder["program 40"]
    visits.prune(demo)
    assert "page" not in demo.state_holder


def test_a_visitor_is_the_address_that_a_request_comes_from():
    scope = {"type": "http", "client": ("1.2.3.4", 5), "headers": [(b"host", b"here")], "state": 0}
    assert visitor(gr.Request(Request(scope))) == "1.2.3.4"
    assert visitor(gr.Request(session_hash="nobody's")) == ""


def test_one_variable_changes_the_limits():
    assert parse("") == Limits()
    assert parse(" live_recordings=3, training_uploads = 2,") == Limits(
        live_recordings=3, training_uploads=2
    )
    for text, wrong in (
        ("live=3", "no limit 'live'"),
        ("live_recordings", "not like live_recordings=10"),
        ("live_recordings=many", "not like live_recordings=10"),
        ("live_recordings=0", "live_recordings"),
        ("live_recordings=" + "9" * 5_000, "not like"),
    ):
        with pytest.raises(CabcnnError, match=wrong):
            parse(text)


def test_the_documentation_lists_them_all():
    text = (Path(__file__).parents[2] / "docs" / "security.md").read_text("utf-8")
    for name, value in vars(Limits()).items():
        assert f"| `{name}` | {value:,} |" in text, name
    assert PATH in text
