"""A job, whose state is read from its folder only, so that all processes see the same."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cabcnn import files, schema
from cabcnn.errors import CabcnnError
from cabcnn.runs import plan as plans
from cabcnn.runs import status as statuses
from cabcnn.runs.plan import Plan
from cabcnn.runs.run import MODEL
from cabcnn.runs.status import STOP, State, Status

FACTS = "job.json"  # when it was submitted, and the upload it needs
QUEUED = "queued"  # a file that exists while the job waits; who renames it starts the job
TAKEN = "taken"
TAKEN_SECONDS = 60.0  # for which a job counts as starting without a process
LOG = "log.txt"
NO_OUTPUT = "Its process ended without a message; try again."

JobState = Literal["queued", "starting"] | State


@dataclass(frozen=True)
class Job:
    """`status` is what its process last wrote. `since` is when it was queued, in seconds since
    1970; `upload` is the folder of the recordings that were uploaded for it."""

    folder: Path
    plan: Plan
    state: JobState
    message: str
    status: Status
    since: float
    upload: Path | None = None
    stopping: bool = False

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def running(self) -> bool:
        return self.state == "starting" or self.state in statuses.GOING_ON

    @property
    def has_model(self) -> bool:
        return not self.running and (self.folder / MODEL).exists()

    @property
    def resumable(self) -> bool:
        """Whether it can be resumed: it ended by accident, or was stopped and its recordings still
        exist."""
        return self.state in ("interrupted", "failed") or (
            self.state == "stopped" and self.upload is None
        )


def read(folder: Path) -> Job | None:
    """The job in a folder; None if there is none, or it is just being removed."""
    try:
        facts = schema.read(folder / FACTS, "")
        plan = plans.read(folder)
        since, upload = float(facts["since"]), facts["upload"]
    except (OSError, ValueError, KeyError, TypeError, CabcnnError):
        return None
    # In the order in which a job is handed on: the queue marks it until its process is known, and
    # the process writes its last status before it ends. In another order, a job that is just being
    # handed on would look interrupted.
    queue_state = _queue_state(folder)
    process = statuses.read_process(folder / statuses.PROCESS)
    sign = statuses.signs(folder, statuses.PROCESS, statuses.OWNER, statuses.FILE)
    running = process is not None and statuses.alive(**process, sign=sign)
    status = statuses.read(folder)
    if queue_state:
        state, message = queue_state, ""
    else:
        state, message = _state(folder, process, running, status)
    return Job(
        folder,
        plan,
        state,
        message,
        status or Status(),
        since,
        None if upload is None else Path(upload),
        (folder / STOP).exists(),
    )


def write_facts(folder: Path, since: float, upload: Path | None) -> None:
    """Raises CabcnnError if it can't be written."""
    facts = {"since": since, "upload": None if upload is None else str(upload)}
    files.write_json(folder / FACTS, facts)


def _queue_state(folder: Path) -> JobState | None:
    """The state of a job that has no process yet."""
    if (folder / QUEUED).exists():
        return "queued"
    return "starting" if _taken(folder) else None


def _state(
    folder: Path, process: dict[str, Any] | None, running: bool, status: Status | None
) -> tuple[JobState, str]:
    own = status is not None and process is not None and status.pid == process["pid"]
    if running:
        return (status.state, status.message) if own and status else ("starting", "")
    if status is not None and (own or status.state in ("finished", "stopped")):
        return status.state, status.message
    if process is None or not (last := _last_line(folder / LOG)):
        return "interrupted", NO_OUTPUT
    return "failed", last  # before it could write a status


def _taken(folder: Path) -> bool:
    try:
        return time.time() - (folder / TAKEN).stat().st_mtime < TAKEN_SECONDS
    except FileNotFoundError:
        return False


def _last_line(path: Path) -> str:
    try:
        lines = path.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
