"""The program that carries out one job: `cabcnn train` on its folder, outliving any page."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import cabcnn
from cabcnn import files
from cabcnn.errors import CabcnnError
from cabcnn.runs import plan as plans
from cabcnn.runs.queue import job as one
from cabcnn.runs.queue.job import Job
from cabcnn.runs.queue.uploads import CACHE
from cabcnn.runs.status import PROCESS

GRACE_SECONDS = 10.0
NICENESS = "CABCNN_NICENESS"
USUALLY = 10  # whoever explains a sound meanwhile comes first
POSIX = os.name == "posix"


def niceness() -> int:
    """How far a run gives way to all else on its machine: CABCNN_NICENESS, from 0 to 19.

    Raises CabcnnError for what is none.
    """
    said = os.environ.get(NICENESS, "").strip() or str(USUALLY)
    if not said.isdecimal() or not int(said) <= 19:
        raise CabcnnError(f"{NICENESS} is {said!r}; give a whole number from 0 to 19.")
    return int(said)


class Program:
    """A running job. Raises CabcnnError where the disk or the system does not take it."""

    def __init__(self, job: Job) -> None:
        folder = job.folder
        self._niceness = niceness()
        arguments = [sys.executable, "-m", "cabcnn", "train", "--plan", str(folder / plans.FILE)]
        if job.upload is not None:  # what is decoded of it goes with it
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
                    start_new_session=True,  # Ctrl-C is the server's, which ends it in order
                )
        except OSError as error:
            raise files.write_error(folder, error) from error
        try:
            self._introduce(folder)
        except CabcnnError:
            self.terminate()
            self.end()
            raise

    def ended(self) -> bool:
        return self._process.poll() is not None

    def terminate(self) -> None:
        """Asks it to end at once; what it saved after its last epoch stays."""
        self._signal(signal.SIGTERM)

    def end(self) -> None:
        """Waits a little, then ends it and whatever it has started."""
        try:
            self._process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if POSIX:
            self._signal(signal.SIGKILL)

    def _introduce(self, folder: Path) -> None:
        """Tells who carries out the job, before it can tell so itself."""
        import psutil

        pid = self._process.pid
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            if POSIX:
                with suppress(psutil.AccessDenied):  # this server gives way itself, and further
                    process.nice(self._niceness)
            with suppress(OSError):  # Linux weighs sessions first, where it groups by them
                Path(f"/proc/{pid}/autogroup").write_text(str(self._niceness))
            facts = {"pid": pid, "begun": process.create_time(), "host": platform.node()}
            files.write_json(folder / PROCESS, facts)
        (folder / one.TAKEN).unlink(missing_ok=True)

    def _signal(self, number: signal.Signals) -> None:
        if POSIX:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)  # it leads a group of its own
        elif self._process.poll() is None:
            self._process.terminate()
