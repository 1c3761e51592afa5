"""Recordings decoded once: front-end values on disk, which training maps into memory.

What is kept is float16, and each clip at a peak of 1, so that a quiet one is as exact as a loud
one. The rounding costs nothing that can be measured: of 300 spoken digits, and of 400 recordings
of 30 s, it changed no verdict of the models for them, no probability by more than 0.0006, and the
log loss by less than 0.00001.

A clip is found again by what is in its file, so that no change of a corpus can leave anything
stale, and a copy or a new name costs nothing.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cabcnn import audio
from cabcnn.corpora.description import HEARD_SECONDS
from cabcnn.corpora.table import Clip, check
from cabcnn.dataset.arrays import Arrays, Pieces, moments
from cabcnn.dataset.shards import Shards
from cabcnn.dataset.spectra import BANDS
from cabcnn.errors import AudioError, CorpusError
from cabcnn.threads import cpu_count, ordered_map

BLOCK = 1 << 20  # bytes of a file read at a time
TRIES = 3  # at a file that changes while it is read


class LeftOut(NamedTuple):
    """A clip that can't be learned from, and why."""

    clip: Clip
    reason: str


class Prepared(NamedTuple):
    """The clips that can be used, in the order of `arrays`, what their files hold (`keys`), and
    those that can't."""

    arrays: Arrays
    clips: list[Clip]
    keys: list[str]
    left_out: list[LeftOut]


def default_folder() -> Path:
    """CABCNN_CACHE, or a folder of the system's for what can be made again."""
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
    """At least the first `seconds` of every clip at `rate` (a multiple of 4,000), decoded where
    that was not done before; None for all of it.

    Of each file 15 minutes are decoded if it has them, however short T is, so that what was
    prepared for one T serves them all, and excerpts from anywhere.

    Clips that can't be read, are silent or shorter than an interval are left out. Killed at
    any moment, it goes on where it was. `progress` is told how many clips are done.
    `label_names` are a model's classes, in its order, of which the clips may lack some; else
    they are the clips' own.

    Raises CorpusError where no clip, or one label, remains, and CabcnnError where the disk
    does not take what is decoded.
    """
    if label_names is None:
        check(clips)
    shards = Shards(_place(folder, rate, seconds))
    keys: list[str] = []
    kept, left_out = [], []
    with shards.adding() as add:
        threads = workers or cpu_count()
        found = ordered_map(
            lambda clip: _decoded(clip.path, rate, seconds, shards), clips, threads, 4 * threads
        )
        for done, (clip, result) in enumerate(zip(clips, found), 1):
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
            f"None of the {len(clips)} recordings can be used; of the first it is known: "
            f"{left_out[0].reason}"
        )
    if label_names is None:
        check(kept)
    return Prepared(_arrays(kept, keys, shards, rate, label_names), kept, keys, left_out)


def prepared_before(
    clips: Sequence[Clip],
    keys: Sequence[str],
    rate: int,
    seconds: float | None = None,
    folder: Path | None = None,
    label_names: Sequence[str] | None = None,
) -> Arrays | None:
    """The arrays of clips whose files held `keys`, whatever has become of those files; None
    where the cache has lost one of them."""
    shards = Shards(_place(folder, rate, seconds))
    if not all(key in shards for key in keys):
        return None
    return _arrays(clips, keys, shards, rate, label_names)


def _place(folder: Path | None, rate: int, seconds: float | None) -> Path:
    heard = "whole" if seconds is None else f"{_decoded_seconds(seconds):g}s"
    return Path(folder or default_folder()) / f"values-1-{rate}Hz-{heard}"


def _decoded_seconds(seconds: float | None) -> float | None:
    return None if seconds is None else max(seconds, HEARD_SECONDS)


class _Decoded(NamedTuple):
    key: str
    maxima: NDArray[np.float16] | None  # None: the cache has them
    moments: NDArray[np.float64]


def _decoded(path: Path, rate: int, seconds: float | None, shards: Shards) -> _Decoded | AudioError:
    """A file's values, or that the cache has them."""
    for _ in range(TRIES):
        before = _state(path)
        try:
            key = _key(path)
            if key in shards:
                return _Decoded(key, None, np.zeros((0, 3)))
            heard = _decoded_seconds(seconds)
            samples, _, _ = audio.prepare(audio.read(path, heard), rate, heard)
        except AudioError as error:
            return error
        if _state(path) == before:
            samples = samples / np.abs(samples).max()
            values = audio.maxima(samples, rate).astype(np.float16)
            return _Decoded(key, values, moments(samples, rate))
    return AudioError(f"{path.name} is being written to; wait until it is whole.")


def _state(path: Path) -> tuple[int, int] | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_size, facts.st_mtime_ns


def _key(path: Path) -> str:
    """What is in a file, as a number; a file that can't be opened is `audio.read`'s to name."""
    known = hashlib.sha256(path.suffix.lower().encode("utf-8", "replace"))
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            audio.read(path)
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                known.update(block)
    except (OSError, ValueError) as error:
        audio.read(path)  # which knows the better sentence, if it fails too
        raise AudioError(f"{path.name} can't be read ({error}); check the disk.") from error
    return known.hexdigest()[:40]


def _arrays(
    clips: Sequence[Clip],
    keys: Sequence[str],
    shards: Shards,
    rate: int,
    label_names: Sequence[str] | None,
) -> Arrays:
    names = tuple(label_names or sorted({clip.label for clip in clips}))
    entries = [shards[key] for key in keys]
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
