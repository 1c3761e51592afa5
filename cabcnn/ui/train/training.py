"""What the host of the page allows."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from cabcnn.runs.queue import JobQueue
from cabcnn.runs.queue.program import niceness
from cabcnn.ui.limits import limits


@dataclass
class Training:
    """The queue of training runs, and a folder of corpora that visitors may choose from."""

    jobs: JobQueue = field(default_factory=lambda: job_queue())
    corpora_folder: Path | None = None

    def check(self) -> None:
        """Raises CabcnnError if the environment's settings for training runs are invalid."""
        niceness()

    def serving(self) -> AbstractContextManager[None]:
        """Carries out the runs in the queue until the context is left."""
        return self.jobs.serving()


def job_queue(at_once: int = 1) -> JobQueue:
    """A queue that takes no more than the host's limits allow."""
    return JobQueue(
        at_once=at_once,
        most_waiting=limits().training_runs_waiting,
        most_uploads=limits().training_uploads,
        most_uploads_each=limits().training_uploads_per_visitor,
    )


def training_enabled() -> bool:
    """Whether visitors may train: as CABCNN_TRAINING says, else unless this is a Hugging Face
    Space."""
    default = "0" if "SPACE_ID" in os.environ else "1"
    return os.environ.get("CABCNN_TRAINING", default).strip() not in ("", "0")
