"""Whether two networks differ by more than chance, tested on the same clips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cabcnn.metrics import Interval

DRAWS = 2000
LEVEL = 0.95


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

    Speakers are drawn with replacement, those of each label apart, with all their clips.
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
    names = np.array([speaker or f"\0{place}" for place, speaker in enumerate(speakers)])
    groups = []
    for k in np.unique(labels):
        own = [np.flatnonzero((names == name) & (labels == k)) for name in set(names[labels == k])]
        groups.append(own)
    if any(len(own) < 2 for own in groups):
        return None
    random = np.random.default_rng(seed)
    sums = [np.array([(gained[own].sum(), len(own)) for own in group]) for group in groups]
    drawn = np.zeros(DRAWS)
    for group in sums:
        chosen = group[random.integers(len(group), size=(DRAWS, len(group)))].sum(1)
        drawn += chosen[:, 0] / chosen[:, 1] / len(sums)
    low, high = np.percentile(drawn, (50 * (1 - LEVEL), 50 * (1 + LEVEL)))
    return Interval(float(low), float(high))
