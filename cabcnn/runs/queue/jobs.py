"""The queue: jobs wait their turn in folders, and a thread starts a program for each.

All that is known lies in the folders. So a server that was restarted, even one that was
killed, finds its jobs again, and those that still run go on meanwhile.
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
LOOK_SECONDS = 0.5
IDLE_SECONDS = 10.0  # between two looks while nothing waits or runs
MOST_WAITING = 10
MOST_KEPT = 500  # runs, finished ones too
SETTLED_SECONDS = (
    2.0  # after a change; clocks of file systems are coarse, and two may look like one
)


class JobQueue:
    """Training runs in `folder`/runs, `at_once` of them at a time. Safe to use from several
    threads, and beside other programs with the same folder."""

    def __init__(
        self, folder: Path | None = None, *, at_once: int = 1, most_waiting: int = MOST_WAITING
    ) -> None:
        base = folder or paths.folder()
        self.folder = base / "runs"
        self.uploads = Uploads(base / "uploads")
        self.at_once, self.most_waiting = at_once, most_waiting
        self._lock = threading.RLock()
        self._programs: dict[str, Program] = {}
        self._settled: dict[Path, tuple[int, Job]] = {}  # by their folders' last change
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._closing = False

    # What is there.

    def all(self) -> list[Job]:
        """All jobs, the last one that was asked for first."""
        folders = self.folder.iterdir() if self.folder.is_dir() else ()
        found = [self._read(folder) for folder in folders]
        return sorted((job for job in found if job), key=lambda job: job.since, reverse=True)

    def get(self, name: str | None) -> Job:
        """A job by its name only: a visitor may not make the server open any path.

        Raises CabcnnError where there is none of that name.
        """
        for job in self.all():
            if job.name == name:
                return job
        raise CabcnnError(f"There is no training run {name!r} any more.")

    def place(self, job: Job) -> int:
        """Its place among those that wait, 1 for the next; 0 where it does not."""
        waiting = [other.name for other in self._waiting()]
        return waiting.index(job.name) + 1 if job.name in waiting else 0

    # What can be done with them.

    def submit(self, plan: Plan, upload: Path | None = None) -> Job:
        """Queues a run. Where its name is taken, by another run or a model, it gets a number.

        `upload`, a folder of `uploads`, goes when the run needs it no more.

        Raises CabcnnError where too many wait, or the disk does not take it.
        """
        with self._lock:
            if len(self._waiting()) >= self.most_waiting:
                raise CabcnnError(
                    f"{self.most_waiting} training runs are waiting already; come back when one "
                    "is done, or cancel one."
                )
            if len(self.all()) >= MOST_KEPT:
                raise CabcnnError(f"{MOST_KEPT} training runs are kept here; remove some first.")
            folder = self._claim(plan.name)
            try:
                files.write(folder / plans.FILE, replace(plan, name=folder.name).to_json())
                self._mark_queued(folder)
                one.keep_facts(folder, time.time(), upload)  # last: now it is a job
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
        self._wake.set()
        return self.get(folder.name)

    def stop(self, name: str) -> None:
        """Lets a running job end after its epoch; what it has learned by then is kept."""
        job = self.get(name)
        if job.at_work:
            ask_to_stop(job.folder)

    def cancel(self, name: str) -> None:
        """Takes back a job that waits, or has not begun to learn: one without a past goes,
        another one waits to be resumed."""
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

        Raises CabcnnError where its recordings are gone.
        """
        with self._lock:  # of two presses, one finds it queued
            job = self.get(name)
            if not job.resumable:
                return
            if job.upload is not None and not job.upload.is_dir():
                raise CabcnnError(f"The recordings of {job.name} are gone; bring them again.")
            one.keep_facts(job.folder, time.time(), job.upload)
            (job.folder / STOP).unlink(missing_ok=True)
            self._mark_queued(job.folder)
        self._wake.set()

    def remove(self, name: str) -> None:
        """Deletes a job that neither waits nor runs, with all that came of it but a model that
        was published."""
        job = self.get(name)
        if not job.at_work and job.state != "queued":
            _delete(job)

    def publish(self, name: str) -> str:
        """Puts a run's model among those that are found by name. Returns that name.

        Raises CabcnnError where there is no model, or the disk does not take it.
        """
        job = self.get(name)
        if not job.has_model:
            raise CabcnnError(f"{job.name} has no model yet; wait until it is finished.")
        target = checkpoint.own_folder() / f"{job.name}{checkpoint.SUFFIX}"
        target.parent.mkdir(parents=True, exist_ok=True)
        with files.atomic(target) as part:
            shutil.copyfile(job.folder / MODEL, part)
        return job.name

    # The thread that starts them.

    def start(self) -> None:
        """Begins to carry out what waits, until `close`."""
        with self._lock:
            if self._thread is not None:
                return
            self._closing = False
            self._thread = threading.Thread(target=self._serve, name="training jobs", daemon=True)
            self._thread.start()
        atexit.register(self.close)

    def close(self) -> None:
        """Ends what it started: those runs can be resumed."""
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
                active = self._look()
            except Exception:  # what breaks one look must not end the queue for everybody
                LOG.exception("The training queue could not look after its jobs; it tries again.")
                active = False
            self._wake.wait(LOOK_SECONDS if active else IDLE_SECONDS)
            self._wake.clear()

    def _look(self) -> bool:
        """Buries what has ended and starts what may start. Returns whether anything goes on."""
        with self._lock:
            for name, program in list(self._programs.items()):
                if program.ended():
                    program.end()
                    del self._programs[name]
            jobs = self.all()
            self.uploads.sweep(job.upload for job in jobs if _needs_upload(job))
            free = self.at_once - sum(job.at_work for job in jobs)
            for job in self._waiting(jobs)[: max(free, 0)]:
                if _taken(job.folder):
                    with suppress(CabcnnError):  # no room for its log: it counts as interrupted
                        self._programs[job.name] = Program(job)
            return any(job.at_work or job.state == "queued" for job in jobs)

    def _read(self, folder: Path) -> Job | None:
        """The job in a folder. One that has ended is read again only if its folder changed:
        there may be hundreds, and every open page asks."""
        try:
            changed = folder.stat().st_mtime_ns
        except FileNotFoundError:
            return None
        known = self._settled.get(folder)
        if known is not None and known[0] == changed:
            return known[1]
        job = one.read(folder)
        quiet = time.time() - changed / 1e9 > SETTLED_SECONDS
        if quiet and job is not None and not job.at_work and job.state != "queued":
            self._settled[folder] = changed, job
        return job

    def _waiting(self, jobs: list[Job] | None = None) -> list[Job]:
        """Those that wait, the next one first."""
        return [job for job in reversed(jobs or self.all()) if job.state == "queued"]

    def _claim(self, wanted: str) -> Path:
        """Makes the folder of a run that is called so, or so and a number."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            models = {name.casefold() for name in checkpoint.names()}
            for name in _numbered(wanted):
                if name.casefold() not in models:
                    with suppress(FileExistsError):
                        (self.folder / name).mkdir()
                        return self.folder / name
        except OSError as error:
            raise files.write_error(self.folder, error) from error
        raise AssertionError("numbers never end")

    def _mark_queued(self, folder: Path) -> None:
        files.write(folder / one.QUEUED, "")


def _delete(job: Job) -> None:
    """Removes a job; what was brought for it goes when nobody needs it."""
    shutil.rmtree(job.folder, ignore_errors=True)


def _taken(folder: Path) -> bool:
    """Takes a waiting job to start it; False where somebody else was quicker."""
    try:
        os.utime(folder / one.QUEUED)  # from now on it counts as starting, for a while
        (folder / one.QUEUED).replace(folder / one.TAKEN)
    except FileNotFoundError:
        return False
    return True


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name[: plans.LONGEST_NAME - 6]}-{number}"
        number += 1


def _needs_upload(job: Job) -> bool:
    return job.upload is not None and job.state not in ("finished", "stopped")
