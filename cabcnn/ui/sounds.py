"""Visitors' sounds: held in memory while their page is open, on disk only to be played.

Gradio stores each upload as a file and leaves it there. Here every file of the page lies in
a folder of its own, readable by nobody else on the machine, and is removed soon after use.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import gradio as gr
import soundfile

from cabcnn import audio
from cabcnn.audio import Sound

PREFIX = "cabcnn-"
EXPLORE = "explore"  # the place where a clip stands unless another is named
UPLOAD_SECONDS = 600.0  # an upload may wait in the queue so long for its turn
USED_SECONDS = 30.0  # and stays so long after: equal uploads of two visitors are one file
HOLD_SECONDS = 3600.0  # what a page left open keeps
SWEEP_SECONDS = 10.0
HELD_BYTES = 512 << 20  # of samples in memory, of all visitors together


class Origin(NamedTuple):
    """The example that a clip is: its file, and how many seconds of it were read."""

    path: Path
    seconds: float


class Clip(NamedTuple):
    """A sound that a visitor gave, what to call it, and what to say of it, if anything."""

    name: str
    sound: Sound
    about: str = ""
    origin: Origin | None = None


class Held(NamedTuple):
    """A clip that stands at some place of a page, by which model and T it is shown there, and
    the file that plays. Each explanation has a file of its own. `by` is the model as it was
    loaded: another object once its file changes."""

    clip: Clip
    playing: Path
    model: str = ""
    seconds: float | None = None
    by: object = None


@dataclass
class Visitor:
    """What is kept for one open page, by the place where it stands: clips, which may be let go,
    and the files that play."""

    held: dict[str, Held] = field(default_factory=dict)
    playing: dict[str, Path] = field(default_factory=dict)
    used: float = 0.0

    @property
    def size(self) -> int:
        """Bytes of the clips; the same sound at two places counts once."""
        samples = (held.clip.sound.samples for held in self.held.values())
        return sum({id(one): one.nbytes for one in samples}.values())


class Sounds:
    """What each open page holds: its current clips, one a place, and the files that they play.

    Safe to use from several threads.
    """

    def __init__(self) -> None:
        self.folder = private_folder()
        self._lock = Lock()
        self._visitors: dict[str, Visitor] = {}  # the least recently used first

    def clip(self, session: str, place: str = EXPLORE) -> Clip | None:
        """The clip that a page holds; None where there is none or it was let go."""
        held = self.held(session, place)
        return None if held is None else held.clip

    def held(self, session: str, place: str = EXPLORE) -> Held | None:
        """The clip that a page holds and how it is shown; None as for `clip`."""
        with self._lock:
            return self._visitor(session).held.get(place)

    def hold(
        self,
        session: str,
        clip: Clip,
        part: Sound,
        *,
        model: str = "",
        seconds: float | None = None,
        by: object = None,
        place: str = EXPLORE,
    ) -> dict[str, Any]:
        """Keeps a clip for a page instead of the last one at that place, and writes the part
        that was analysed, by `model` up to `seconds`, as the file to play. Returns that file
        as a dumped Gradio `FileData`."""
        path = self.folder / f"{secrets.token_urlsafe(16)}.wav"
        write_playable(part, path)
        with self._lock:
            visitor = self._visitor(session)
            last = visitor.playing.get(place)
            visitor.playing[place] = path
            visitor.held[place] = Held(clip, path, model, seconds, by)
            self._keep_within(HELD_BYTES)
        if last is not None:
            self.used(last)  # not at once: the browser may still be loading it
        return gr.FileData(path=str(path), mime_type="audio/wav").model_dump()

    def used(self, file: Path) -> None:
        """Says that a file has served: it goes soon. Leaves files outside the folder alone."""
        if file.is_relative_to(self.folder):
            due = time.time() - UPLOAD_SECONDS + USED_SECONDS
            with suppress(FileNotFoundError):
                os.utime(file, (due, due))

    def forget(self, session: str) -> None:
        """Drops all that a page held: it was closed."""
        with self._lock:
            visitor = self._visitors.pop(session, Visitor())
        for file in visitor.playing.values():
            file.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Removes what nobody needs any more: old uploads, and what an idle page held."""
        now = time.time()
        with self._lock:
            idle = [s for s, v in self._visitors.items() if now - v.used > HOLD_SECONDS]
        for session in idle:
            self.forget(session)
        with self._lock:
            playing = {file for v in self._visitors.values() for file in v.playing.values()}
        for place, _, files in os.walk(self.folder, topdown=False):
            for path in (Path(place, file) for file in files):
                if path not in playing and _older(path, now - UPLOAD_SECONDS):
                    path.unlink(missing_ok=True)
            if Path(place) != self.folder and _older(Path(place), now - UPLOAD_SECONDS):
                with suppress(OSError):  # not empty
                    Path(place).rmdir()
        os.utime(self.folder)  # tells other programs' `private_folder` that this one lives

    @asynccontextmanager
    async def sweeping(self, _app: object) -> AsyncIterator[None]:
        """Sweeps every few seconds for as long as the server runs."""

        async def forever() -> None:
            while True:
                await asyncio.to_thread(self.sweep)
                await asyncio.sleep(SWEEP_SECONDS)

        task = asyncio.create_task(forever())
        try:
            yield
        finally:
            task.cancel()

    def _visitor(self, session: str) -> Visitor:
        visitor = self._visitors.pop(session, None) or Visitor()
        visitor.used = time.time()
        self._visitors[session] = visitor
        return visitor

    def _keep_within(self, limit: int) -> None:
        """Lets go of the clips of those who were idle longest, never of the last one."""
        held = 0
        for visitor in reversed(self._visitors.values()):
            held += visitor.size
            if held > limit and held > visitor.size:
                visitor.held.clear()


@cache
def kept() -> Sounds:
    """The one `Sounds` of this program."""
    return Sounds()


def _older(path: Path, than: float) -> bool:
    try:
        return path.stat().st_mtime < than
    except FileNotFoundError:
        return False


def write_playable(sound: Sound, path: Path) -> None:
    """A mono sound as a 16-bit WAV file, at its own rate where browsers play that."""
    played = audio.playable(sound)
    soundfile.write(path, played.samples, played.rate, "PCM_16")


def private_folder() -> Path:
    """Makes Gradio keep its files in a new folder that goes when the program ends.

    Must come before any component is made. Also removes what programs that crashed left.
    """
    given = os.environ.get("GRADIO_TEMP_DIR")
    if given and Path(given).name.startswith(PREFIX):
        folder = Path(given)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder
    base = Path(given or tempfile.gettempdir())
    base.mkdir(parents=True, exist_ok=True)
    for other in base.glob(f"{PREFIX}*"):
        with suppress(OSError):
            if time.time() - other.stat().st_mtime > HOLD_SECONDS:
                shutil.rmtree(other, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base)).resolve()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
    return folder
