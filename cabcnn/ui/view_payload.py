"""A clip as the page's views show it: explained by a model, packed for the browser."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from cabcnn.audio import Sound
from cabcnn.classifier import Classifier
from cabcnn.ui import examples
from cabcnn.ui.sounds import Clip, ExampleSource
from cabcnn.views.payload import payload


def explain_for_view(
    classifier: Classifier,
    clip: Clip,
    seconds: float | None,
    save_sound: Callable[[Sound], dict[str, Any]],
    link: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The value of a view of a clip's first `seconds`; None for the model's T. `save_sound` is
    given the sound that was analysed and returns the file that plays it, a dumped Gradio
    `FileData`; `link` is what a link needs to bring this back (explorer/link.js).

    Raises AudioError where there is nothing to classify.
    """
    if clip.example is None:
        value, analysed = _explain(classifier, clip.sound, clip.name, seconds)
    else:
        value, analysed = _explain_example(classifier, clip.example, clip.name, seconds)
    own = {"audio": save_sound(analysed), "link": link, "caution": classifier.card.caution}
    if clip.example is not None:
        label = value["labels"][int(np.argmax(value["probabilities"]))]
        lesson = examples.lesson(clip.example.path, classifier.card.name, label, value["labels"])
        own["notices"] = [*filter(None, (lesson,)), *value["notices"]]
    return {**value, **own}


@lru_cache(maxsize=64)
def _explain_example(
    classifier: Classifier, example: ExampleSource, name: str, seconds: float | None
) -> tuple[dict[str, Any], Sound]:
    """Once for all visitors who open it. 64 of them, a minute each, take 20 MB."""
    return _explain(classifier, examples.sound(*example), name, seconds)


def _explain(
    classifier: Classifier, sound: Sound, name: str, seconds: float | None
) -> tuple[dict[str, Any], Sound]:
    explanation, analysed = classifier.analyse(sound, seconds, name=name)
    return payload(explanation, analysed, classifier.card.title), analysed
