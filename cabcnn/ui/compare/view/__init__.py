"""The view of two clips on one time axis."""

from .component import CompareView

__all__ = ["CompareView"]
