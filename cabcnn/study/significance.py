"""Whether two networks differ by more than chance, tested on the same clips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cabcnn.metrics import DRAWS, Interval, by_voice, draw_speakers

LEVEL = 0.95
LEAST_SPEAKERS = 5  # drawn again and again, fewer say little of how others would have done


class Difference(NamedTuple):
    """Of unweighted recalls, the first network's minus the second's: the mean over runs, and
    where 95 of 100 would lie had other speakers been tested (None where that can't be told).

    `p` is McNemar's exact test of the two best runs: how likely so uneven a share of the clips
    that only one of them got right would be if they were equally good.
    """

    mean: float
    interval: Interval | None
    p: float


def compare(
    first: NDArray[np.bool_],
    second: NDArray[np.bool_],
    labels: NDArray[np.int64],
    speakers: Sequence[str],
    best: tuple[int, int],
    *,
    seed: int = 0,
) -> Difference:
    """`first` (r, N) and `second` (s, N) say which of N test clips each run got right; `labels`
    (N,) and `speakers` (N,) are the clips', "" for one that nobody knows; `best` names the two
    runs that McNemar's test is of.

    Speakers are drawn with replacement, each with all their clips of all labels; where everybody
    has one label only, as many of each label as there are. Draws in which a label vanished are
    drawn again. No interval of fewer than LEAST_SPEAKERS, of a label that one speaker says, or
    where all draws are the same.
    """
    gained = first.mean(0) - second.mean(0)  # on each clip, over the runs
    return Difference(
        _recall(gained, labels),
        _interval(gained, labels, speakers, seed),
        mcnemar(first[best[0]], second[best[1]]),
    )


def mcnemar(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Exact two-sided p of McNemar's test: which of the same clips (N,) two networks got right."""
    from scipy.stats import binomtest

    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    discordant = only_first + only_second
    return float(binomtest(only_first, discordant).pvalue) if discordant else 1.0


def _recall(values: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    return float(np.mean([values[labels == k].mean() for k in np.unique(labels)]))


def _interval(
    gained: NDArray[np.float64], labels: NDArray[np.int64], speakers: Sequence[str], seed: int
) -> Interval | None:
    voices, voice = by_voice(speakers)
    known, label = np.unique(labels, return_inverse=True)
    sums, clips = np.zeros((2, voices, len(known)))
    np.add.at(sums, (voice, label), gained)
    np.add.at(clips, (voice, label), 1)
    says = clips > 0
    if voices < LEAST_SPEAKERS or says.sum(0).min() < 2:
        return None
    chosen = draw_speakers(says, DRAWS, seed)
    if chosen is None:
        return None
    drawn = [float((sums[some].sum(0) / clips[some].sum(0)).mean()) for some in chosen]
    if np.ptp(drawn) == 0:
        return None  # that nobody was heard differently makes nothing certain
    low, high = np.percentile(drawn, (50 * (1 - LEVEL), 50 * (1 + LEVEL)))
    return Interval(float(low), float(high))
