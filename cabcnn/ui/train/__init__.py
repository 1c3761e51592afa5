"""The Train tab: recordings in, a model out, and seeing how it comes about."""

from cabcnn.ui.train.host import Training, wanted
from cabcnn.ui.train.tab import build

__all__ = ["Training", "build", "wanted"]
