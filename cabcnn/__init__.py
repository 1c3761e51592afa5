"""CAB-CNN: audio classification by an attention over many small classifiers, explained.

    import cabcnn

    classifier = cabcnn.load("accents")
    classifier.explain("clip.m4a").probabilities

Names are imported when first used, so that a command that needs no network loads none.
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

_HOMES = {
    "classifier": ("Classifier", "load"),
    "errors": ("AudioError", "CabcnnError", "CheckpointError", "CorpusError"),
    "explanation": ("Explanation", "Moment"),
}
_MODULES = ("audio", "checkpoint", "faithfulness", "metrics", "model")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"cabcnn.{name}")
    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"cabcnn.{home}"), name)
    raise AttributeError(f"module 'cabcnn' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
