"""Atlases that are computed in the background while the page is served, one at a time."""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from cabcnn import atlas
from cabcnn.classifier import Classifier
from cabcnn.corpora import Clip
from cabcnn.errors import CabcnnError

LOG = logging.getLogger(__name__)
BUG = "The atlas could not be computed because of a bug in this program; see the server's log."


class _CancelledError(Exception):
    pass


@dataclass
class Job:
    """An atlas that is being computed, or that could not be."""

    model: str  # its name
    total: int
    done: int = 0
    error: str = ""
    cancelled: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None


class BackgroundAtlases:
    """The atlas that is being computed, or the last one. Can be shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._job: Job | None = None
        atexit.register(self.close)

    def running(self, model: str) -> Job | None:
        """The job that computes a model's atlas, None if none is running."""
        with self._lock:
            return self._job if self._job and self._job.model == model and self._busy() else None

    def error(self, model: str) -> str:
        """Why the last atlas could not be computed, if it was this model's; else ""."""
        with self._lock:
            return self._job.error if self._job and self._job.model == model else ""

    def start(self, model: str, classifier: Classifier, clips: Sequence[Clip]) -> None:
        """Starts computing, unless this model's atlas is being computed already. Raises
        CabcnnError if another model's is."""
        with self._lock:
            if self._job is not None and self._busy():
                if self._job.model == model:
                    return
                raise CabcnnError(
                    "The atlas of another model is being computed; wait until it is done."
                )
            job = Job(model, len(clips))
            job.thread = threading.Thread(
                target=_run, args=(job, classifier, clips), name="atlas", daemon=True
            )
            self._job = job
            job.thread.start()

    def cancel(self, model: str) -> None:
        """Cancels computing a model's atlas, if it is running, and waits until the current clip is
        finished."""
        job = self.running(model)
        if job is not None and job.thread is not None:
            job.cancelled.set()
            job.thread.join()

    def close(self) -> None:
        """Cancels whatever is running."""
        if self._job is not None:
            self.cancel(self._job.model)

    def _busy(self) -> bool:
        thread = self._job.thread if self._job else None
        return thread is not None and thread.is_alive()


def _run(job: Job, classifier: Classifier, clips: Sequence[Clip]) -> None:
    def progress(done: int) -> None:
        job.done = done
        if job.cancelled.is_set():
            raise _CancelledError

    try:
        atlas.find_or_compute(classifier, clips, progress=progress)
    except _CancelledError:
        pass
    except CabcnnError as error:
        job.error = str(error)
    except Exception:  # nobody sees an exception in a thread: log it, and tell the visitor
        LOG.exception("The atlas of %s could not be computed.", job.model)
        job.error = BUG
