"""The cache of decoded recordings: front-end values on disk, which training maps into memory.

They are kept as float16, each clip at a peak of 1, so that a quiet clip is as exact as a loud one.
The rounding costs nothing that can be measured: on 3,000 spoken digits and 400 recordings of 30 s
it changed no verdict of the models for them, no probability by more than 0.001, and the log loss
by less than 0.00001 (benchmarks/rounding.py).

Clips are looked up by the content of their file: nothing becomes stale when a corpus changes, and
a copied or renamed file is not decoded again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from cabcnn import audio
from cabcnn.corpora.description import DECODED_SECONDS, Description, describe
from cabcnn.corpora.table import Clip, check
from cabcnn.dataset.arrays import Arrays, Pieces, moments
from cabcnn.dataset.shards import Entry, Shards
from cabcnn.dataset.spectra import BANDS
from cabcnn.errors import AudioError, CorpusError
from cabcnn.model import VALUES_PER_SECOND
from cabcnn.threads import cpu_count, ordered_map

BLOCK = 1 << 20  # bytes of a file read at a time
TRIES = 3  # to read a file that changes meanwhile


class LeftOut(NamedTuple):
    """A clip that can't be used, and why."""

    clip: Clip
    reason: str


class Prepared(NamedTuple):
    """The clips that can be used, in the order of `arrays`, with the `keys` of their files'
    contents; and those that can't."""

    arrays: Arrays
    clips: list[Clip]
    keys: list[str]
    left_out: list[LeftOut]


def default_folder() -> Path:
    """CABCNN_CACHE, or the user's cache folder."""
    if chosen := os.environ.get("CABCNN_CACHE"):
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_cache_dir("cabcnn", appauthor=False))


def prepare_cached(
    clips: Sequence[Clip],
    rate: int,
    seconds: float | None = None,
    folder: Path | None = None,
    workers: int | None = None,
    progress: Callable[[int], None] = lambda done: None,
    label_names: Sequence[str] | None = None,
) -> Prepared:
    """At least the first `seconds` (None: all) of every clip at `rate`, a multiple of 4,000, from
    the cache or decoded now.

    At least 15 minutes of each recording are decoded, however short T is, so that the cache serves
    every T, and excerpts from anywhere.

    Clips that can't be read, are silent or shorter than an interval are left out. If killed, the
    same call goes on where it was. `progress` is called with the number of clips done.
    `label_names` are a model's classes in its order, some of which the clips may lack; if left
    out, the classes are the clips' own.

    Raises CorpusError if no clip, or only one label, remains, and CabcnnError if the disk is full.
    """
    if label_names is None:
        check(clips)
    store = _Store(folder, rate, seconds)
    keys: list[str] = []
    kept, left_out = [], []
    with store.adding() as add:
        threads = workers or cpu_count()
        decoded = ordered_map(
            lambda clip: _decode(clip.path, rate, store), clips, threads, 4 * threads
        )
        for done, (clip, result) in enumerate(zip(clips, decoded), 1):
            if isinstance(result, AudioError):
                left_out.append(LeftOut(clip, str(result)))
            else:
                if result.maxima is not None:
                    add(result.key, result.maxima, result.moments)
                kept.append(clip)
                keys.append(result.key)
            progress(done)
    if not kept:
        raise CorpusError(
            f"None of the {len(clips)} recordings can be used. The first one: {left_out[0].reason}"
        )
    if label_names is None:
        check(kept)
    entries = [entry for key in keys if (entry := store.find(key)) is not None]
    return Prepared(_arrays(kept, entries, rate, label_names), kept, keys, left_out)


