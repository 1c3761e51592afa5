"""The view that listens: the microphone, the line to the server, and the picture."""

from .component import LiveView

__all__ = ["LiveView"]
