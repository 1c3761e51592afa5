"""The evidence of a model put to the test on many clips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from cabcnn.classifier import Classifier
from cabcnn.corpora.table import Clip
from cabcnn.errors import AudioError, CorpusError
from cabcnn.faithfulness.clip import DRAWS, FRACTIONS, ORDERS, Faithfulness, Outcome, measure
from cabcnn.faithfulness.silencing import Floats
from cabcnn.metrics import Interval

BOOTSTRAP_DRAWS = 2000
LEVEL = 0.95


class Measured(NamedTuple):
    """What was measured on one clip of a corpus (see `Faithfulness`), `curves` (3, F)."""

    clip: Clip
    predicted: str
    curves: Floats
    drop: float
    rise: float
    chance: tuple[float, float]
    outcome: Outcome
    turns: tuple[float | None, ...]  # by ORDERS
    silence: float  # the probability of `predicted` when all is silent


class Summary(NamedTuple):
    """Means over clips, and 95 % intervals had other speakers been recorded (None where there
    are fewer than two): `curves`, `low` and `high` (3, F) by ORDERS; `outcomes` counts clips."""

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
) -> tuple[list[Measured], list[tuple[Clip, str]]]:
    """Measures every clip, its evidence being that for the model's own answer.

    Returns what was measured, and the clips that could not be, each with the reason. Clip j
    draws with the seed `seed + j`.

    Raises CorpusError where there is no clip, or none that can be classified.
    """
    measured: list[Measured] = []
    left_out: list[tuple[Clip, str]] = []
    for place, clip in enumerate(clips):
        try:
            found = measure(classifier, clip.path, seconds, draws=draws, seed=seed + place)
        except AudioError as error:
            left_out.append((clip, str(error)))
        else:
            measured.append(_row(clip, found))
        progress(place + 1)
    if not measured:
        why = f"the first: {left_out[0][1]}" if left_out else "it is empty"
        raise CorpusError(f"No clip of this corpus can be classified; {why}")
    return measured, left_out


def _row(clip: Clip, found: Faithfulness) -> Measured:
    return Measured(
        clip,
        found.label,
        found.curves,
        found.drop,
        found.rise,
        found.chance,
        found.outcome,
        tuple(found.turns(order) for order in ORDERS),
        float(found.curves[0, -1]),
    )


def summarise(measured: Sequence[Measured], seed: int = 0) -> Summary:
    """Means of at least one clip, each clip counted alike, and their bootstrap intervals: whole
    speakers are drawn, since clips of one voice go together. An unknown speaker ("") is a
    speaker of its own."""
    names = [row.clip.speaker or f"\0{place}" for place, row in enumerate(measured)]
    voices, speaker = np.unique(np.array(names), return_inverse=True)
    facts = np.array([[*row.curves.flat, row.drop, row.rise] for row in measured])
    sums = np.zeros((len(voices), facts.shape[1]))
    np.add.at(sums, speaker, facts)
    counts = np.bincount(speaker)
    means = facts.mean(0)
    low = high = None
    if len(voices) > 1:
        random = np.random.default_rng(seed)
        times = random.multinomial(
            len(voices), np.full(len(voices), 1 / len(voices)), BOOTSTRAP_DRAWS
        )
        drawn = (times @ sums) / (times @ counts)[:, None]
        low, high = np.percentile(drawn, (50 * (1 - LEVEL), 50 * (1 + LEVEL)), axis=0)

    def curves(values: Floats | None) -> Floats | None:
        return None if values is None else values[:-2].reshape(len(ORDERS), len(FRACTIONS))

    def interval(place: int) -> Interval | None:
        if low is None or high is None:
            return None
        return Interval(float(low[place]), float(high[place]))

    outcomes: dict[Outcome, int] = {}
    for row in measured:
        outcomes[row.outcome] = outcomes.get(row.outcome, 0) + 1
    return Summary(
        clips=len(measured),
        speakers=len(voices),
        curves=means[:-2].reshape(len(ORDERS), len(FRACTIONS)),
        low=curves(low),
        high=curves(high),
        drop=float(means[-2]),
        rise=float(means[-1]),
        drop_interval=interval(-2),
        rise_interval=interval(-1),
        outcomes=outcomes,
    )
