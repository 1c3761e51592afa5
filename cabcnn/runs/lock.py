"""A lock for the folder of a run, which a killed process does not keep."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

from cabcnn import files
from cabcnn.errors import CabcnnError
from cabcnn.runs import status
from cabcnn.runs.status import alive, read_process, this_process

NAME, OWNER = status.OWNER.split("/")
BEAT_SECONDS = 20.0


class BusyError(CabcnnError):
    """Another process is working in the folder."""


@contextlib.contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Locks `folder` for this process.

    The lock is a folder that is renamed into place, which fails if a non-empty one is there: so a
    lock always names its owner. The lock of a process that has died is removed. While the lock is
    held, its date is renewed as a sign of life for other machines.

    Raises BusyError if another process is working there.
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
            _remove_stale(lock)
    except OSError as error:
        raise files.write_error(lock, error) from error
    finally:
        shutil.rmtree(mine, ignore_errors=True)
    over = threading.Event()
    beat = threading.Thread(target=_beat, args=(lock, over), name="heartbeat", daemon=True)
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


def _remove_stale(lock: Path) -> None:
    """Removes the lock of a process that has died. Raises BusyError if it is alive."""
    owner = read_process(lock / OWNER)
    if owner is None:
        return  # just released
    if alive(**owner, sign=status.signs(lock, OWNER)):
        where = f"process {owner['pid']} on {owner['host'] or 'this machine'}"
        raise BusyError(
            f"A run is going on in {lock.parent} already ({where}); wait for it, stop it, or "
            "choose another name. (A process on another machine counts as dead "
            f"{status.SILENT_SECONDS / 60:.0f} minutes after its last sign of life.)"
        )
    stale = lock.with_name(f"{lock.name}.stale.{os.getpid()}")
    with contextlib.suppress(OSError):  # another process may be quicker
        lock.rename(stale)
        if read_process(stale / OWNER) != owner:  # it was, and this is the new lock
            stale.rename(lock)
    shutil.rmtree(stale, ignore_errors=True)
