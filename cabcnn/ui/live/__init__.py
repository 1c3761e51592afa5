"""The Live tab: a voice is classified while it is speaking."""

from cabcnn.ui.live.route import route
from cabcnn.ui.live.tab import build

__all__ = ["build", "route"]
