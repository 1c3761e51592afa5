"""CAB-CNN: audio classification by an attention over many small classifiers, explained.

>>> import cabcnn
>>> classifier = cabcnn.load("accents")  # doctest: +SKIP
>>> classifier.explain("clip.m4a").probabilities  # doctest: +SKIP
"""

from cabcnn.classifier import Classifier, load
from cabcnn.errors import AudioError, CabcnnError, CheckpointError, CorpusError
from cabcnn.explanation import Explanation, Moment

__all__ = [
    "AudioError",
    "CabcnnError",
    "CheckpointError",
    "Classifier",
    "CorpusError",
    "Explanation",
    "Moment",
    "load",
]
__version__ = "0.1.0"
