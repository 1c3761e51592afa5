"""The explorer view: one clip's attention, votes and verdict on one time axis, with its sound."""

from .component import AttentionView

__all__ = ["AttentionView"]
