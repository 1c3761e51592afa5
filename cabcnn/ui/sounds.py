"""The sounds of the page's visitors: in memory while their page is open, and as files to play.

Gradio stores each upload as a file and leaves it there. Here all files of the page are kept in one
folder that nobody else on the machine can read, and each is removed soon after use.
"""

from __future__ import annotations

import atexit
import json
import os
import secrets
import shutil
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import gradio as gr
import soundfile

from cabcnn import audio, files
from cabcnn.audio import Sound
from cabcnn.classifier import Classifier
from cabcnn.runs import status

PREFIX = "cabcnn-"
EXPLORE_SLOT = "explore"
OWNER = ".json"  # after the folder's name: a file beside it that names its process
UPLOAD_SECONDS = 600.0  # an upload may wait in the queue for so long
USED_SECONDS = 30.0  # and is kept so long after use: two visitors' equal uploads are one file
IDLE_SECONDS = 3600.0  # after which the clips of an open but unused page are dropped
MAX_BYTES = 512 << 20  # of samples in memory, all visitors together


class ExampleSource(NamedTuple):
    """Where a clip comes from that is an example: its file, and how many seconds were read."""

    path: Path
    seconds: float


class Clip(NamedTuple):
    """A visitor's sound, its name, and a sentence on it, if there is one."""

    name: str
    sound: Sound
    description: str = ""
    example: ExampleSource | None = None


class OpenClip(NamedTuple):
    """A clip that is shown on a page: the file that plays it (no two explanations share one), the
    model and T that it is explained by, and that model as it was loaded (another object once its
    file has changed)."""

    clip: Clip
    file: Path
    model: str = ""
    seconds: float | None = None
    classifier: Classifier | None = None


@dataclass
class Page:
    """One open page: its clips, which may be dropped to save memory, and its files, by slot."""

    clips: dict[str, OpenClip] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)
    last_used: float = 0.0

    @property
    def size(self) -> int:
        """Bytes of samples; a sound in two slots counts once, and an example, which all pages
        share, not at all."""
        clips = (open_clip.clip for open_clip in self.clips.values())
        samples = (clip.sound.samples for clip in clips if clip.example is None)
        return sum({id(array): array.nbytes for array in samples}.values())


