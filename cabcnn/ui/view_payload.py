"""A clip as the page's views show it: explained by a model, packed for the browser."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from cabcnn.audio import Sound
from cabcnn.classifier import Classifier
from cabcnn.ui import examples
from cabcnn.ui.sounds import Clip, Origin
from cabcnn.views.payload import payload


def explain_for_view(
    classifier: Classifier,
    clip: Clip,
    seconds: float | None,
    file: Callable[[Sound], dict[str, Any]],
    link: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The value of a view of the first `seconds` of a clip; None for as many as the model was
    trained on. `file` is given the sound that was analysed and returns the file that plays it, a
    dumped Gradio `FileData`; `link` is what a link needs to bring this back (explorer/link.js).

    Raises AudioError where there is nothing to classify.
    """
    if clip.origin is None:
        value, sound = _explain(classifier, clip.sound, clip.name, seconds)
    else:
        value, sound = _explain_example(classifier, clip.origin, clip.name, seconds)
    return {**value, "audio": file(sound), "link": link}


@lru_cache(maxsize=64)
def _explain_example(
    classifier: Classifier, origin: Origin, name: str, seconds: float | None
) -> tuple[dict[str, Any], Sound]:
    """Once for everybody who opens it. 64 of them, a minute each, take 20 MB."""
    return _explain(classifier, examples.sound(*origin), name, seconds)


def _explain(
    classifier: Classifier, sound: Sound, name: str, seconds: float | None
) -> tuple[dict[str, Any], Sound]:
    explanation, analysed = classifier.analyse(sound, seconds, name=name)
    return payload(explanation, analysed, classifier.card.title), analysed
