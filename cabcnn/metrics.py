"""The scores of the paper's Section 4, from a confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Scores(NamedTuple):
    """Accuracy, unweighted (balanced) recall and macro F1, each between 0 and 1."""

    accuracy: float
    unweighted_recall: float
    macro_f1: float


def confusion_matrix(actual: ArrayLike, predicted: ArrayLike, classes: int) -> NDArray[np.int64]:
    """Counts (m, m) of class indices, both (N,): rows actual, columns predicted."""
    matrix = np.zeros((classes, classes), np.int64)
    np.add.at(matrix, (np.asarray(actual, np.intp), np.asarray(predicted, np.intp)), 1)
    return matrix


def scores(confusion: ArrayLike | Sequence[Sequence[int]]) -> Scores:
    """Scores of a confusion matrix (m, m), rows actual, columns predicted (Section 4).

    A class that nobody has in the data is left out of both means, since its recall is not
    defined; one that is never predicted has precision and F1 of 0. Tables 5 and 6 of the
    paper give its Tables 3 and 4 to four decimals.

    Raises ValueError where the matrix is not square, is negative or is empty.
    """
    matrix = np.asarray(confusion, np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"a confusion matrix is square, this has shape {matrix.shape}")
    if (matrix < 0).any() or not matrix.sum() > 0:
        raise ValueError("a confusion matrix holds counts, at least one of them above zero")
    right = np.diag(matrix)
    actual, predicted = matrix.sum(1), matrix.sum(0)
    present = actual > 0
    recall = right[present] / actual[present]
    f1 = 2 * right[present] / (actual + predicted)[present]  # harmonic mean, simplified
    return Scores(float(right.sum() / matrix.sum()), float(recall.mean()), float(f1.mean()))
