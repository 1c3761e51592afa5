"""The scores of the paper's Section 4, their confidence intervals, and calibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

BINS = 10
DRAWS = 2000  # of a bootstrap
LEVEL = 0.95  # of confidence intervals
MAX_TRIES = 10  # for each draw
MIN_PROBABILITY = 1e-7  # of the correct class, so that one confident mistake is not infinite


class Scores(NamedTuple):
    """Accuracy, unweighted (balanced) recall and macro F1, each between 0 and 1."""

    accuracy: float
    unweighted_recall: float
    macro_f1: float


class Calibration(NamedTuple):
    """Whether 80 % of the predictions made with 80 % confidence are correct.

    Clips are binned by confidence, their largest probability. Of the b bins that are not empty:
    mean `confidence`, `accuracy` and number of `clips`, each (b,). `error` is the expected
    calibration error: |confidence - accuracy|, averaged over clips.
    """

    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    clips: NDArray[np.int64]
    error: float


class Interval(NamedTuple):
    """A confidence interval."""

    low: float
    high: float


def confusion_matrix(actual: ArrayLike, predicted: ArrayLike, classes: int) -> NDArray[np.int64]:
    """Counts (m, m), rows actual, columns predicted, from two arrays (N,) of class indices."""
    matrix = np.zeros((classes, classes), np.int64)
    np.add.at(matrix, (np.asarray(actual, np.intp), np.asarray(predicted, np.intp)), 1)
    return matrix


def scores(confusion: ArrayLike | Sequence[Sequence[int]]) -> Scores:
    """Scores of a confusion matrix (m, m), rows actual, columns predicted (Section 4).

    A class without clips is left out of both means, since its recall is undefined; a class that
    is never predicted has precision and F1 of 0. The paper's Tables 5 and 6 give its Tables 3
    and 4 to four decimals.

    Raises ValueError if the matrix is not square, has negative counts or is empty.
    """
    matrix = np.asarray(confusion, np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"a confusion matrix is square, this has shape {matrix.shape}")
    if (matrix < 0).any() or not matrix.sum() > 0:
        raise ValueError("a confusion matrix holds counts, at least one of them above zero")
    correct = np.diag(matrix)
    actual, predicted = matrix.sum(1), matrix.sum(0)
    present = actual > 0
    recall = correct[present] / actual[present]
    f1 = 2 * correct[present] / (actual + predicted)[present]  # harmonic mean, simplified
    return Scores(float(correct.sum() / matrix.sum()), float(recall.mean()), float(f1.mean()))


def log_losses(probabilities: NDArray[np.float64], labels: ArrayLike) -> NDArray[np.float64]:
    """Negative natural logarithm of the probability of each clip's label: (N, m) -> (N,)."""
    correct = probabilities[np.arange(len(probabilities)), np.asarray(labels, np.intp)]
    return -np.log(np.maximum(correct, MIN_PROBABILITY))


def log_loss(probabilities: NDArray[np.float64], labels: ArrayLike) -> float:
    """Mean of `log_losses`; a model that guesses among m classes has log m."""
    return float(log_losses(probabilities, labels).mean())


def calibration(
    probabilities: NDArray[np.float64], labels: ArrayLike, bins: int = BINS
) -> Calibration:
    """Confidence against accuracy in `bins` of equal width, from probabilities (N, m)."""
    sure = probabilities.max(1)
    correct = probabilities.argmax(1) == np.asarray(labels)
    index = np.minimum((sure * bins).astype(np.int64), bins - 1)
    clips = np.bincount(index, minlength=bins)
    filled = clips > 0
    confidence = np.bincount(index, sure, bins)[filled] / clips[filled]
    accuracy = np.bincount(index, correct, bins)[filled] / clips[filled]
    error = float((clips[filled] * np.abs(confidence - accuracy)).sum() / len(sure))
    return Calibration(confidence, accuracy, clips[filled], error)


def perplexity(shares: NDArray[np.float64]) -> float:
    """The effective number of n `shares` (n,) that sum to one: n if all are equal, 1 if one is
    everything; the exponential of their entropy."""
    shares = shares[shares > 0]
    return float(np.exp(-(shares * np.log(shares)).sum()))


def bootstrap(
    actual: ArrayLike,
    predicted: ArrayLike,
    speakers: Sequence[str],
    classes: int,
    *,
    draws: int = DRAWS,
    level: float = LEVEL,
    seed: int = 0,
) -> dict[str, Interval] | None:
    """A confidence interval for each of `Scores`, over other speakers of the same kind.

    Clips of one speaker are correlated, so speakers are resampled with replacement, not clips
    (see `resample_speakers`). A clip of an unknown speaker ("") counts as a speaker of its own.
    The interval does not cover what another training of the model would change.

    None if a label has only one speaker, resamples with all labels are rare, or all score the
    same: one speaker can't show how speakers differ, and a model that made no mistake is not
    certain never to make one. With a handful of speakers the interval is too narrow: with two,
    about 0.7 of what it should be, with five 0.9.
    """
    actual, predicted = np.asarray(actual, np.intp), np.asarray(predicted, np.intp)
    count, speaker = speaker_indices(speakers)
    matrices = np.zeros((count, classes, classes))
    np.add.at(matrices, (speaker, actual, predicted), 1)
    has_label = matrices.sum(2) > 0
    if has_label.sum(0)[has_label.any(0)].min() < 2:
        return None
    resamples = resample_speakers(has_label, draws, seed)
    if resamples is None:
        return None
    resampled = np.array([scores(matrices[chosen].sum(0)) for chosen in resamples])
    if (np.ptp(resampled, axis=0) == 0).all():
        return None
    low, high = percentile_interval(resampled, level)
    return {name: Interval(float(low[i]), float(high[i])) for i, name in enumerate(Scores._fields)}


def percentile_interval(
    resampled: Sequence[float] | NDArray[np.float64], level: float = LEVEL
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bounds (...) of the central `level` of resampled statistics (draws, ...)."""
    low, high = np.percentile(resampled, (50 * (1 - level), 50 * (1 + level)), axis=0)
    return low, high


def speaker_indices(speakers: Sequence[str]) -> tuple[int, NDArray[np.intp]]:
    """How many speakers N clips have, and the index of each clip's, (N,). A clip of an unknown
    speaker ("") counts as a speaker of its own."""
    names = [speaker or f"\0{number}" for number, speaker in enumerate(speakers)]
    unique, index = np.unique(np.array(names), return_inverse=True)
    return len(unique), index


def resample_speakers(
    has_label: NDArray[np.bool_], draws: int, seed: int
) -> list[NDArray[np.intp]] | None:
    """`draws` bootstrap samples of S speakers, each the indices (S,) of speakers drawn with
    replacement.

    `has_label` (S, K) says which speakers have clips of which labels. If every speaker has one
    label, as many speakers of each label are drawn as there are; otherwise they are drawn from
    all, and a sample that lacks a label is drawn again. None if samples with all labels are rare.
    """
    group = (
        has_label.argmax(1) if (has_label.sum(1) == 1).all() else np.zeros(len(has_label), np.int64)
    )
    groups = [np.flatnonzero(group == k) for k in np.unique(group)]
    random = np.random.default_rng(seed)
    samples: list[NDArray[np.intp]] = []
    for _ in range(MAX_TRIES * draws):
        chosen = np.concatenate([random.choice(members, len(members)) for members in groups])
        if has_label[chosen].any(0).sum() == has_label.any(0).sum():
            samples.append(chosen)
        if len(samples) == draws:
            return samples
    return None
