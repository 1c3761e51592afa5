"""The files of the cache: shards of some hundred clips, never changed once they are written.

A shard is three files: the maxima of all its clips, their moments, and an index, which is written
last. Without its index a shard does not exist.
"""

from __future__ import annotations

import contextlib
import json
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cabcnn import files

MOST_VALUES = 60_000_000  # in a shard, 120 MB: at most so much is lost if a run is killed
MOMENTS = 3

Add = Callable[[str, NDArray[np.float16], NDArray[np.float64]], None]


class Entry(NamedTuple):
    """One clip's maxima (V,) and moments (I, 3), mapped from disk."""

    maxima: NDArray[np.float16]
    moments: NDArray[np.float64]


class Shards:
    """The clips cached in a folder, by the key of their content."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._entries: dict[str, Entry] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            files.remove_stale(folder)
            indices = sorted(folder.glob("*.json"))
        except OSError as error:
            raise files.write_error(folder, error) from error
        for index in indices:
            self._open(index)

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def __getitem__(self, key: str) -> Entry:
        return self._entries[key]

    @contextlib.contextmanager
    def adding(self) -> Iterator[Add]:
        """A function that adds a clip. At the end all of them can be looked up.

        Raises CabcnnError if the disk is full; complete shards are kept.
        """
        shard: _Shard | None = None

        def add(key: str, maxima: NDArray[np.float16], moments: NDArray[np.float64]) -> None:
            nonlocal shard
            if shard is None:
                shard = _Shard(self.folder)
            shard.add(key, maxima, moments)
            if shard.values >= MOST_VALUES:
                self._open(shard.close())
                shard = None

        try:
            yield add
            if shard is not None:
                self._open(shard.close())
                shard = None
        except OSError as error:
            raise files.write_error(self.folder, error) from error
        finally:
            if shard is not None:
                shard.drop()

    def _open(self, index: Path) -> None:
        """Opens a shard, unless it is damaged."""
        try:
            places = json.loads(index.read_text())
            maxima = _mapped(index.with_suffix(".maxima"), np.float16)
            moments = _mapped(index.with_suffix(".moments"), np.float64).reshape(-1, MOMENTS)
            ends = np.cumsum([[values, intervals] for _, values, intervals in places], 0)
        except (OSError, ValueError, TypeError):
            return
        if not len(places) or (len(maxima), len(moments)) != tuple(ends[-1]):
            return
        starts = ends - [[values, intervals] for _, values, intervals in places]
        for (key, *_), first, last in zip(places, starts, ends, strict=True):
            self._entries[key] = Entry(maxima[first[0] : last[0]], moments[first[1] : last[1]])


class _Shard:
    """A shard that is being written."""

    def __init__(self, folder: Path) -> None:
        self.index = folder / f"{uuid.uuid4().hex}.json"
        self.places: list[tuple[str, int, int]] = []
        self.keys: set[str] = set()
        self.values = 0
        self.files: dict[str, BinaryIO] = {}
        for suffix in (".maxima", ".moments"):
            self.files[suffix] = self._part(suffix).open("wb")

    def _part(self, suffix: str) -> Path:
        return self.index.with_suffix(f"{suffix}.{os.getpid()}.part")

    def add(self, key: str, maxima: NDArray[np.float16], moments: NDArray[np.float64]) -> None:
        if key in self.keys:  # two files of the same content
            return
        self.files[".maxima"].write(maxima.tobytes())
        self.files[".moments"].write(moments.tobytes())
        self.keys.add(key)
        self.places.append((key, len(maxima), len(moments)))
        self.values += len(maxima)

    def close(self) -> Path:
        for suffix, file in self.files.items():
            file.close()
            self._part(suffix).replace(self.index.with_suffix(suffix))
        files.write(self.index, json.dumps(self.places))
        return self.index

    def drop(self) -> None:
        """Removes the unfinished files."""
        for suffix, file in self.files.items():
            with contextlib.suppress(OSError):
                file.close()
            for path in (self._part(suffix), self.index.with_suffix(suffix)):
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)


def _mapped(path: Path, kind: type[np.generic]) -> NDArray:
    return np.memmap(path, kind, "r")
