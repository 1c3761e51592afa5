"""The Compare tab: two clips, two models, or a clip against itself with noise, side by side."""

from cabcnn.ui.compare.tab import build

__all__ = ["build"]
