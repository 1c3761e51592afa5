"""The Atlas tab: what each classifier of a model is for, in the built-in voices."""

from cabcnn.ui.atlas.tab import build

__all__ = ["build"]
