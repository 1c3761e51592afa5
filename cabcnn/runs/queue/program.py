"""The process of a job: `cabcnn train` on its folder, independent of any page."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import cabcnn
from cabcnn import files
from cabcnn.errors import CabcnnError
from cabcnn.runs import plan as plans
from cabcnn.runs import status as statuses
from cabcnn.runs.queue import job as one
from cabcnn.runs.queue.job import Job
from cabcnn.runs.queue.uploads import CACHE
from cabcnn.runs.status import PROCESS

GRACE_SECONDS = 10.0
NICENESS = "CABCNN_NICENESS"
DEFAULT = 10  # so that explaining sounds comes first
POSIX = os.name == "posix"


def niceness() -> int:
    """The niceness of runs: CABCNN_NICENESS, from 0 to 19.

    Raises CabcnnError if it is not a whole number in that range.
    """
    text = os.environ.get(NICENESS, "").strip() or str(DEFAULT)
    if not text.isdecimal() or not int(text) <= 19:
        raise CabcnnError(f"{NICENESS} is {text!r}; give a whole number from 0 to 19.")
    return int(text)


class Program:
    """The process of a job. Raises CabcnnError if it can't be started, or the disk is full."""

    def __init__(self, job: Job) -> None:
        folder = job.folder
        self._niceness = niceness()
        arguments = [sys.executable, "-m", "cabcnn", "train", "--plan", str(folder / plans.FILE)]
        if job.upload is not None:  # which is removed with the upload
            arguments += ["--cache", str(job.upload / CACHE)]
        if job.status.state == "stopped":
            arguments += ["--resume"]
        package = Path(cabcnn.__file__).parent.parent
        paths = [str(package), os.environ.get("PYTHONPATH", "")]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
        try:
            with (folder / one.LOG).open("wb") as log:
                self._process = subprocess.Popen(
                    arguments,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=environment,
                    start_new_session=True,  # Ctrl-C goes to the server, which ends the run
                )
        except OSError as error:
            raise files.write_error(folder, error) from error
        try:
            self._write_process(folder)
        except CabcnnError:
            self.terminate()
            self.end()
            raise

    def ended(self) -> bool:
        return self._process.poll() is not None

    def terminate(self) -> None:
        """Asks it to end at once; the state after its last epoch is kept."""
        self._signal(signal.SIGTERM)

    def end(self) -> None:
        """Waits for a short time, then kills it and its children."""
        try:
            self._process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if POSIX:
            self._signal(signal.SIGKILL)

    def _write_process(self, folder: Path) -> None:
        """Records the process of the job, before it can do so itself."""
        import psutil

        pid = self._process.pid
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            if POSIX:
                with suppress(psutil.AccessDenied):  # the server is nicer already
                    process.nice(self._niceness)
            with suppress(OSError):  # Linux with autogroups
                Path(f"/proc/{pid}/autogroup").write_text(str(self._niceness))
            files.write_json(folder / PROCESS, statuses.process(pid))
        (folder / one.TAKEN).unlink(missing_ok=True)

    def _signal(self, number: signal.Signals) -> None:
        if POSIX:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)  # it leads a process group
        elif self._process.poll() is None:
            self._process.terminate()
