"""The Live tab: what the network makes of a voice while one speaks."""

from cabcnn.ui.live.route import route
from cabcnn.ui.live.tab import build

__all__ = ["build", "route"]
