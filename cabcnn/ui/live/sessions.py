"""The recordings that are going on: the sound of each so far, and its result.

A browser sends its sound in chunks that say where they begin. Samples that were received before are
skipped, a chunk that comes too early is refused by answering how many samples are there, and every
answer continues from the interval that the browser asks for. So it does not matter which requests
or answers are lost, doubled or late; and a browser whose session is gone (because the server was
restarted, or the session was idle for too long) sends its sound again from the beginning.
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
from cabcnn.model import check_finite
from cabcnn.streaming import Stream, push_batch
from cabcnn.ui.limits import limits
from cabcnn.ui.models import Models
from cabcnn.views.live.rows import Rows

MAX_SECONDS = 60.0  # of one recording
CHUNK_SECONDS = 5.0  # of one chunk, at most
IDLE_SECONDS = 60.0  # after which a session is dropped
SWEEP_SECONDS = 10.0
MAX_BYTES = 512 << 20  # of sound, if all sessions grow to their full length
HIGHEST_RATE = 192_000  # of a microphone, Hz
KEY_LENGTH = 32  # letters of a session's key, which its browser draws at random
FULL = "Too many people are using Live at the moment; try again in a minute."
OUTDATED = "This page belongs to another version of the program; reload it."


class Chunk(NamedTuple):
    """What a browser sends: `samples` (k,) int16, from sample number `at` of its recording on, and
    the first interval that it has not `seen` yet."""

    key: str
    model: str | None
    rate: int
    at: int
    seen: int
    samples: np.ndarray


@dataclass
class Session:
    """One recording that is going on. `lock` is held while a chunk is processed."""

    model: str | None
    rate: int
    stream: Stream
    rows: Rows
    visitor: str = ""
    samples: bytearray = field(default_factory=bytearray)
    last_used: float = 0.0
    lock: Lock = field(default_factory=Lock)

    @property
    def length(self) -> int:
        """Samples so far."""
        return len(self.samples) // 2

    def new_samples(self, chunk: Chunk) -> np.ndarray:
        """The samples of a chunk that were not received before; none if samples before it are
        missing."""
        already = self.length - chunk.at
        room = math.floor(MAX_SECONDS * self.rate) - self.length
        return chunk.samples[already:][: max(room, 0)] if already >= 0 else chunk.samples[:0]

    def answer(self, seen: int) -> dict[str, Any]:
        """The result from interval `seen` on, or {"error": a sentence} if it is not numbers."""
        probabilities = self.stream.probabilities if self.rows.count else np.zeros(0)
        try:
            check_finite(probabilities)
        except CabcnnError as error:  # of this session's model: the others are all right
            return {"error": str(error)}
        return {
            "have": self.length,
            "probabilities": [float(x) for x in probabilities],
            **self.rows.since(seen),
        }


def process(sessions: Sequence[Session], chunks: Sequence[Chunk]) -> list[dict[str, Any]]:
    """Feeds the new samples of each session's chunk to its stream. Returns an answer each."""
    with contextlib.ExitStack() as locks:
        for session in sorted(sessions, key=id):  # always in the same order: no deadlock
            locks.enter_context(session.lock)
        pieces = [session.new_samples(chunk) for session, chunk in zip(sessions, chunks)]
        outputs = push_batch([session.stream for session in sessions], pieces)
        for session, piece, output in zip(sessions, pieces, outputs, strict=True):
            session.rows.add(output)
            session.samples += piece.tobytes()
        return [session.answer(chunk.seen) for session, chunk in zip(sessions, chunks)]


