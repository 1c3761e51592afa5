"""What is refused before Gradio sees it: guesses of passwords, uploads for which there is no room,
and posts that another site's page makes with a visitor's login."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cabcnn.files import DISK_FULL, IS_FULL
from cabcnn.ui.limits import limits, visitor_of
from cabcnn.ui.sounds import UPLOAD_SECONDS

MEGABYTE = 1024**2
MOST_VISITORS = 10_000  # whose last events are remembered
LOGIN_COOKIE = "access-token"
FOREIGN = "This address answers its own page only, not those of other sites."
GUESSES = "Too many wrong passwords; try again in a minute."
NO_ROOM = "The server has too many uploads waiting at the moment; try again in ten minutes."


class Recent:
    """What happened in the last `seconds`, by visitor: amounts, whose sums are limited."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._events: deque[tuple[float, str, float]] = deque()
        self._sums: dict[str, float] = {}

    def add(self, visitor: str, amount: float = 1) -> None:
        self._events.append((self._clock(), visitor, amount))
        self._sums[visitor] = self._sums.get(visitor, 0) + amount

    def sum(self, visitor: str) -> float:
        """Of one visitor."""
        self._expire()
        return self._sums.get(visitor, 0)

    def total(self) -> float:
        """Of all visitors."""
        self._expire()
        return sum(self._sums.values())

    def _expire(self) -> None:
        old = self._clock() - self._seconds
        while self._events and (self._events[0][0] <= old or len(self._sums) > MOST_VISITORS):
            _, visitor, amount = self._events.popleft()
            self._sums[visitor] -= amount
            if self._sums[visitor] <= 0:
                del self._sums[visitor]


class Guard:
    """ASGI middleware. `folder` is where Gradio puts uploads."""

    def __init__(self, app: ASGIApp, folder: Path) -> None:
        self._app, self._folder = app, folder
        self._guesses = Recent(60)
        self._uploads = Recent(UPLOAD_SECONDS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        handle: ASGIApp = self._app
        if scope["type"] == "http" and scope["method"] == "POST":
            headers, path = Headers(scope=scope), scope["path"].rstrip("/")
            if LOGIN_COOKIE in headers.get("cookie", "") and is_foreign(headers):
                handle = _refusal(403, FOREIGN)
            elif path.endswith("/login"):
                handle = self._login
            elif path.endswith("/upload"):
                handle = self._upload
        await handle(scope, receive, send)

    async def _login(self, scope: Scope, receive: Receive, send: Send) -> None:
        visitor = visitor_of(scope)
        if (
            self._guesses.sum(visitor) >= limits().wrong_passwords_per_minute_per_visitor
            or self._guesses.total() >= limits().wrong_passwords_per_minute
        ):
            await _refusal(429, GUESSES)(scope, receive, send)
            return
        # Counted as wrong until it proves right: many at once are not answered all.
        self._guesses.add(visitor)

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                self._guesses.add(visitor, -1)
            await send(message)

        await self._app(scope, receive, watch)

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        visitor, allowed = visitor_of(scope), limits()
        length = Headers(scope=scope).get("content-length", "")
        size = int(length) if length.isdigit() else allowed.upload_megabytes * MEGABYTE
        waiting = sum(path.stat().st_size for path in _files(self._folder))
        if (
            waiting + size > allowed.waiting_megabytes * MEGABYTE
            or self._uploads.sum(visitor) + size > allowed.waiting_megabytes_per_visitor * MEGABYTE
        ):
            await _refusal(413, NO_ROOM)(scope, receive, send)
            return
        self._uploads.add(visitor, size)
        try:
            await self._app(scope, receive, send)
        except OSError as error:
            if error.errno not in DISK_FULL:
                raise
            await _refusal(507, f"The file can't be kept: {IS_FULL}")(scope, receive, send)


def is_foreign(headers: Headers) -> bool:
    """Whether a browser sends a request for a page of another site."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")  # of a browser that does not say so itself
    hosts = (headers.get("host"), headers.get("x-forwarded-host"))
    return origin is not None and urlsplit(origin).netloc not in hosts


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _refusal(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"detail": sentence}, status)
