"""Exports from the Explore tab: files of its clip, and of many clips at once."""

from cabcnn.ui.export.section import build

__all__ = ["build"]
