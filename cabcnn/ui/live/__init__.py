"""The Live tab: what the network makes of a voice while one speaks."""

from .tab import build

__all__ = ["build"]
