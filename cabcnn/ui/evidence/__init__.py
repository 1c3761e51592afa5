"""Whether the evidence for the clip in the Explore tab holds, below its picture."""

from cabcnn.ui.evidence.section import build

__all__ = ["build"]
