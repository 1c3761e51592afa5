"""CAB-CNN: explainable audio classification with attention over many small classifiers.

    import cabcnn

    classifier = cabcnn.load("accents")
    classifier.explain("clip.m4a").probabilities

Names are imported on first use, so that `import cabcnn` is quick and loads no torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cabcnn import audio, checkpoint, faithfulness, metrics, model
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
    "audio",
    "checkpoint",
    "faithfulness",
    "load",
    "metrics",
    "model",
]
__version__ = "0.1.0"

_LOCATIONS = {
    "Classifier": "classifier",
    "load": "classifier",
    "AudioError": "errors",
    "CabcnnError": "errors",
    "CheckpointError": "errors",
    "CorpusError": "errors",
    "Explanation": "explanation",
    "Moment": "explanation",
}

if not TYPE_CHECKING:  # a type checker would take any misspelt name for this

    def __getattr__(name: str) -> Any:
        if name in _LOCATIONS:
            return getattr(importlib.import_module(f"cabcnn.{_LOCATIONS[name]}"), name)
        if name in __all__:
            return importlib.import_module(f"cabcnn.{name}")
        raise AttributeError(f"module 'cabcnn' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
