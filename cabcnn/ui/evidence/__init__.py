"""Whether the evidence for the clip in the Explore tab holds, below its picture."""

from .section import build

__all__ = ["build"]
