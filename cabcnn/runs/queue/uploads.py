"""The folders of recordings that visitors have uploaded, kept while they are needed."""

from __future__ import annotations

import os
import secrets
import shutil
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from cabcnn import files
from cabcnn.errors import CabcnnError

HOLD_SECONDS = 3600.0  # after which an open page no longer holds a folder
LEASE_SECONDS = 60.0  # after the last renewal, after which a folder is not held by any process
CACHE = "cache"


class Uploads:
    """The uploads below `folder`. One is removed when no page holds it and no job needs it; its
    modification time says when it was last held, also to other processes."""

    def __init__(self, folder: Path, most: int = 20, most_each: int = 5) -> None:
        self.folder, self.most, self.most_each = folder, most, most_each
        self._lock = threading.Lock()
        self._held: dict[Path, float] = {}  # and when each was last used
        self._visitors: dict[Path, str] = {}  # and who brought it

    def new(self, visitor: str = "") -> Path:
        """A new folder that no other user can read, held until `release`.

        Raises CabcnnError if there are too many, in all or of this visitor's, or the disk is full.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._lock:
                there = set(self.folder.iterdir())
                self._visitors = {p: v for p, v in self._visitors.items() if p in there}
                own = list(self._visitors.values()).count(visitor)
                if len(there) >= self.most or own >= self.most_each:
                    raise CabcnnError(
                        "Too many uploads are kept for training; try again when a run is done, or "
                        "remove one that failed."
                    )
                path = self.folder / secrets.token_urlsafe(12).lstrip("-")
                path.mkdir(mode=0o700)
        except OSError as error:
            raise files.write_error(self.folder, error) from error
        self._visitors[path] = visitor
        self.hold(path)
        return path

    def hold(self, path: Path) -> None:
        """Holds a folder for another hour."""
        with self._lock:
            self._held[path] = time.time()

    def release(self, path: Path) -> None:
        """Lets the next `sweep` remove a folder, unless a job needs it."""
        with self._lock:
            self._held.pop(path, None)
        with suppress(FileNotFoundError):
            os.utime(path, (0, 0))

    def sweep(self, needed: Iterable[Path | None]) -> None:
        """Removes the folders that no process holds and that are not `needed`."""
        now, kept = time.time(), set(needed)
        with self._lock:
            self._held = {p: used for p, used in self._held.items() if now - used < HOLD_SECONDS}
            for path in self._held:
                with suppress(FileNotFoundError):
                    os.utime(path)
            kept |= set(self._held)
        for path in self.folder.iterdir() if self.folder.is_dir() else ():
            with suppress(FileNotFoundError):
                if path not in kept and now - path.stat().st_mtime > LEASE_SECONDS:
                    shutil.rmtree(path, ignore_errors=True)
