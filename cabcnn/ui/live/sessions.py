"""Who speaks at the moment: each one's sound so far, and what the network has made of it.

A browser sends its sound in pieces that say where they begin. What was already there is taken
once, what comes too early is refused by saying how much is there, and every answer goes on from
the interval that the browser asks for. So it does not matter which request or answer got lost,
came twice or came late; and a browser that finds its session gone (the server was started again,
or it was silent for too long) sends its sound again from the beginning.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, NamedTuple

import numpy as np

from cabcnn import audio
from cabcnn.audio import Sound
from cabcnn.errors import AudioError, CabcnnError
from cabcnn.streaming import Stream, push_together
from cabcnn.ui.models import Models
from cabcnn.views.live.rows import Rows

LONGEST = 60.0  # seconds of one recording
AT_ONCE = 5.0  # seconds that one piece may hold
IDLE_SECONDS = 60.0  # after so long without a word, a session is let go
SWEEP_SECONDS = 10.0
MOST = 64  # sessions at a time
HELD_BYTES = 512 << 20  # of sound, of all sessions together once each is as long as it may be
HIGHEST_RATE = 192_000  # of a microphone
KEY = 32  # letters of a session's key, which its browser draws by chance
FULL = "Too many people speak here at the moment; try again in a minute."
FOREIGN = "This page is of another version of the program; reload it."


class Piece(NamedTuple):
    """What a browser sends: `samples` (k,) int16 from sample `at` of its recording on, and the
    first interval that it wants to know of."""

    key: str
    model: str | None
    rate: int
    at: int
    seen: int
    samples: np.ndarray


@dataclass
class Session:
    """One recording that goes on. `lock` is held while a piece is let in."""

    model: str | None
    rate: int
    stream: Stream
    rows: Rows
    samples: bytearray = field(default_factory=bytearray)
    used: float = 0.0
    lock: Lock = field(default_factory=Lock)

    @property
    def held(self) -> int:
        """Samples so far."""
        return len(self.samples) // 2

    def new(self, piece: Piece) -> np.ndarray:
        """The samples of a piece that are not here yet; none where something before it is
        missing."""
        known = self.held - piece.at
        room = math.floor(LONGEST * self.rate) - self.held
        return piece.samples[known:][: max(room, 0)] if known >= 0 else piece.samples[:0]

    def since(self, seen: int) -> dict[str, Any]:
        """What a browser that has seen so many intervals does not know yet."""
        said = self.stream.probabilities if self.rows.count else ()
        return {
            "have": self.held,
            "probabilities": [float(x) for x in said],
            **self.rows.since(seen),
        }


def take(sessions: Sequence[Session], pieces: Sequence[Piece]) -> list[dict[str, Any]]:
    """Takes what is new of each session's piece, none twice; returns what each browser does not
    know yet."""
    with contextlib.ExitStack() as held:
        for session in sorted(sessions, key=id):  # one order, so that nobody waits in a circle
            held.enter_context(session.lock)
        new = [session.new(piece) for session, piece in zip(sessions, pieces, strict=True)]
        heard = push_together([session.stream for session in sessions], new)
        for session, samples, rows in zip(sessions, new, heard, strict=True):
            session.rows.add(rows)
            session.samples += samples.tobytes()
        return [s.since(piece.seen) for s, piece in zip(sessions, pieces, strict=True)]


class Sessions:
    """All sessions of the page, worked on by one thread, which takes everything that came while
    it was at work, together: the more people speak, the less each one costs. (Several threads
    spend their time waiting for Python's lock.)"""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._lock = Lock()
        self._sessions: dict[str, Session] = {}
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="live")
        self._waiting: list[tuple[Any, asyncio.Future[dict[str, Any]]]] = []
        self._working: asyncio.Task[None] | None = None
        self._sweeping: asyncio.Task[None] | None = None

    async def push(self, asked: Any) -> dict[str, Any]:
        """Answers a browser's call: what `take` returns, or {"error": a sentence}."""
        if self._sweeping is None or self._sweeping.done():
            self._sweeping = asyncio.create_task(self._sweep_while_used())
        answer = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        return await answer

    async def _work(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            calls = [asked for asked, _ in batch]
            answers = await asyncio.get_running_loop().run_in_executor(
                self._worker, self.answer_all, calls
            )
            for (_, answer), said in zip(batch, answers, strict=True):
                if answer.done():  # its caller has gone
                    continue
                if isinstance(said, Exception):
                    answer.set_exception(said)
                else:
                    answer.set_result(said)

    def answer(self, asked: Any) -> dict[str, Any]:
        """The same, at once."""
        (said,) = self.answer_all([asked])
        if isinstance(said, Exception):
            raise said
        return said

    def answer_all(self, calls: Sequence[Any]) -> list[dict[str, Any] | Exception]:
        """The answers to several calls, in their order; a bug is the answer to those it hit."""
        answers: list[dict[str, Any] | Exception] = [{}] * len(calls)
        turns: list[dict[str, tuple[int, Session, Piece]]] = []  # by key: a piece each
        for place, asked in enumerate(calls):
            try:
                piece = _piece(asked)
                mine = place, self._session(piece), piece
            except Exception as error:
                answers[place] = _told(error)
                continue
            turn = next((turn for turn in turns if piece.key not in turn), None)
            if turn is None:
                turns.append(turn := {})
            turn[piece.key] = mine
        for number, turn in enumerate(turns):
            if not turn:
                continue
            places, sessions, pieces = zip(*turn.values(), strict=True)
            try:
                said = take(sessions, pieces)
            except Exception as error:
                # Some of these streams have heard their piece and some have not: their browsers
                # send everything again.
                for key in turn:
                    self.forget(key)
                    for later in turns[number + 1 :]:
                        if key in later:
                            answers[later.pop(key)[0]] = _told(error)
                said = [_told(error)] * len(places)
            for place, answer in zip(places, said, strict=True):
                answers[place] = answer
        return answers

    def sound(self, key: str) -> Sound | None:
        """The recording of a session so far, None where there is none."""
        with self._lock:
            session = self._sessions.get(key)
        if session is None:
            return None
        with session.lock:
            samples = np.frombuffer(bytes(session.samples), "<i2")
        return audio.read((samples, session.rate)) if len(samples) else None

    def forget(self, key: str) -> None:
        """Lets a session go."""
        with self._lock:
            self._sessions.pop(key, None)

    def sweep(self) -> None:
        """Lets sessions go that nobody has used for a while."""
        now = time.monotonic()
        with self._lock:
            for key in [k for k, s in self._sessions.items() if now - s.used > IDLE_SECONDS]:
                del self._sessions[key]

    async def _sweep_while_used(self) -> None:
        while self._sessions:
            await asyncio.sleep(SWEEP_SECONDS)
            self.sweep()

    def _session(self, piece: Piece) -> Session:
        with self._lock:
            session = self._sessions.get(piece.key)
        if session is None:
            session = self._begin(piece)
        if (session.model, session.rate) != (piece.model, piece.rate):
            raise AudioError(FOREIGN)
        session.used = time.monotonic()
        return session

    def _begin(self, piece: Piece) -> Session:
        with self._lock:  # before a model is read for nothing
            self._check_room(piece)
        classifier = self._models.get(piece.model)
        rows = Rows(classifier.model.n, classifier.model.classes)
        session = Session(piece.model, piece.rate, classifier.stream(piece.rate), rows)
        with self._lock:
            if piece.key not in self._sessions:
                self._check_room(piece)
            return self._sessions.setdefault(piece.key, session)

    def _check_room(self, piece: Piece) -> None:
        rates = [piece.rate, *(session.rate for session in self._sessions.values())]
        if len(rates) > MOST or sum(2 * LONGEST * rate for rate in rates) > HELD_BYTES:
            raise AudioError(FULL)


def _told(error: Exception) -> dict[str, Any] | Exception:
    """What a browser is told: a sentence, of what its visitor can mend."""
    return {"error": str(error)} if isinstance(error, CabcnnError) else error


def _piece(asked: Any) -> Piece:
    """Raises AudioError for what the page's own view would never send."""
    try:
        samples = np.frombuffer(base64.b64decode(asked["samples"], validate=True), "<i2")
        piece = Piece(**{name: asked[name] for name in Piece._fields[:-1]}, samples=samples)
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise AudioError(FOREIGN) from error
    numbers = (piece.rate, piece.at, piece.seen)
    if (
        not isinstance(piece.key, str)
        or len(piece.key) != KEY
        or not (piece.model is None or isinstance(piece.model, str))
        or not all(isinstance(number, int) and number >= 0 for number in numbers)
        or piece.rate > HIGHEST_RATE
        or len(samples) > AT_ONCE * piece.rate
    ):
        raise AudioError(FOREIGN)
    return piece