def describe_cached(
    clips: Sequence[Clip],
    rate: int,
    folder: Path | None = None,
    workers: int | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Description:
    """What is in a corpus, as `corpora.describe` finds out by decoding every clip; what is decoded
    goes into the cache, so that `prepare_cached` need not decode it again.

    Raises CabcnnError if the disk is full.
    """
    store = _Store(folder, rate, DECODED_SECONDS)
    lock = threading.Lock()
    with store.adding() as add:

        def read(path: Path) -> audio.Sound:
            key, sound = _read(path, DECODED_SECONDS)
            if store.find(key) is None:
                with contextlib.suppress(AudioError):  # too short or silent: `describe` says so
                    values, rows = _values(sound, rate, DECODED_SECONDS)
                    with lock:
                        add(key, values, rows)
            return sound

        return describe(clips, progress, workers, read)


def find_cached(
    clips: Sequence[Clip],
    keys: Sequence[str],
    rate: int,
    seconds: float | None = None,
    folder: Path | None = None,
    label_names: Sequence[str] | None = None,
) -> Arrays | None:
    """The arrays of clips by the `keys` of their contents, even if the files are gone; None if the
    cache lacks one of them."""
    store = _Store(folder, rate, seconds)
    entries = [entry for key in keys if (entry := store.find(key)) is not None]
    if len(entries) < len(keys):
        return None
    return _arrays(clips, entries, rate, label_names)


class _Store:
    """The cached clips for a rate and a T, and how much of each recording is decoded for them."""

    def __init__(self, folder: Path | None, rate: int, seconds: float | None) -> None:
        base = Path(folder or default_folder())
        self.seconds = None if seconds is None else max(seconds, DECODED_SECONDS)
        length = "whole" if self.seconds is None else f"{self.seconds:g}s"
        self._shards = Shards(base / f"values-1-{rate}Hz-{length}")
        self._usual: Shards | None = None
        usual = base / f"values-1-{rate}Hz-{DECODED_SECONDS:g}s"
        if self.seconds != DECODED_SECONDS and usual.is_dir():
            self._usual = Shards(usual)
        self.adding = self._shards.adding

    def find(self, key: str) -> Entry | None:
        """A clip by its key. One that was cached for a shorter T will do if it is complete."""
        if key in self._shards:
            return self._shards[key]
        if self._usual is not None and key in self._usual:
            entry = self._usual[key]
            if len(entry.maxima) < DECODED_SECONDS * VALUES_PER_SECOND:
                return entry
        return None


class _Decoded(NamedTuple):
    key: str
    maxima: NDArray[np.float16] | None  # None: it is in the cache
    moments: NDArray[np.float64]


def _decode(path: Path, rate: int, store: _Store) -> _Decoded | AudioError:
    """A file's values, unless the cache has them."""
    try:
        key, sound = _read(path, store.seconds, lambda key: store.find(key) is not None)
        if sound is None:
            return _Decoded(key, None, np.zeros((0, 3)))
        return _Decoded(key, *_values(sound, rate, store.seconds))
    except AudioError as error:
        return error


@overload
def _read(path: Path, seconds: float | None) -> tuple[str, audio.Sound]: ...
@overload
def _read(
    path: Path, seconds: float | None, cached: Callable[[str], bool]
) -> tuple[str, audio.Sound | None]: ...
def _read(
    path: Path, seconds: float | None, cached: Callable[[str], bool] = lambda key: False
) -> tuple[str, audio.Sound | None]:
    """The key and the sound of a file, of one and the same content; no sound if it is cached.

    Raises AudioError if the file can't be read, or keeps changing.
    """
    for _ in range(TRIES):
        before = _state(path)
        key = _key(path)
        if cached(key):
            return key, None
        sound = audio.read(path, seconds)
        if _state(path) == before:
            return key, sound
    raise AudioError(f"{path.name} is still being written; wait until it is complete.")


def _values(
    sound: audio.Sound, rate: int, seconds: float | None
) -> tuple[NDArray[np.float16], NDArray[np.float64]]:
    """The maxima (V,) and moments (I, 3) of a sound at a peak of 1. Raises AudioError if it is
    silent or shorter than an interval."""
    samples, _, _ = audio.prepare(sound, rate, seconds)
    samples = samples / np.abs(samples).max()
    return audio.maxima(samples, rate).astype(np.float16), moments(samples, rate)


def _state(path: Path) -> tuple[int, int] | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_size, facts.st_mtime_ns


def _key(path: Path) -> str:
    """A hash of a file's content and its ending. Raises AudioError if it can't be read."""
    known = hashlib.sha256(path.suffix.lower().encode("utf-8", "replace"))
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            audio.read(path)
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                known.update(block)
    except (OSError, ValueError) as error:
        audio.read(path)  # if it fails too, its sentence is the better one
        raise AudioError(f"{path.name} can't be read ({error}); check the disk.") from error
    return known.hexdigest()[:40]


def _arrays(
    clips: Sequence[Clip],
    entries: Sequence[Entry],
    rate: int,
    label_names: Sequence[str] | None,
) -> Arrays:
    names = tuple(label_names or sorted({clip.label for clip in clips}))
    return Arrays(
        maxima=Pieces([entry.maxima for entry in entries]),
        moments=np.concatenate([entry.moments for entry in entries]),
        spectra=np.zeros((0, BANDS), np.float16),
        values=np.array([len(entry.maxima) for entry in entries]),
        labels=np.array([names.index(clip.label) for clip in clips]),
        label_names=names,
        speakers=np.array([clip.speaker for clip in clips]),
        splits=np.array([clip.split for clip in clips]),
        rate=rate,
    )
