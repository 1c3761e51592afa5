"""The queue: jobs wait in folders, and a thread starts a process for each.

The whole state is in the folders. A server that is restarted, even after it was killed, has its
jobs back, and those that were running go on meanwhile.
"""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from cabcnn import checkpoint, files, paths
from cabcnn.errors import CabcnnError
from cabcnn.runs import plan as plans
from cabcnn.runs.journal import EPOCHS
from cabcnn.runs.plan import Plan
from cabcnn.runs.queue import job as one
from cabcnn.runs.queue.job import Job
from cabcnn.runs.queue.program import Program
from cabcnn.runs.queue.uploads import Uploads
from cabcnn.runs.run import MODEL
from cabcnn.runs.status import STOP, ask_to_stop

LOG = logging.getLogger(__name__)
POLL_SECONDS = 0.5
IDLE_SECONDS = 10.0  # between two polls while nothing waits or runs
MOST_KEPT = 500  # runs, including finished ones
SETTLED_SECONDS = (
    2.0  # after a change; clocks of file systems are coarse, and two may look like one
)


def waiting(jobs: list[Job]) -> list[Job]:
    """Those of `jobs`, the latest first, that wait: the next one first."""
    return [job for job in reversed(jobs) if job.state == "queued"]


class JobQueue:
    """Training runs in `folder`/runs, `at_once` of them at a time. Can be shared by threads, and by
    processes with the same folder."""

    def __init__(
        self,
        folder: Path | None = None,
        *,
        at_once: int = 1,
        most_waiting: int = 10,
        most_uploads: int = 20,
        most_uploads_each: int = 5,
    ) -> None:
        base = folder or paths.folder()
        self.folder = base / "runs"
        self.uploads = Uploads(base / "uploads", most_uploads, most_uploads_each)
        self.at_once, self.most_waiting = at_once, most_waiting
        self._lock = threading.RLock()
        self._programs: dict[str, Program] = {}
        self._settled: dict[Path, tuple[int, Job]] = {}  # by their folders' last change
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._closing = False

    # Looking up jobs.

    def all(self) -> list[Job]:
        """All jobs, the latest first."""
        folders = self.folder.iterdir() if self.folder.is_dir() else ()
        jobs = [self._read(folder) for folder in folders]
        return sorted((job for job in jobs if job), key=lambda job: job.since, reverse=True)

    def get(self, name: str | None) -> Job:
        """A job by its name, which is never used as a path: visitors choose it.

        Raises CabcnnError if there is none of that name.
        """
        for job in self.all():
            if job.name == name:
                return job
        raise CabcnnError(f"There is no training run {name!r} any more.")

    # Changing them.

    def submit(self, plan: Plan, upload: Path | None = None) -> Job:
        """Queues a run. If its name is taken by another run or a model, a number is added.

        `upload`, a folder of `uploads`, is removed when the run no longer needs it.

        Raises CabcnnError if too many runs are waiting, or the disk is full.
        """
        with self._lock:
            if len(waiting(self.all())) >= self.most_waiting:
                raise CabcnnError(
                    f"{self.most_waiting} training runs are waiting already; try again when one is "
                    "done, or cancel one."
                )
            if len(self.all()) >= MOST_KEPT:
                raise CabcnnError(f"{MOST_KEPT} training runs are kept here; remove some first.")
            folder = self._claim(plan.name)
            try:
                files.write(folder / plans.FILE, replace(plan, name=folder.name).to_json())
                self._mark_queued(folder)
                one.write_facts(folder, time.time(), upload)  # last: now it is a job
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
        self._wake.set()
        return self.get(folder.name)

    def stop(self, name: str) -> None:
        """Ends a running job after its epoch; its best model so far is kept."""
        job = self.get(name)
        if job.running:
            ask_to_stop(job.folder)

    def cancel(self, name: str) -> None:
        """Cancels a job that waits or has not begun to train. It is removed, unless it has trained
        before: then it can be resumed."""
        with self._lock:
            job = self.get(name)
            program = self._programs.get(name)
            if job.state == "queued":
                (job.folder / one.QUEUED).unlink(missing_ok=True)
            elif job.state in ("starting", "preparing") and program is not None:
                program.terminate()
                program.end()
                del self._programs[name]
            else:
                return
            if not (job.folder / EPOCHS).exists():
                _delete(job)

    def resume(self, name: str) -> None:
        """Queues a job again that was interrupted, failed or was stopped.

        Raises CabcnnError if its recordings are gone.
        """
        with self._lock:  # the second of two clicks finds it queued
            job = self.get(name)
            if not job.resumable:
                return
            if job.upload is not None and not job.upload.is_dir():
                raise CabcnnError(f"The recordings of {job.name} are gone; upload them again.")
            one.write_facts(job.folder, time.time(), job.upload)
            (job.folder / STOP).unlink(missing_ok=True)
            self._mark_queued(job.folder)
        self._wake.set()

    def remove(self, name: str) -> None:
        """Deletes a job that neither waits nor runs, except for a published model."""
        job = self.get(name)
        if not job.running and job.state != "queued":
            _delete(job)

    def publish(self, name: str) -> str:
        """Copies a run's model to those that can be used by name. Returns that name.

        Raises CabcnnError if there is no model yet, or the disk is full.
        """
        job = self.get(name)
        if not job.has_model:
            raise CabcnnError(f"{job.name} has no model yet; wait until it is finished.")
        checkpoint.keep(job.folder / MODEL, job.name)
        return job.name

    # The thread that starts them.

    def start(self) -> None:
        """Starts the thread that runs the queue, until `close`."""
        with self._lock:
            if self._thread is not None:
                return
            self._closing = False
            self._thread = threading.Thread(target=self._serve, name="training jobs", daemon=True)
            self._thread.start()
        atexit.register(self.close)

    def close(self) -> None:
        """Ends the thread and the runs it has started, which can be resumed."""
        with self._lock:
            self._closing = True
            thread, self._thread = self._thread, None
        self._wake.set()
        if thread is not None:
            thread.join()
        with self._lock:
            for program in self._programs.values():
                program.terminate()
            for program in self._programs.values():
                program.end()
            self._programs.clear()
        atexit.unregister(self.close)

    @contextmanager
    def serving(self) -> Iterator[None]:
        self.start()
        try:
            yield
        finally:
            self.close()

    def _serve(self) -> None:
        while not self._closing:
            try:
                active = self._poll()
            except Exception:  # a bug must not end the queue for everybody
                LOG.exception("The training queue failed; it tries again.")
                active = False
            self._wake.wait(POLL_SECONDS if active else IDLE_SECONDS)
            self._wake.clear()

    def _poll(self) -> bool:
        """Cleans up after ended processes and starts waiting jobs. Returns whether any job waits or
        runs."""
        with self._lock:
            for name, program in list(self._programs.items()):
                if program.ended():
                    program.end()
                    del self._programs[name]
            jobs = self.all()
            self.uploads.sweep(job.upload for job in jobs if _needs_upload(job))
            free = self.at_once - sum(job.running for job in jobs)
            for job in waiting(jobs)[: max(free, 0)]:
                if _take(job.folder):
                    with suppress(CabcnnError):  # the disk is full: it counts as interrupted
                        self._programs[job.name] = Program(job)
            return any(job.running or job.state == "queued" for job in jobs)

    def _read(self, folder: Path) -> Job | None:
        """The job in a folder. One that has ended is read again only if its folder has changed:
        there may be hundreds, and every open page polls."""
        try:
            changed = folder.stat().st_mtime_ns
        except FileNotFoundError:
            return None
        known = self._settled.get(folder)
        if known is not None and known[0] == changed:
            return known[1]
        job = one.read(folder)
        quiet = time.time() - changed / 1e9 > SETTLED_SECONDS
        if quiet and job is not None and not job.running and job.state != "queued":
            self._settled[folder] = changed, job
        return job

    def _claim(self, base: str) -> Path:
        """Makes the folder of a run with this name, or with this name and a number."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            models = {name.casefold() for name in checkpoint.names()}
            for name in files.numbered(base, plans.LONGEST_NAME):
                if name.casefold() not in models:
                    with suppress(FileExistsError):
                        (self.folder / name).mkdir()
                        return self.folder / name
        except OSError as error:
            raise files.write_error(self.folder, error) from error
        raise AssertionError("there is always another number")

    def _mark_queued(self, folder: Path) -> None:
        files.write(folder / one.QUEUED, "")


def _delete(job: Job) -> None:
    """Removes a job; its upload is removed by `sweep`."""
    shutil.rmtree(job.folder, ignore_errors=True)


def _take(folder: Path) -> bool:
    """Takes a waiting job to start it; False if another process was quicker."""
    try:
        os.utime(folder / one.QUEUED)  # for TAKEN_SECONDS it counts as starting
        (folder / one.QUEUED).replace(folder / one.TAKEN)
    except FileNotFoundError:
        return False
    return True


def _needs_upload(job: Job) -> bool:
    return job.upload is not None and job.state not in ("finished", "stopped")
