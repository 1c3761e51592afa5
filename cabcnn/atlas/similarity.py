"""Which classifiers have attention at the same moments."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cabcnn.atlas.atlas import Floats

TINY = 1e-12  # a standard deviation below this share of the mean is rounding error


class Correlation:
    """Pearson's r between the columns of a table (rows, n) that arrives in parts.

    Means and products of deviations are merged part by part (Chan, Golub and LeVeque, 1979),
    which loses no precision over many rows.
    """

    def __init__(self, n: int) -> None:
        self._count = 0
        self._mean = np.zeros(n)
        self._products = np.zeros((n, n))

    def add(self, rows: Floats) -> None:
        count, mean = len(rows), rows.mean(0)
        centred = rows - mean
        step = mean - self._mean
        total = self._count + count
        self._products += centred.T @ centred
        self._products += np.outer(step, step) * (self._count * count / total)
        self._mean += step * (count / total)
        self._count = total

    def matrix(self) -> Floats:
        """(n, n), symmetric, with ones on the diagonal and zeros for constant columns."""
        deviation = np.sqrt(np.diag(self._products) / max(self._count, 1))
        varies = deviation > TINY * np.abs(self._mean)
        scale = np.where(varies, 1 / np.where(varies, deviation, 1), 0)
        r = self._products / max(self._count, 1) * np.outer(scale, scale)
        r = np.clip((r + r.T) / 2, -1, 1)
        np.fill_diagonal(r, 1)
        return r


def similar_together(correlation: Floats) -> NDArray[np.int64]:
    """An order of n columns, (n,), with correlated ones next to each other: the leaves of average
    linkage clustering by the distance 1 - r, in optimal order."""
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    if len(correlation) < 2:
        return np.arange(len(correlation))
    distance = squareform(1 - correlation, checks=False)
    tree = linkage(distance, method="average", optimal_ordering=True)
    return leaves_list(tree).astype(np.int64)
