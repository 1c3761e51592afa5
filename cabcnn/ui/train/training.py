"""What whoever serves the page allows."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from cabcnn.runs.queue import JobQueue
from cabcnn.runs.queue.program import niceness


@dataclass
class Training:
    """The queue of training runs, and a folder of corpora that visitors may choose from."""

    jobs: JobQueue = field(default_factory=JobQueue)
    corpora_folder: Path | None = None

    def check(self) -> None:
        """Raises CabcnnError where the environment says nonsense of how to carry runs out."""
        niceness()

    def serving(self) -> AbstractContextManager[None]:
        """Carries out what is queued for as long as it is open."""
        return self.jobs.serving()


def training_enabled() -> bool:
    """What the environment says: CABCNN_TRAINING, or that this is no Hugging Face Space."""
    default = "0" if "SPACE_ID" in os.environ else "1"
    return os.environ.get("CABCNN_TRAINING", default).strip() not in ("", "0")
