"""Computes an atlas in one pass over a corpus, without keeping the explanations."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from cabcnn import __version__, audio
from cabcnn.atlas.atlas import Atlas, Sound
from cabcnn.atlas.fingerprint import fingerprint
from cabcnn.atlas.similarity import Correlation, similar_together
from cabcnn.atlas.specialisation import specialisation
from cabcnn.atlas.strongest import Strongest
from cabcnn.classifier import Classifier
from cabcnn.corpora import Clip
from cabcnn.errors import AudioError, CorpusError
from cabcnn.explanation import Explanation


class Accumulator:
    """Sums over the clips so far: votes (n, m), co-occurrence, and n summed weights per clip."""

    def __init__(self, n: int, classes: int) -> None:
        self._votes = np.zeros((n, classes))
        self._loudest = np.zeros(n)
        self._correlation = Correlation(n)
        self._strongest = Strongest(n)
        self._weights: list[np.ndarray] = []
        self._intervals: list[int] = []
        self._sounds: list[Sound] = []

    def add(self, x: Explanation, sound: Sound) -> None:
        self._votes += np.einsum("tn,tnk->nk", x.attention, x.votes)
        self._loudest += np.bincount(x.selected, minlength=len(self._loudest))
        self._correlation.add(x.attention)
        self._strongest.add(x, sound)
        self._weights.append(x.attention.sum(0))
        self._intervals.append(len(x.attention))
        self._sounds.append(sound)

    def atlas(
        self,
        classifier: Classifier,
        corpus: str,
        seconds: float | None,
        left_out: Sequence[tuple[str, str]] = (),
    ) -> Atlas:
        weights, intervals = np.stack(self._weights), np.array(self._intervals, np.int64)
        speakers = [sound.speaker for sound in self._sounds]
        card = classifier.card
        labels = order_labels({sound.label for sound in self._sounds}, card.labels)
        label = np.array([labels.index(sound.label) for sound in self._sounds])
        one_hot = (label == np.arange(len(labels))[:, None]).astype(np.float64)
        score, chance = specialisation(weights, intervals, label, speakers)
        attention, correlation = weights.sum(0), self._correlation.matrix()
        used = attention[:, None] > 0
        sounds, moments = self._strongest.moments()
        return Atlas(
            model=card.name,
            weights=fingerprint(classifier),
            classes=card.labels,
            seconds=seconds,
            corpus=corpus,
            labels=labels,
            clips=len(self._sounds),
            speakers=len(set(speakers) - {""}),
            intervals=(one_hot @ intervals).astype(np.int64),
            use=attention / intervals.sum(),
            use_by_label=(one_hot @ weights / (one_hot @ intervals)[:, None]).T,
            loudest=self._loudest / intervals.sum(),
            votes=np.where(
                used, self._votes / np.where(used, attention[:, None], 1), 1 / len(card.labels)
            ),
            specialisation=score,
            chance=chance,
            correlation=correlation,
            order=similar_together(correlation),
            sounds=sounds,
            moments=moments,
            left_out=tuple(left_out),
            version=__version__,
            date=datetime.now(UTC).date().isoformat(),
        )


def compute(
    classifier: Classifier,
    clips: Sequence[Clip],
    corpus: str,
    *,
    seconds: float | None = None,
    root: Path | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Atlas:
    """The atlas of a model over the first `seconds` (the model's T if None) of each clip of a
    corpus. Clips are named by their paths relative to `root`, their common folder if None.
    `progress` is called with the number of clips done; what it raises ends the computation.

    Only sums are kept, so memory hardly grows with the number of clips. Clips that can't be used
    are left out and listed.

    Raises CorpusError if no clip can be used, AudioError for a T that is too short.
    """
    audio.check_seconds(seconds)
    if not clips:
        raise CorpusError("This corpus is empty; an atlas needs clips.")
    seconds = classifier.card.seconds if seconds is None else seconds
    root = common_folder(clips) if root is None else root
    accumulator = Accumulator(classifier.card.classifiers, len(classifier.card.labels))
    left_out: list[tuple[str, str]] = []
    for done, clip in enumerate(clips, 1):
        name = relative_name(clip, root)
        try:
            x = classifier.explain(clip.path, seconds)
        except AudioError as error:
            left_out.append((name, str(error)))
        else:
            accumulator.add(x, Sound(name, clip.label, clip.speaker))
        progress(done)
    if len(left_out) == len(clips):
        raise CorpusError(
            f"None of the {len(clips)} clips can be used; the first one: {left_out[0][1]}"
        )
    return accumulator.atlas(classifier, corpus, seconds, left_out)


def common_folder(clips: Sequence[Clip]) -> Path:
    """The deepest folder that contains all of them."""
    try:
        return Path(os.path.commonpath([clip.path.absolute().parent for clip in clips]))
    except ValueError:  # on different drives: clips are then named by their absolute paths
        return clips[0].path.absolute().parent


def relative_name(clip: Clip, root: Path) -> str:
    """A clip's name in an atlas: `root / relative_name(clip, root)` is its file."""
    path = clip.path.absolute()
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def order_labels(labels: set[str], classes: Sequence[str]) -> tuple[str, ...]:
    """Labels in the order of the model's classes, then the others alphabetically."""
    return (*(k for k in classes if k in labels), *sorted(labels.difference(classes)))
