"""What each classifier of a model is for: its attention and votes over a whole corpus."""

from cabcnn.atlas.atlas import Atlas, Moment, Sound
from cabcnn.atlas.compute import compute
from cabcnn.atlas.file import read, write
from cabcnn.atlas.store import kept, of, shipped

__all__ = ["Atlas", "Moment", "Sound", "compute", "kept", "of", "read", "shipped", "write"]
