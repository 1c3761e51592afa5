"""The Train tab: recordings in, a model out, and seeing how it comes about."""

from cabcnn.ui.train.tab import build
from cabcnn.ui.train.training import Training, wanted

__all__ = ["Training", "build", "wanted"]
