"""What each classifier of a model is used for: its attention and votes over a corpus."""

from cabcnn.atlas.atlas import Atlas, Moment, Sound
from cabcnn.atlas.compute import compute
from cabcnn.atlas.file import read, write
from cabcnn.atlas.store import find, find_or_compute, shipped

__all__ = [
    "Atlas",
    "Moment",
    "Sound",
    "compute",
    "find",
    "find_or_compute",
    "read",
    "shipped",
    "write",
]