class Sounds:
    """The clips of all open pages, one for each slot of a page, and the files that play them.

    Can be shared by threads.
    """

    def __init__(self) -> None:
        self.folder = private_folder()
        self._lock = Lock()
        self._pages: dict[str, Page] = {}  # by session, the least recently used first

    def clip(self, session: str, slot: str = EXPLORE_SLOT) -> Clip | None:
        """The clip in a slot of a page; None if there is none or it was dropped."""
        open_clip = self.open_clip(session, slot)
        return None if open_clip is None else open_clip.clip

    def open_clip(self, session: str, slot: str = EXPLORE_SLOT) -> OpenClip | None:
        """The same with how it is shown."""
        with self._lock:
            return self._page(session).clips.get(slot)

    def open(
        self,
        session: str,
        clip: Clip,
        analysed: Sound,
        *,
        model: str = "",
        seconds: float | None = None,
        classifier: Classifier | None = None,
        slot: str = EXPLORE_SLOT,
    ) -> dict[str, Any]:
        """Puts a clip into a slot of a page, in place of the last one, and writes the part of it
        that was analysed (by `model`, up to `seconds`) to a file. Returns that file as a dumped
        Gradio `FileData`."""
        path = self.folder / f"{secrets.token_urlsafe(16)}.wav"
        write_playable(analysed, path)
        with self._lock:
            page = self._page(session)
            replaced = page.files.get(slot)
            page.files[slot] = path
            page.clips[slot] = OpenClip(clip, path, model, seconds, classifier)
            self._limit_memory(MAX_BYTES)
        if replaced is not None:
            self.release(replaced)  # not at once: the browser may still be loading it
        return gr.FileData(path=str(path), mime_type="audio/wav").model_dump()

    def release(self, file: Path) -> None:
        """Marks a file as used: it is removed soon. A file outside the folder is left alone."""
        if file.is_relative_to(self.folder):
            modified = time.time() - UPLOAD_SECONDS + USED_SECONDS
            with suppress(FileNotFoundError):
                os.utime(file, (modified, modified))

    def hide(self, session: str, slot: str = EXPLORE_SLOT) -> None:
        """Notes that a clip is open, but no longer shown."""
        with self._lock:
            clips = self._page(session).clips
            if slot in clips:
                clips[slot] = clips[slot]._replace(classifier=None)

    def close(self, session: str, slot: str = EXPLORE_SLOT) -> None:
        """Empties a slot of a page."""
        with self._lock:
            page = self._page(session)
            page.clips.pop(slot, None)
            file = page.files.pop(slot, None)
        if file is not None:
            self.release(file)

    def forget(self, session: str) -> None:
        """Drops the clips and files of a page that was closed."""
        with self._lock:
            page = self._pages.pop(session, Page())
        for file in page.files.values():
            file.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Removes what nobody needs any more: old uploads, and the sounds of idle pages."""
        now = time.time()
        with self._lock:
            idle = [
                session
                for session, page in self._pages.items()
                if now - page.last_used > IDLE_SECONDS
            ]
        for session in idle:
            self.forget(session)
        with self._lock:
            in_use = {file for page in self._pages.values() for file in page.files.values()}
        for folder, _, names in os.walk(self.folder, topdown=False):
            for path in (Path(folder, name) for name in names):
                if path not in in_use and _older(path, now - UPLOAD_SECONDS):
                    path.unlink(missing_ok=True)
            if Path(folder) != self.folder and _older(Path(folder), now - UPLOAD_SECONDS):
                with suppress(OSError):  # not empty
                    Path(folder).rmdir()
        os.utime(self.folder)  # shows `private_folder` of other programs that this one is alive

    def _page(self, session: str) -> Page:
        page = self._pages.pop(session, None) or Page()
        page.last_used = time.time()
        self._pages[session] = page
        return page

    def _limit_memory(self, limit: int) -> None:
        """Drops the clips of the pages that were idle longest, never those of the last one."""
        size = 0
        for page in reversed(self._pages.values()):
            size += page.size
            if size > limit and size > page.size:
                page.clips.clear()


@cache
def shared_sounds() -> Sounds:
    """The one `Sounds` of this program."""
    return Sounds()


def _older(path: Path, than: float) -> bool:
    try:
        return path.stat().st_mtime < than
    except FileNotFoundError:
        return False


def write_playable(sound: Sound, path: Path) -> None:
    """Writes a mono sound as a 16-bit WAV file, at a rate that browsers play."""
    playable = audio.playable(sound)
    soundfile.write(path, playable.samples, playable.rate, "PCM_16")


def _remove_abandoned(folder: Path) -> None:
    """Removes such a folder if the program that made it has died."""
    owner = status.read_process(_owner(folder))
    with suppress(OSError):
        if owner is not None:
            gone = not status.alive(**owner, sign=folder.stat().st_mtime)
        else:  # of an earlier version, or of a program that has only just made it
            gone = time.time() - folder.stat().st_mtime > IDLE_SECONDS
        if gone:
            _remove(folder)


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    _owner(folder).unlink(missing_ok=True)


def _owner(folder: Path) -> Path:
    return folder.with_name(folder.name + OWNER)


def private_folder() -> Path:
    """Has Gradio keep its files in a new folder that is removed when the program ends.

    Must be called before any component is made. Also removes the folders of crashed programs.
    """
    configured = os.environ.get("GRADIO_TEMP_DIR")
    if configured and Path(configured).name.startswith(PREFIX):
        folder = Path(configured)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder
    base = Path(configured or tempfile.gettempdir())
    base.mkdir(parents=True, exist_ok=True)
    for other in base.glob(f"{PREFIX}*"):
        if other.is_dir():
            _remove_abandoned(other)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base)).resolve()
    files.write(_owner(folder), json.dumps(status.this_process()))
    atexit.register(_remove, folder)
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
    return folder
