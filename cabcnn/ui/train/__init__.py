"""The Train tab: from recordings to a model, with its training to watch."""

from cabcnn.ui.train.tab import build
from cabcnn.ui.train.training import Training, training_enabled

__all__ = ["Training", "build", "training_enabled"]
