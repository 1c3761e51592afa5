"""One job, as its folder tells it: whoever looks, and whenever, sees the same."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cabcnn import files
from cabcnn.errors import CabcnnError
from cabcnn.runs import plan as plans
from cabcnn.runs import status as statuses
from cabcnn.runs.plan import Plan
from cabcnn.runs.run import MODEL
from cabcnn.runs.status import STOP, State, Status

FACTS = "job.json"  # when it was asked for, and what it may remove at its end
QUEUED = "queued"  # there while it waits; whoever renames it starts it
TAKEN = "taken"
TAKEN_SECONDS = 60.0  # for which a job that was taken counts as starting without a program
LOG = "log.txt"
NO_WORD = "Its program ended without a word; try again."

JobState = Literal["queued", "starting"] | State


@dataclass(frozen=True)
class Job:
    """`status` is what its program last wrote. `since` is when it was queued, in seconds since
    1970; `upload` the folder that holds the recordings which were brought for it."""

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
    def at_work(self) -> bool:
        return self.state == "starting" or self.state in statuses.GOING_ON

    @property
    def has_model(self) -> bool:
        return not self.at_work and (self.folder / MODEL).exists()

    @property
    def resumable(self) -> bool:
        """Whether it would go on where it was: an end that nobody chose, or a stop whose
        recordings are still here."""
        return self.state in ("interrupted", "failed") or (
            self.state == "stopped" and self.upload is None
        )


def read(folder: Path) -> Job | None:
    """The job in a folder; None where there is none, or it is just being removed."""
    try:
        facts = json.loads((folder / FACTS).read_bytes())
        plan = plans.read(folder)
        since, upload = float(facts["since"]), facts["upload"]
    except (OSError, ValueError, KeyError, TypeError, CabcnnError):
        return None
    # In the order in which a job is handed on: the queue marks it until its program is known, and
    # a program that has ended has written its last status. Looked for the other way round, a job
    # that is just being handed on would be nobody's.
    handled = _handled(folder)
    process = _process(folder)
    sign = statuses.signs(folder, statuses.PROCESS, statuses.OWNER, statuses.FILE)
    running = process is not None and statuses.alive(**process, sign=sign)
    status = statuses.read(folder)
    state, message = (handled, "") if handled else _state(folder, process, running, status)
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


def keep_facts(folder: Path, since: float, upload: Path | None) -> None:
    """Raises CabcnnError where the disk does not take it."""
    facts = {"since": since, "upload": None if upload is None else str(upload)}
    files.write_json(folder / FACTS, facts)


def _handled(folder: Path) -> JobState | None:
    """Whether the queue still has it in its hands."""
    if (folder / QUEUED).exists():
        return "queued"
    return "starting" if _taken(folder) else None


def _state(
    folder: Path, process: dict[str, Any] | None, running: bool, status: Status | None
) -> tuple[JobState, str]:
    told = status is not None and process is not None and status.pid == process["pid"]
    if running:
        return (status.state, status.message) if told and status else ("starting", "")
    if status is not None and (told or status.state in ("finished", "stopped")):
        return status.state, status.message
    if process is None or not (last := _last_line(folder / LOG)):
        return "interrupted", NO_WORD
    return "failed", last  # it came to nothing before it could write a status


def _taken(folder: Path) -> bool:
    try:
        return time.time() - (folder / TAKEN).stat().st_mtime < TAKEN_SECONDS
    except FileNotFoundError:
        return False


def _process(folder: Path) -> dict[str, Any] | None:
    try:
        found = json.loads((folder / statuses.PROCESS).read_bytes())
        return {"pid": found["pid"], "begun": found["begun"], "host": found["host"]}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _last_line(path: Path) -> str:
    try:
        lines = path.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
