"""A clip as the page's views show it: heard by a model, packed for the browser."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from cabcnn import audio
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
    """Explains the first `seconds` of a clip, None for all of it. `file` is given what was heard
    and returns the file that plays it, a dumped Gradio `FileData`; `link` as `payload` takes it.

    Raises AudioError where there is nothing to classify.
    """
    if clip.origin is None:
        part, value = _explained(classifier, clip.sound, clip.name, seconds)
    else:
        part, value = _example(classifier, clip.origin, clip.name, seconds)
    return {**value, "audio": file(part), "link": link}


@lru_cache(maxsize=64)
def _example(
    classifier: Classifier, origin: Origin, name: str, seconds: float | None
) -> tuple[Sound, dict[str, Any]]:
    """Of an example, once for everybody who opens it. 64 of them, a minute each, take 20 MB."""
    return _explained(classifier, examples.sound(*origin), name, seconds)


def _explained(
    classifier: Classifier, sound: Sound, name: str, seconds: float | None
) -> tuple[Sound, dict[str, Any]]:
    """What was heard of a sound, and its payload without a file and a link."""
    part = audio.read(sound, seconds)
    x = classifier.explain(part, seconds, name=name)
    return part, payload(
        name=x.name,
        labels=x.labels,
        attention=x.attention,
        votes=x.votes,
        samples=part.samples,
        rate=part.rate,
        audio=None,
        title=classifier.card.title,
        score=classifier.card.score(),
        notices=x.notices,
    )
