"""Where a run on disk stands, told by a small file that is replaced whole."""

from __future__ import annotations

import json
import os
import platform
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

FILE = "status.json"
STOP = "stop"  # a file of this name asks a run to stop after its epoch
CLOCKS_DIFFER = 10.0  # seconds by which two readings of a process's start may
OWNER = "lock/owner.json"  # who works in the folder, with its date renewed while it does
PROCESS = "process.json"  # the program that a queue has started there
SILENT_SECONDS = 300.0  # after the last sign of life, for which another machine's is believed
State = Literal["preparing", "training", "scoring", "finished", "stopped", "interrupted", "failed"]
GOING_ON: tuple[State, ...] = ("preparing", "training", "scoring")


@dataclass(frozen=True)
class Status:
    """`done` of `total` clips, or epochs, of the `part` of the run that is at work.

    "finished" and "stopped" runs have a model; an "interrupted" or "failed" one has none yet
    and goes on where it was when it is started again.
    """

    state: State = "preparing"
    message: str = ""
    done: int = 0
    total: int = 0
    part: str = ""
    parts: tuple[str, ...] = ()
    pid: int = 0
    begun: float = 0.0  # when that process started, for numbers are used again
    host: str = ""
    started: str = ""
    updated: str = ""

    @property
    def going_on(self) -> bool:
        return self.state in GOING_ON


def read(folder: str | Path) -> Status | None:
    """The status of the run in `folder`, None where there is none.

    A run whose process has died is "interrupted", whatever its file says.
    """
    folder = Path(folder)
    status = _told(folder)
    while status is not None and status.going_on and not _alive(folder, status):
        # It may have ended in good order meanwhile, with a last word, or another process go on.
        last = _told(folder)
        if last == status:
            return replace(
                status,
                state="interrupted",
                message="The process ended before its time; start it again and it goes on.",
            )
        status = last
    return status


def _told(folder: Path) -> Status | None:
    try:
        facts = json.loads((folder / FILE).read_bytes())
        known = {one.name for one in fields(Status)}
        status = Status(**{name: value for name, value in facts.items() if name in known})
        return replace(status, parts=tuple(status.parts))
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def _alive(folder: Path, status: Status) -> bool:
    return alive(status.pid, status.begun, status.host, signs(folder, OWNER, FILE))


def ask_to_stop(folder: str | Path) -> None:
    """Lets a run end after its epoch; what it has by then is scored and kept."""
    (Path(folder) / STOP).touch()


def to_json(status: Status) -> str:
    return json.dumps(asdict(status), indent=1, ensure_ascii=False) + "\n"


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def this_process() -> dict[str, int | float | str]:
    """What tells this process from all others: `pid`, when it has `begun`, `host`."""
    import psutil

    pid = os.getpid()
    return {"pid": pid, "begun": psutil.Process(pid).create_time(), "host": platform.node()}


def alive(pid: int, begun: float, host: str, sign: float) -> bool:
    """Whether that process still runs, of which the last `sign` was there at that time.

    One on another machine, or in a container that has been replaced, can't be asked: it is
    believed to for five minutes after its last sign of life. (So the clocks of machines that
    share a folder must not differ by more.)
    """
    import psutil

    if host != platform.node():
        return time.time() - sign < SILENT_SECONDS
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - begun) < CLOCKS_DIFFER
        return same and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.NoSuchProcess, ValueError):
        return False
    except psutil.AccessDenied:  # somebody else's
        return True


def signs(folder: Path, *names: str) -> float:
    """When one of these files in a run's folder was last changed, in seconds since 1970."""
    dates = [0.0]
    for name in names:
        with suppress(OSError):
            dates.append((folder / name).stat().st_mtime)
    return max(dates)
