"""Whether two networks tested on the same clips differ significantly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cabcnn.metrics import (
    DRAWS,
    Interval,
    percentile_interval,
    resample_speakers,
    speaker_indices,
)

MIN_SPEAKERS = 5  # resampling fewer says little about other speakers


class Difference(NamedTuple):
    """The difference of two networks' unweighted recalls: the mean over runs, and its 95 %
    bootstrap interval over speakers (None if it can't be estimated).

    `p` is that of McNemar's exact test on the two best runs: the probability of such an uneven
    division of the clips that only one of them classified correctly, if they were equally good.
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
    """`first` (r, N) and `second` (s, N) say which of N test clips each run classified correctly;
    `labels` (N,) and `speakers` (N,) are the clips', "" for an unknown speaker; `best` are the
    indices of the two runs for McNemar's test.

    Speakers are resampled with all their clips, as `metrics.resample_speakers` does. There is no
    interval with fewer than MIN_SPEAKERS, if a label has only one speaker, or if all resamples
    give the same difference.
    """
    gain = first.mean(0) - second.mean(0)  # of each clip, over the runs
    return Difference(
        _recall(gain, labels),
        _interval(gain, labels, speakers, seed),
        mcnemar(first[best[0]], second[best[1]]),
    )


def mcnemar(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Exact two-sided p value of McNemar's test, from which of N clips two networks classified
    correctly, (N,) each."""
    from scipy.stats import binomtest

    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    discordant = only_first + only_second
    return float(binomtest(only_first, discordant).pvalue) if discordant else 1.0


def _recall(values: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    return float(np.mean([values[labels == k].mean() for k in np.unique(labels)]))


def _interval(
    gain: NDArray[np.float64], labels: NDArray[np.int64], speakers: Sequence[str], seed: int
) -> Interval | None:
    count, speaker = speaker_indices(speakers)
    classes, label = np.unique(labels, return_inverse=True)
    sums, clips = np.zeros((2, count, len(classes)))
    np.add.at(sums, (speaker, label), gain)
    np.add.at(clips, (speaker, label), 1)
    has_label = clips > 0
    if count < MIN_SPEAKERS or has_label.sum(0).min() < 2:
        return None
    resamples = resample_speakers(has_label, DRAWS, seed)
    if resamples is None:
        return None
    means = [float((sums[chosen].sum(0) / clips[chosen].sum(0)).mean()) for chosen in resamples]
    if np.ptp(means) == 0:
        return None  # two networks that agree on every clip are not certain always to agree
    low, high = percentile_interval(means)
    return Interval(float(low), float(high))
