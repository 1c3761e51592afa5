"""Faithfulness of a model's evidence over many clips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from cabcnn.classifier import Classifier
from cabcnn.corpora.table import Clip
from cabcnn.errors import AudioError, CorpusError
from cabcnn.faithfulness.clip import DRAWS, FRACTIONS, ORDERS, Faithfulness, Outcome, measure
from cabcnn.faithfulness.silencing import Floats
from cabcnn.metrics import Interval, percentile_interval, speaker_indices

BOOTSTRAP_DRAWS = 2000


class ClipResult(NamedTuple):
    """The `Faithfulness` of one clip of a corpus, without its matrices; `curves` (3, F)."""

    clip: Clip
    predicted: str
    curves: Floats
    drop: float
    rise: float
    p_values: tuple[float, float]
    outcome: Outcome
    flip_fractions: tuple[float | None, ...]  # by ORDERS
    silence: float  # the probability of `predicted` when all is silent


class Summary(NamedTuple):
    """Means over clips, with 95 % intervals over speakers (None for fewer than two): `curves`,
    `low` and `high` (3, F) by ORDERS; `outcomes` counts clips."""

    clips: int
    speakers: int
    curves: Floats
    low: Floats | None
    high: Floats | None
    drop: float
    rise: float
    drop_interval: Interval | None
    rise_interval: Interval | None
    outcomes: dict[Outcome, int]


def measure_corpus(
    classifier: Classifier,
    clips: Sequence[Clip],
    seconds: float | None = None,
    *,
    draws: int = DRAWS,
    seed: int = 0,
    progress: Callable[[int], None] = lambda done: None,
) -> tuple[list[ClipResult], list[tuple[Clip, str]]]:
    """Measures every clip, with the evidence for its predicted class.

    Returns the results, and the clips that could not be classified, each with the reason. Clip j
    draws with the seed `seed + j`. `progress` is called with the number of clips done.

    Raises CorpusError if there are no clips or none can be classified.
    """
    results: list[ClipResult] = []
    left_out: list[tuple[Clip, str]] = []
    for index, clip in enumerate(clips):
        try:
            measured = measure(classifier, clip.path, seconds, draws=draws, seed=seed + index)
        except AudioError as error:
            left_out.append((clip, str(error)))
        else:
            results.append(_clip_result(clip, measured))
        progress(index + 1)
    if not results:
        why = f"the first: {left_out[0][1]}" if left_out else "it is empty"
        raise CorpusError(f"No clip of this corpus can be classified; {why}")
    return results, left_out


def _clip_result(clip: Clip, measured: Faithfulness) -> ClipResult:
    return ClipResult(
        clip,
        measured.label,
        measured.curves,
        measured.drop,
        measured.rise,
        measured.p_values,
        measured.outcome,
        tuple(measured.flip_fraction(order) for order in ORDERS),
        float(measured.curves[0, -1]),
    )


def summarise(results: Sequence[ClipResult], seed: int = 0) -> Summary:
    """Means over at least one clip, and their bootstrap intervals. Speakers are resampled, not
    clips, since clips of one speaker are correlated; a clip of an unknown speaker ("") counts as
    a speaker of its own."""
    speakers, speaker = speaker_indices([row.clip.speaker for row in results])
    values = np.array([[*row.curves.flat, row.drop, row.rise] for row in results])
    sums = np.zeros((speakers, values.shape[1]))
    np.add.at(sums, speaker, values)
    counts = np.bincount(speaker)
    means = values.mean(0)
    low = high = None
    if speakers > 1:
        random = np.random.default_rng(seed)
        times = random.multinomial(speakers, np.full(speakers, 1 / speakers), BOOTSTRAP_DRAWS)
        low, high = percentile_interval((times @ sums) / (times @ counts)[:, None])

    def curves(values: Floats | None) -> Floats | None:
        return None if values is None else values[:-2].reshape(len(ORDERS), len(FRACTIONS))

    def interval(column: int) -> Interval | None:
        if low is None or high is None:
            return None
        return Interval(float(low[column]), float(high[column]))

    outcomes: dict[Outcome, int] = {}
    for row in results:
        outcomes[row.outcome] = outcomes.get(row.outcome, 0) + 1
    return Summary(
        clips=len(results),
        speakers=speakers,
        curves=means[:-2].reshape(len(ORDERS), len(FRACTIONS)),
        low=curves(low),
        high=curves(high),
        drop=float(means[-2]),
        rise=float(means[-1]),
        drop_interval=interval(-2),
        rise_interval=interval(-1),
        outcomes=outcomes,
    )
