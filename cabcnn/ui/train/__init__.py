"""The Train tab: recordings in, a model out, and seeing how it comes about."""

from cabcnn.ui.train.tab import build
from cabcnn.ui.train.training import Training, training_enabled

__all__ = ["Training", "build", "training_enabled"]
