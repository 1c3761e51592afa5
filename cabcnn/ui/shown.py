"""A clip as the page's views show it: heard by a model, packed for the browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cabcnn import audio
from cabcnn.audio import Sound
from cabcnn.classifier import Classifier
from cabcnn.ui.attention_view.payload import payload
from cabcnn.ui.sounds import Clip


def packed(
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
    part = audio.read(clip.sound, seconds)
    x = classifier.explain(part, seconds, name=clip.name)
    return payload(
        name=x.name,
        labels=x.labels,
        attention=x.attention,
        votes=x.votes,
        samples=part.samples,
        rate=part.rate,
        audio=file(part),
        title=classifier.card.title,
        score=classifier.card.score(),
        notices=x.notices,
        link=link,
    )
