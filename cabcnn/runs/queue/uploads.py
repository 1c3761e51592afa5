"""Recordings that visitors brought, each lot in a folder of its own while it is needed."""

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

HOLD_SECONDS = 3600.0  # what a page left open keeps
LEASE_SECONDS = 60.0  # between two words that a folder is held, after which it is nobody's
MOST = 20
CACHE = "cache"


class Uploads:
    """Folders below `folder`. One goes when no page holds it and no job needs it; its last
    change says when it was last held, so that other programs and later ones know too."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._held: dict[Path, float] = {}  # and when it was last used

    def new(self) -> Path:
        """An empty folder that nobody else may read, held until `release`.

        Raises CabcnnError where there are too many, or the disk takes no more.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._lock:
                if len(list(self.folder.iterdir())) >= MOST:
                    raise CabcnnError(
                        "Too many recordings wait to be trained on; come back when a run is done."
                    )
                path = self.folder / secrets.token_urlsafe(12).lstrip("-")
                path.mkdir(mode=0o700)
        except OSError as error:
            raise files.write_error(self.folder, error) from error
        self.hold(path)
        return path

    def hold(self, path: Path) -> None:
        """Keeps a folder for another hour."""
        with self._lock:
            self._held[path] = time.time()

    def release(self, path: Path) -> None:
        """Says that no page holds it any more: it goes at the next `sweep` that finds no need."""
        with self._lock:
            self._held.pop(path, None)
        with suppress(FileNotFoundError):
            os.utime(path, (0, 0))

    def sweep(self, needed: Iterable[Path | None]) -> None:
        """Removes what is not held, by this program or another, and not needed."""
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
