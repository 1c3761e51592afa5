"""The view of the training runs: their list, and one with its curves and its attention."""

from .component import TrainingView

__all__ = ["TrainingView"]
