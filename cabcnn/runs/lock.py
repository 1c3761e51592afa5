"""One run at a time in a folder, also after a run was killed there."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

from cabcnn import files
from cabcnn.errors import CabcnnError
from cabcnn.runs import status
from cabcnn.runs.status import alive, this_process

NAME, OWNER = status.OWNER.split("/")
BEAT_SECONDS = 20.0


class BusyError(CabcnnError):
    """Another process is at work in a folder."""


@contextlib.contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Holds `folder` for this process.

    The lock is a folder that is moved into place, which no system does over one that holds
    something: there is no moment in which a lock names nobody. One whose process has died is
    moved away. Its date is renewed while it is held, as a sign of life for other machines.

    Raises BusyError where another process is at work there.
    """
    lock, mine = folder / NAME, folder / f"{NAME}.{os.getpid()}"
    shutil.rmtree(mine, ignore_errors=True)
    try:
        mine.mkdir(parents=True)
        (mine / OWNER).write_text(json.dumps(this_process()))
    except OSError as error:
        raise files.write_error(folder, error) from error
    try:
        while True:
            try:
                mine.rename(lock)
                break
            except OSError:
                if not lock.is_dir():
                    raise
            _make_way(lock)
    except OSError as error:
        raise files.write_error(lock, error) from error
    finally:
        shutil.rmtree(mine, ignore_errors=True)
    over = threading.Event()
    beat = threading.Thread(target=_beat, args=(lock, over), name="holds a folder", daemon=True)
    beat.start()
    try:
        yield
    finally:
        over.set()
        beat.join()
        with contextlib.suppress(OSError):
            lock.rename(mine)
        shutil.rmtree(mine, ignore_errors=True)


def _beat(lock: Path, over: threading.Event) -> None:
    while not over.wait(BEAT_SECONDS):
        with contextlib.suppress(OSError):
            os.utime(lock / OWNER)


def _make_way(lock: Path) -> None:
    """Removes the lock of a process that has died; raises BusyError where it has not."""
    owner = _owner(lock)
    if owner is None:
        return  # just released
    if alive(**owner, sign=status.signs(lock, OWNER)):
        where = f"process {owner['pid']} on {owner['host'] or 'this machine'}"
        raise BusyError(
            f"A run is going on in {lock.parent} already ({where}); wait for it, stop it, or "
            f"choose another name. A process of another machine counts as dead when there has been "
            f"no sign of it for {status.SILENT_SECONDS / 60:.0f} minutes."
        )
    stale = lock.with_name(f"{lock.name}.stale.{os.getpid()}")
    with contextlib.suppress(OSError):  # another process may be quicker
        lock.rename(stale)
        if _owner(stale) != owner:  # it was, and this is its lock
            stale.rename(lock)
    shutil.rmtree(stale, ignore_errors=True)


def _owner(lock: Path) -> dict | None:
    try:
        found = json.loads((lock / OWNER).read_text())
        return {"pid": found["pid"], "begun": found["begun"], "host": found["host"]}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        return {"pid": 0, "begun": 0.0, "host": platform.node()}  # damaged: nobody's
