"""Speech units of a text that all speakers read, found by aligning the readings to each other.

No transcript is needed: each reading is aligned to a template (dynamic time warping), the aligned
readings are averaged into a better template, and k-means clusters the template's frames into
units, such as a vowel or a silence. The labels play no part.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cabcnn.dataset.arrays import Arrays

CEPSTRA = 13
STEP_COST = 0.15  # of the median distance, for each step in one of the two sequences only
PASSES = 3
SAMPLED = 150  # readings that the templates of the first passes are made of
BEST = 0.7  # share of the readings, those aligned best, that the next template is made of


class SpeechUnits(NamedTuple):
    """For each clip the unit of every interval (p,): of a few, and of many that are clustered with
    more of their neighbours."""

    coarse: dict[int, NDArray[np.int64]]
    fine: dict[int, NDArray[np.int64]]


def normalised(
    spectra: NDArray[np.floating], speech: NDArray[np.bool_] | slice = slice(None)
) -> NDArray[np.float32]:
    """Log spectra (p, bands) of a clip with each band standardised, which removes most of the
    speaker's and the recording's timbre. Mean and deviation are those of the `speech` (p,)."""
    spectra = np.asarray(spectra, np.float32)
    return (spectra - spectra[speech].mean(0)) / (spectra[speech].std(0) + 1e-3)


def speech_units(
    arrays: Arrays, clips: Sequence[int], reference: int, coarse: int, fine: int, seed: int = 0
) -> SpeechUnits:
    """`coarse` and `fine` many units of some clips, which were prepared with spectra.

    `reference`, one of the clips, is the first template: a clear reading of about median length.
    """
    from sklearn.cluster import KMeans

    features = {
        int(i): _features(normalised(arrays.spectrum(int(i), 0, int(arrays.intervals[i]))))
        for i in clips
    }
    template = features[reference]
    random = np.random.default_rng(seed)
    some = random.choice(list(features), min(SAMPLED, len(features)), replace=False).tolist()
    paths = {}
    for chosen in [*[some] * (PASSES - 1), features]:
        aligned = {i: align(features[i], template) for i in chosen}
        paths = {i: path for i, (path, _) in aligned.items()}
        worst = np.quantile([cost for _, cost in aligned.values()], BEST)
        total, count = np.zeros(template.shape), np.zeros(len(template))
        for i, (path, cost) in aligned.items():
            if cost <= worst:
                np.add.at(total, path[:, 1], features[i][path[:, 0]])
                np.add.at(count, path[:, 1], 1)
        template = (total / count[:, None]).astype(np.float32)

    def clustered(units: int, context: int) -> dict[int, NDArray[np.int64]]:
        frames = template[:, :CEPSTRA]
        frames = np.hstack([np.roll(frames, k, 0) for k in range(-context, context + 1)])
        unit = KMeans(units, n_init="auto", random_state=seed).fit_predict(frames)
        return {i: unit[_middle(path)].astype(np.int64) for i, path in paths.items()}

    return SpeechUnits(clustered(coarse, 1), clustered(fine, 2))


def align(one: NDArray[np.float32], other: NDArray[np.float32]) -> tuple[NDArray[np.int64], float]:
    """Aligns two sequences (n, d) and (m, d) by dynamic time warping: the pairs of indices (k, 2)
    of the cheapest path, and its cost divided by n + m."""
    n, m = len(one), len(other)
    squares = (one**2).sum(1)[:, None] + (other**2).sum(1) - 2 * one @ other.T
    distance = np.sqrt(np.maximum(squares, 0)).astype(np.float32)
    wait = STEP_COST * np.median(distance)
    # By antidiagonals, whose cells do not depend on each other: row k holds i + j = k.
    rows, columns = np.indices((n, m), sparse=True)
    slanted = np.full((n + m - 1, n), np.inf, np.float32)
    slanted[rows + columns, np.broadcast_to(rows, (n, m))] = distance
    cost = np.full((n + m - 1, n), np.inf, np.float32)
    came = np.zeros((n + m - 1, n), np.int8)
    cost[0, 0] = slanted[0, 0]
    for k in range(1, n + m - 1):
        ways = np.full((3, n), np.inf, np.float32)
        if k > 1:
            ways[0, 1:] = cost[k - 2, :-1]  # a step in both
        ways[1] = cost[k - 1] + wait  # a step in the other only
        ways[2, 1:] = cost[k - 1, :-1] + wait  # a step in the one only
        came[k] = ways.argmin(0)
        cost[k] = ways.min(0) + slanted[k]
    i, j = n - 1, m - 1
    path = [(i, j)]
    while i or j:
        step = came[i + j, i]
        i, j = i - (step != 1), j - (step != 2)
        path.append((i, j))
    return np.array(path[::-1]), float(cost[-1, -1]) / (n + m)


def _features(spectra: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cepstra and their differences, (p, 2 * 13)."""
    from scipy.fft import dct

    cepstra = np.asarray(dct(spectra, norm="ortho", axis=1))[:, :CEPSTRA]
    change = np.zeros_like(cepstra)
    change[1:-1] = cepstra[2:] - cepstra[:-2]
    return np.hstack([cepstra, change]).astype(np.float32)


def _middle(path: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each index of the one sequence, the mean of those that it is paired with in the other."""
    count = np.bincount(path[:, 0])
    return np.round(np.bincount(path[:, 0], path[:, 1]) / count).astype(np.int64)
