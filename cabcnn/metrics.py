"""The scores of the paper's Section 4, and how far they and the probabilities can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

BINS = 10
DRAWS = 2000
MOST_TRIES = 10  # for each draw
LEAST_PROBABILITY = 1e-7  # of the right class, so that one certain mistake does not cost infinity


class Scores(NamedTuple):
    """Accuracy, unweighted (balanced) recall and macro F1, each between 0 and 1."""

    accuracy: float
    unweighted_recall: float
    macro_f1: float


class Calibration(NamedTuple):
    """Whether of the verdicts that are 80 % sure 80 % are right.

    The clips in bins of how sure the model was (the largest probability), only those that
    hold any: `confidence`, `accuracy` and `clips`, all (b,). `error` is the expected
    calibration error, the mean over clips of the two's distance in their bin.
    """

    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    clips: NDArray[np.int64]
    error: float


class Interval(NamedTuple):
    """Where a score may lie: from `low` to `high`."""

    low: float
    high: float


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


def log_losses(probabilities: NDArray[np.float64], labels: ArrayLike) -> NDArray[np.float64]:
    """Negative natural logarithm of each clip's probability of its label, (N,), from (N, m)."""
    right = probabilities[np.arange(len(probabilities)), np.asarray(labels, np.intp)]
    return -np.log(np.maximum(right, LEAST_PROBABILITY))


def log_loss(probabilities: NDArray[np.float64], labels: ArrayLike) -> float:
    """Mean of `log_losses`; log m where a model of m classes only guesses."""
    return float(log_losses(probabilities, labels).mean())


def calibration(
    probabilities: NDArray[np.float64], labels: ArrayLike, bins: int = BINS
) -> Calibration:
    """How sure a model was, (N, m), against how often it was right, in bins of equal width."""
    sure = probabilities.max(1)
    right = probabilities.argmax(1) == np.asarray(labels)
    place = np.minimum((sure * bins).astype(np.int64), bins - 1)
    clips = np.bincount(place, minlength=bins)
    held = clips > 0
    confidence = np.bincount(place, sure, bins)[held] / clips[held]
    accuracy = np.bincount(place, right, bins)[held] / clips[held]
    error = float((clips[held] * np.abs(confidence - accuracy)).sum() / len(sure))
    return Calibration(confidence, accuracy, clips[held], error)


def bootstrap(
    actual: ArrayLike,
    predicted: ArrayLike,
    speakers: Sequence[str],
    classes: int,
    *,
    draws: int = DRAWS,
    level: float = 0.95,
    seed: int = 0,
) -> dict[str, Interval] | None:
    """An interval for each of `Scores` had other speakers of the same kind been tested.

    Clips of one voice stand or fall together, so speakers are drawn, with replacement, and
    not clips: as many of each label as there are. Where speakers say several labels, they are
    drawn from all, and draws in which a label vanished are drawn again. A clip of an unknown
    speaker ("") is a speaker of its own. What another training would have given, it can't
    tell.

    None where a label has a single speaker, draws with all labels are rare, or all draws score
    the same: one voice can't tell how voices differ, and that nobody was wrong does not make a
    model certain never to be. Of a handful of speakers an interval is too narrow: of two, drawn
    so, about 0.7 of what it should be, of five 0.9.
    """
    actual, predicted = np.asarray(actual, np.intp), np.asarray(predicted, np.intp)
    voices, speaker = by_voice(speakers)
    matrices = np.zeros((voices, classes, classes))
    np.add.at(matrices, (speaker, actual, predicted), 1)
    says = matrices.sum(2) > 0
    if says.sum(0)[says.any(0)].min() < 2:
        return None
    chosen = draw_speakers(says, draws, seed)
    if chosen is None:
        return None
    drawn = [scores(matrices[some].sum(0)) for some in chosen]
    if (np.ptp(drawn, axis=0) == 0).all():
        return None
    edges = (50 * (1 - level), 50 * (1 + level))
    low, high = np.percentile(np.array(drawn), edges, axis=0)
    return {name: Interval(float(low[i]), float(high[i])) for i, name in enumerate(Scores._fields)}


def by_voice(speakers: Sequence[str]) -> tuple[int, NDArray[np.intp]]:
    """How many voices N clips are of, and whose each is by number (N,). A clip of an unknown
    speaker ("") is of a voice of its own."""
    names = [speaker or f"\0{number}" for number, speaker in enumerate(speakers)]
    voices, speaker = np.unique(np.array(names), return_inverse=True)
    return len(voices), speaker


def draw_speakers(says: NDArray[np.bool_], draws: int, seed: int) -> list[NDArray[np.intp]] | None:
    """Speakers drawn with replacement, by number, as often as `draws`: as many as there are, of
    each label as many as it has. `says` (S, K) tells who says which labels; where somebody says
    several, speakers are drawn from all, and draws in which a label vanished are drawn again.

    None where draws with all labels are rare.
    """
    kind = says.argmax(1) if (says.sum(1) == 1).all() else np.zeros(len(says), np.int64)
    groups = [np.flatnonzero(kind == k) for k in np.unique(kind)]
    random = np.random.default_rng(seed)
    drawn: list[NDArray[np.intp]] = []
    for _ in range(MOST_TRIES * draws):
        chosen = np.concatenate([random.choice(group, len(group)) for group in groups])
        if says[chosen].any(0).sum() == says.any(0).sum():
            drawn.append(chosen)
        if len(drawn) == draws:
            return drawn
    return None