class Sessions:
    """All sessions of the page. One thread serves them and processes the chunks that arrived while
    it was busy as a batch: the more people speak, the less each one costs. (Several threads would
    spend their time waiting for Python's lock.)"""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._lock = Lock()
        self._sessions: dict[str, Session] = {}
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="live")
        self._queue: list[tuple[Any, str, asyncio.Future[dict[str, Any]]]] = []
        self._working: asyncio.Task[None] | None = None
        self._sweeping: asyncio.Task[None] | None = None

    async def push(self, message: Any, visitor: str = "") -> dict[str, Any]:
        """Answers a message of a visitor's browser: as `process` does, or with {"error": a
        sentence}."""
        if self._sweeping is None or self._sweeping.done():
            self._sweeping = asyncio.create_task(self._sweep_while_used())
        future = asyncio.get_running_loop().create_future()
        self._queue.append((message, visitor, future))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        return await future

    async def _work(self) -> None:
        while self._queue:
            batch, self._queue = self._queue, []
            messages = [(message, visitor) for message, visitor, _ in batch]
            answers = await asyncio.get_running_loop().run_in_executor(
                self._worker, self.answer_all, messages
            )
            for (*_, future), answer in zip(batch, answers, strict=True):
                if future.done():  # its caller has gone
                    continue
                if isinstance(answer, Exception):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)

    def answer(self, message: Any, visitor: str = "") -> dict[str, Any]:
        """The same for one message, without waiting for others."""
        (answer,) = self.answer_all([(message, visitor)])
        if isinstance(answer, Exception):
            raise answer
        return answer

    def answer_all(self, messages: Sequence[tuple[Any, str]]) -> list[dict[str, Any] | Exception]:
        """The answers to several messages with their visitors, in their order; a bug is the answer
        to those that it affects."""
        answers: list[dict[str, Any] | Exception] = [{}] * len(messages)
        batches: list[dict[str, tuple[int, Session, Chunk]]] = []  # with one chunk for each key
        for number, (message, visitor) in enumerate(messages):
            try:
                chunk = _parse(message)
                entry = number, self._session(chunk, visitor), chunk
            except Exception as error:
                answers[number] = _error_answer(error)
                continue
            batch = next((batch for batch in batches if chunk.key not in batch), None)
            if batch is None:
                batches.append(batch := {})
            batch[chunk.key] = entry
        for position, batch in enumerate(batches):
            if not batch:
                continue
            numbers, sessions, chunks = zip(*batch.values(), strict=True)
            try:
                results: Sequence[Any] = process(sessions, chunks)
            except Exception as error:
                # Some of these streams have taken their chunk and some have not: their browsers
                # have to send everything again.
                for key in batch:
                    self.forget(key)
                    for later in batches[position + 1 :]:
                        if key in later:
                            answers[later.pop(key)[0]] = _error_answer(error)
                results = [_error_answer(error)] * len(numbers)
            for number, result in zip(numbers, results, strict=True):
                answers[number] = result
        return answers

    def sound(self, key: str) -> Sound | None:
        """The recording of a session so far, None if there is none."""
        with self._lock:
            session = self._sessions.get(key)
        if session is None:
            return None
        with session.lock:
            samples = np.frombuffer(bytes(session.samples), "<i2")
        return audio.read((samples, session.rate)) if len(samples) else None

    def forget(self, key: str) -> None:
        """Drops a session."""
        with self._lock:
            self._sessions.pop(key, None)

    def sweep(self) -> None:
        """Drops idle sessions."""
        now = time.monotonic()
        with self._lock:
            idle = [k for k, s in self._sessions.items() if now - s.last_used > IDLE_SECONDS]
            for key in idle:
                del self._sessions[key]

    async def _sweep_while_used(self) -> None:
        while self._sessions:
            await asyncio.sleep(SWEEP_SECONDS)
            self.sweep()

    def _session(self, chunk: Chunk, visitor: str) -> Session:
        with self._lock:
            session = self._sessions.get(chunk.key)
        if session is None:
            session = self._begin(chunk, visitor)
        if (session.model, session.rate) != (chunk.model, chunk.rate):
            raise AudioError(OUTDATED)
        session.last_used = time.monotonic()
        return session

    def _begin(self, chunk: Chunk, visitor: str) -> Session:
        with self._lock:  # checked first, so that no model is loaded in vain
            self._check_room(chunk, visitor)
        classifier = self._models.get(chunk.model)
        rows = Rows(classifier.model.n, classifier.model.classes)
        stream = classifier.stream(chunk.rate)
        session = Session(chunk.model, chunk.rate, stream, rows, visitor)
        with self._lock:
            if chunk.key not in self._sessions:
                self._check_room(chunk, visitor)
            return self._sessions.setdefault(chunk.key, session)

    def _check_room(self, chunk: Chunk, visitor: str) -> None:
        others, allowed = list(self._sessions.values()), limits()
        own = sum(session.visitor == visitor for session in others)
        rates = [chunk.rate, *(session.rate for session in others)]
        if (
            len(others) >= allowed.live_recordings
            or own >= allowed.live_recordings_per_visitor
            or sum(2 * MAX_SECONDS * rate for rate in rates) > MAX_BYTES
        ):
            raise AudioError(FULL)


def _error_answer(error: Exception) -> dict[str, Any] | Exception:
    """What is answered to an error: a sentence if the visitor can do something about it."""
    return {"error": str(error)} if isinstance(error, CabcnnError) else error


def _parse(message: Any) -> Chunk:
    """Raises AudioError for a message that the page's own view would never send."""
    try:
        samples = np.frombuffer(base64.b64decode(message["samples"], validate=True), "<i2")
        chunk = Chunk(**{name: message[name] for name in Chunk._fields[:-1]}, samples=samples)
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise AudioError(OUTDATED) from error
    numbers = (chunk.rate, chunk.at, chunk.seen)
    if (
        not isinstance(chunk.key, str)
        or len(chunk.key) != KEY_LENGTH
        or not (chunk.model is None or isinstance(chunk.model, str))
        or not all(isinstance(number, int) and number >= 0 for number in numbers)
        or chunk.rate > HIGHEST_RATE
        or len(samples) > CHUNK_SECONDS * chunk.rate
    ):
        raise AudioError(OUTDATED)
    return chunk
