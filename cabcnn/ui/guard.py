"""What is refused before Gradio sees it: guesses of passwords, uploads for which there is no room,
and posts that another site's page makes with a visitor's login."""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cabcnn.files import DISK_FULL, IS_FULL
from cabcnn.ui.limits import limits, visitor
from cabcnn.ui.sounds import UPLOAD_SECONDS

MEGABYTE = 1024**2
MOST_EVENTS = 100_000  # that are remembered
MOST_BODY = 16 * MEGABYTE  # of a post that is no upload
LOGIN_COOKIE = "access-token"
FOREIGN = "This address answers its own page only, not those of other sites."
GUESSES = "Too many wrong passwords; try again in a minute."
SERVER_FUNCTION = "/component_server"  # Gradio's address of the views' functions
UNUSED = "/process_recording"  # of Gradio's: it would take files past the budget
MARGIN = 10_000  # bytes of a form around its file
TOO_LONG = "That is too long."
NO_ROOM = (
    "The file is too large, or too many uploads are waiting on the server; try a smaller one, or "
    "again in ten minutes."
)


@dataclass
class Event:
    time: float
    visitor: str
    amount: float


class Recent:
    """What happened in the last `seconds`, by visitor: amounts, whose sums are limited."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._events: deque[Event] = deque()
        self._sums: dict[str, float] = {}
        self._all = 0.0

    def add(self, visitor: str, amount: float = 1) -> Event:
        event = Event(self._clock(), visitor, amount)
        self._events.append(event)
        self._count(event, amount)
        return event

    def take_back(self, event: Event) -> None:
        """It did not happen after all."""
        self._count(event, -event.amount)
        event.amount = 0

    def sum(self, visitor: str) -> float:
        """Of one visitor."""
        self._expire()
        return self._sums.get(visitor, 0)

    def total(self) -> float:
        """Of all visitors."""
        self._expire()
        return self._all

    def _expire(self) -> None:
        old = self._clock() - self._seconds
        while self._events and (self._events[0].time <= old or len(self._events) > MOST_EVENTS):
            self.take_back(self._events.popleft())

    def _count(self, event: Event, amount: float) -> None:
        self._all += amount
        left = self._sums.get(event.visitor, 0) + amount
        if left > 0:
            self._sums[event.visitor] = left
        else:
            self._sums.pop(event.visitor, None)


class Guard:
    """ASGI middleware. `folder` is where Gradio puts uploads."""

    def __init__(self, app: ASGIApp, folder: Path) -> None:
        self._app, self._folder = app, folder
        self._guesses = Recent(60)
        self._uploads = Recent(UPLOAD_SECONDS)
        self._arriving = 0  # bytes of uploads that are not on the disk yet

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        handle: ASGIApp = self._app
        if scope["type"] == "http" and scope["method"] == "POST":
            handle = self._handler(Headers(scope=scope), scope["path"].rstrip("/"))
        await handle(scope, receive, send)

    def _handler(self, headers: Headers, path: str) -> ASGIApp:
        length, server_function = headers.get("content-length", ""), path.endswith(SERVER_FUNCTION)
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if is_foreign(headers) and (server_function or LOGIN_COOKIE in headers.get("cookie", "")):
            return _refusal(403, FOREIGN)
        if path.endswith(UNUSED):
            return _refusal(404, "The page does not use this address.")
        if server_function and kind != "application/json":
            return _refusal(415, "Send JSON.")
        if not length.isdigit():
            return _refusal(411, "Say how long it is: the header Content-Length is missing.")
        if path.endswith("/login"):
            return self._login
        if kind == "multipart/form-data":
            return self._upload
        return self._app if int(length) <= MOST_BODY else _refusal(413, TOO_LONG)

    async def _login(self, scope: Scope, receive: Receive, send: Send) -> None:
        who = visitor(Request(scope))
        if (
            self._guesses.sum(who) >= limits().wrong_passwords_per_minute_per_visitor
            or self._guesses.total() >= limits().wrong_passwords_per_minute
        ):
            await _refusal(429, GUESSES)(scope, receive, send)
            return
        # Counted as wrong until it proves right: many at once are not answered all.
        guess = self._guesses.add(who)

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                self._guesses.take_back(guess)
            await send(message)

        await self._app(scope, receive, watch)

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        who, allowed = visitor(Request(scope)), limits()
        size = int(Headers(scope=scope)["content-length"])
        waiting = await asyncio.to_thread(_size, self._folder)
        if (
            size > allowed.upload_megabytes * MEGABYTE + MARGIN
            or waiting + self._arriving + size > allowed.waiting_megabytes * MEGABYTE
            or self._uploads.sum(who) + size > allowed.waiting_megabytes_per_visitor * MEGABYTE
        ):
            await _refusal(413, NO_ROOM)(scope, receive, send)
            return
        self._uploads.add(who, size)
        self._arriving += size
        try:
            await self._app(scope, receive, send)
        except OSError as error:
            if error.errno not in DISK_FULL:
                raise
            await _refusal(507, f"The file can't be kept: {IS_FULL}")(scope, receive, send)
        finally:
            self._arriving -= size


def is_foreign(headers: Headers) -> bool:
    """Whether a browser sends a request for a page of another site."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")  # of a browser that does not say so itself
    hosts = (headers.get("host"), headers.get("x-forwarded-host"))
    return origin is not None and urlsplit(origin).netloc not in hosts


def _size(folder: Path) -> int:
    """Bytes of all files below a folder, from which some may vanish meanwhile."""
    total = 0
    for below, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += (Path(below) / name).stat().st_size
    return total


def _refusal(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"detail": sentence}, status)
