"""The Train tab: from recordings to a model, with its training to watch."""

from cabcnn.ui.train.tab import build
from cabcnn.ui.train.training import Training, job_queue, training_enabled

__all__ = ["Training", "build", "job_queue", "training_enabled"]
