"""Where a run on disk stands, told by a small file that is replaced whole."""

from __future__ import annotations

import json
import os
import platform
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from cabcnn import schema
from cabcnn.errors import CabcnnError
from cabcnn.schema import Between, Length

FILE = "status.json"
MOST_BYTES = 4 << 20
STOP = "stop"  # a file of this name asks a run to stop after its epoch
CLOCKS_DIFFER = 10.0  # seconds by which two readings of a process's start time may differ
OWNER = "lock/owner.json"  # the process that holds the folder; it renews the date of this file
PROCESS = "process.json"  # the program that a queue has started there
SILENT_SECONDS = 300.0  # without a sign of life until another machine's process counts as dead
State = Literal["preparing", "training", "scoring", "finished", "stopped", "interrupted", "failed"]
GOING_ON: tuple[State, ...] = ("preparing", "training", "scoring")
Count = Annotated[int, Between(0, 10**12)]
Time = Annotated[float, Between(0, 1e12)]  # seconds since 1970


@dataclass(frozen=True)
class Status:
    """`done` of `total` clips or epochs in the current `part` of the run.

    "finished" and "stopped" runs have a model; an "interrupted" or "failed" one has none yet
    and continues where it was when it is started again.
    """

    state: State = "preparing"
    message: str = ""
    done: Count = 0
    total: Count = 0
    part: str = ""
    parts: Annotated[tuple[str, ...], Length(0, 100)] = ()
    pid: Annotated[int, Between(0, 2**31 - 1)] = 0
    begun: Time = 0.0  # when that process started: PIDs are reused
    host: str = ""
    ticks: Count = 0
    boot: str = ""
    started: str = ""
    updated: str = ""

    @property
    def going_on(self) -> bool:
        return self.state in GOING_ON


def read(folder: str | Path) -> Status | None:
    """The status of the run in `folder`; None if there is none or its file is damaged.

    A run whose process has died is "interrupted", whatever its file says.
    """
    folder = Path(folder)
    status = _stored(folder)
    while status is not None and status.going_on and not _alive(folder, status):
        # It may have finished in the meantime, or another process may have taken over.
        again = _stored(folder)
        if again == status:
            return replace(
                status,
                state="interrupted",
                message="The process died; start it again and it continues.",
            )
        status = again
    return status


def _stored(folder: Path) -> Status | None:
    """What the file says; fields of a later version are ignored."""
    try:
        with (folder / FILE).open("rb") as file:
            return schema.build(Status, schema.parse(file.read(MOST_BYTES + 1), MOST_BYTES))
    except (OSError, ValueError, CabcnnError):
        return None


def _alive(folder: Path, status: Status) -> bool:
    sign = signs(folder, OWNER, FILE)
    return alive(status.pid, status.begun, status.host, sign, status.ticks, status.boot)


def ask_to_stop(folder: str | Path) -> None:
    """Asks a run to end after the current epoch; its best model by then is scored and kept."""
    (Path(folder) / STOP).touch()


def to_json(status: Status) -> str:
    return json.dumps(asdict(status), indent=1, ensure_ascii=False) + "\n"


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True)
class Process:
    """What identifies a process, even after its `pid` is used again: the time it has `begun`, in
    seconds since 1970, which moves when the clock is set; and on Linux its start in `ticks` since
    that `boot` of the machine, which does not. Files of version 0.1.0 lack these two."""

    pid: Annotated[int, Between(0, 2**31 - 1)]
    begun: Time
    host: str
    ticks: Count = 0
    boot: str = ""


NOBODY = Process(0, 0.0, platform.node())


def process(pid: int) -> dict[str, Any]:
    """The fields of `Process` for a process of this machine. Raises psutil.NoSuchProcess."""
    import psutil

    begun = psutil.Process(pid).create_time()
    return asdict(Process(pid, begun, platform.node(), *_start(pid)))


def this_process() -> dict[str, Any]:
    return process(os.getpid())


def read_process(path: Path) -> dict[str, Any] | None:
    """The fields of the `Process` that a file names; None if there is no file, and those of one
    that is not running if it is damaged."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        return asdict(schema.build(Process, schema.parse(content, MOST_BYTES)))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, CabcnnError):
        return asdict(NOBODY)


def _start(pid: int) -> tuple[int, str]:
    """The start of a process in ticks since boot (proc(5): field 22 of stat), and which boot that
    is; (0, "") where there is no /proc."""
    try:
        facts = Path(f"/proc/{pid}/stat").read_bytes()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        # The second field, the program's name in parentheses, may hold anything.
        return int(facts.rpartition(b")")[2].split()[19]), boot
    except (OSError, ValueError, IndexError):
        return 0, ""


def alive(pid: int, begun: float, host: str, sign: float, ticks: int = 0, boot: str = "") -> bool:
    """Whether that process is still running, given the fields of `Process`; `sign` is the time of
    its last sign of life.

    One on another machine, or in a container that has been replaced, can't be checked: it counts
    as running for five minutes after its last sign of life. (So the clocks of machines that share
    a folder must not differ by more.)
    """
    import psutil

    if host != platform.node():
        return time.time() - sign < SILENT_SECONDS
    try:
        running = psutil.Process(pid)
        start = _start(pid)
        if boot and start[1]:
            same = start == (ticks, boot)
        else:
            same = abs(running.create_time() - begun) < CLOCKS_DIFFER
        return same and running.status() != psutil.STATUS_ZOMBIE
    except (psutil.NoSuchProcess, ValueError):
        return False
    except psutil.AccessDenied:  # somebody else's
        return True


def signs(folder: Path, *names: str) -> float:
    """When the last of these files in a run's folder was changed, in seconds since 1970."""
    dates = [0.0]
    for name in names:
        with suppress(OSError):
            dates.append((folder / name).stat().st_mtime)
    return max(dates)
