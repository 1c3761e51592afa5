"""What may be taken away from the Explore tab: files of its clip, and many clips at once."""

from cabcnn.ui.export.section import build

__all__ = ["build"]
