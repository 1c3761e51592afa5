"""The Live tab: what the network makes of a voice while one speaks."""

from .route import route
from .tab import build

__all__ = ["build", "route"]
