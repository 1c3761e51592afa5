"""One pass over a corpus: each clip is explained, added up, and let go."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from cabcnn import __version__, audio
from cabcnn.atlas.atlas import Atlas, Sound
from cabcnn.atlas.fingerprint import fingerprint
from cabcnn.atlas.similarity import Correlation, alike_together
from cabcnn.atlas.specialisation import specialisation
from cabcnn.atlas.strongest import Strongest
from cabcnn.classifier import Classifier
from cabcnn.corpora import Clip
from cabcnn.errors import AudioError, CorpusError
from cabcnn.explanation import Explanation


class Totals:
    """What is kept of the clips so far: sums of n classifiers over l labels and m classes, and
    of each clip its n summed weights alone, however long the clips are."""

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
        labels = in_order({sound.label for sound in self._sounds}, card.labels)
        own = np.array([labels.index(sound.label) for sound in self._sounds])
        belongs = (own == np.arange(len(labels))[:, None]).astype(np.float64)
        score, chance = specialisation(weights, intervals, own, speakers)
        attention, correlation = weights.sum(0), self._correlation.matrix()
        heard = attention[:, None] > 0
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
            intervals=(belongs @ intervals).astype(np.int64),
            use=attention / intervals.sum(),
            use_by_label=(belongs @ weights / (belongs @ intervals)[:, None]).T,
            loudest=self._loudest / intervals.sum(),
            votes=np.where(
                heard, self._votes / np.where(heard, attention[:, None], 1), 1 / len(card.labels)
            ),
            specialisation=score,
            chance=chance,
            correlation=correlation,
            order=alike_together(correlation),
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
    """The atlas of a model over a corpus, of whose clips the first `seconds` are heard (the
    model's T if None). Sounds are named by their paths from `root` on, if None from the folder
    that holds them all. `progress` is told how many clips are done; what it raises ends it.

    Only sums are kept, so thousands of clips take no more memory than one and some numbers
    each. Clips that can't be used are left out and named.

    Raises CorpusError where no clip can be used, AudioError for a T of no sense.
    """
    audio.check_seconds(seconds)
    if not clips:
        raise CorpusError("This corpus is empty; an atlas needs clips to hear.")
    seconds = classifier.card.seconds if seconds is None else seconds
    root = root_of(clips) if root is None else root
    totals = Totals(classifier.card.classifiers, len(classifier.card.labels))
    left_out: list[tuple[str, str]] = []
    for done, clip in enumerate(clips, 1):
        name = name_of(clip, root)
        try:
            x = classifier.explain(clip.path, seconds)
        except AudioError as error:
            left_out.append((name, str(error)))
        else:
            totals.add(x, Sound(name, clip.label, clip.speaker))
        progress(done)
    if len(left_out) == len(clips):
        raise CorpusError(
            f"None of the {len(clips)} clips can be used; of the first it is known: "
            f"{left_out[0][1]}"
        )
    return totals.atlas(classifier, corpus, seconds, left_out)


def root_of(clips: Sequence[Clip]) -> Path:
    """The folder that holds all of them."""
    try:
        return Path(os.path.commonpath([clip.path.absolute().parent for clip in clips]))
    except ValueError:  # on several drives: sounds are then named by their whole paths
        return clips[0].path.absolute().parent


def name_of(clip: Clip, root: Path) -> str:
    """What an atlas calls a clip: `root / name_of(clip, root)` is its file."""
    path = clip.path.absolute()
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


def in_order(labels: set[str], classes: Sequence[str]) -> tuple[str, ...]:
    """Labels as the model orders those that it knows, then the others by the alphabet."""
    return (*(k for k in classes if k in labels), *sorted(labels.difference(classes)))
