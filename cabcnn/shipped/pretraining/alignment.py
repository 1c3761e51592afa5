"""Which sound of a text each interval holds, found by laying all its readings over each other.

Where everybody reads the same text, no transcript is needed to know the sounds: each reading is
aligned to a template (dynamic time warping), the aligned readings are averaged into a better
template, and k-means groups the template's moments into sounds. No label takes part.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cabcnn.dataset.arrays import Arrays

CEPSTRA = 13
STEP_COST = 0.15  # of the median distance, for each moment at which only one reading goes on
PASSES = 3
SAMPLED = 150  # readings that make the template of the first passes
BEST = 0.7  # of the readings, those that fit best, make the next template


class Sounds(NamedTuple):
    """By clip, the sound of every interval (p,): one of few, and one of many in whose making
    the neighbouring moments counted more."""

    coarse: dict[int, NDArray[np.int64]]
    fine: dict[int, NDArray[np.int64]]


def normalised(spectra: NDArray[np.floating]) -> NDArray[np.float32]:
    """Log spectra (p, bands) of a clip, each band with mean 0 and deviation 1: the speaker's and
    the recording's own sound mostly gone."""
    spectra = np.asarray(spectra, np.float32)
    return (spectra - spectra.mean(0)) / (spectra.std(0) + 1e-3)


def sounds(
    arrays: Arrays, clips: Sequence[int], reference: int, coarse: int, fine: int, seed: int = 0
) -> Sounds:
    """The sounds of some clips of a corpus of one text, prepared with spectra.

    The clip `reference`, one of them, is the first template: a clear reading of middle length.
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

    def grouped(groups: int, around: int) -> dict[int, NDArray[np.int64]]:
        moments = template[:, :CEPSTRA]
        moments = np.hstack([np.roll(moments, k, 0) for k in range(-around, around + 1)])
        group = KMeans(groups, n_init="auto", random_state=seed).fit_predict(moments)
        return {i: group[_middle(path)].astype(np.int64) for i, path in paths.items()}

    return Sounds(grouped(coarse, 1), grouped(fine, 2))


def align(one: NDArray[np.float32], other: NDArray[np.float32]) -> tuple[NDArray[np.int64], float]:
    """The cheapest way through two sequences (n, d) and (m, d) from their starts to their ends:
    pairs of places (k, 2), and its cost per place."""
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
            ways[0, 1:] = cost[k - 2, :-1]  # both go on
        ways[1] = cost[k - 1] + wait  # only the other goes on
        ways[2, 1:] = cost[k - 1, :-1] + wait  # only the one
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
    """Cepstra and how they change, (p, 2 * 13)."""
    from scipy.fft import dct

    cepstra = np.asarray(dct(spectra, norm="ortho", axis=1))[:, :CEPSTRA]
    change = np.zeros_like(cepstra)
    change[1:-1] = cepstra[2:] - cepstra[:-2]
    return np.hstack([cepstra, change]).astype(np.float32)


def _middle(path: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each place of the one, the middle of those that it was paired with in the other."""
    count = np.bincount(path[:, 0])
    return np.round(np.bincount(path[:, 0], path[:, 1]) / count).astype(np.int64)
