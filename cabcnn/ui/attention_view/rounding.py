"""Rounding the two matrices to as few bits as can be seen, without moving their sums.

A vote matters as much as the attention that goes to it, so it is rounded the more coarsely
the smaller its weight is. What a rounding leaves out of an interval's sum is carried on to
the interval's next cell, from the smallest weight to the largest, which has the finest steps.
"""

from __future__ import annotations

import numpy as np

# Values are 16-bit integers. The one that stands for 1 needs no more than the 5 highest bits,
# so that 1 and 0 stay what they are however coarse the rounding.
FULL = 31 << 11
# (bound, bits): the bits that are kept of a vote, or of the weight itself, where the weight is
# below the bound. All 16 from the last bound on.
VOTE_BITS = ((1e-4, 5), (1e-3, 6), (0.05, 8), (0.1, 12))
WEIGHT_BITS = ((0.004, 16), (0.06, 13))


def round_weights(weights: np.ndarray) -> np.ndarray:
    """Weights (n, p), which add up to 1 in each of the p intervals, as uint16 of `FULL`."""
    ones = np.ones_like(weights)
    return _round(weights, ones, ones, _steps(weights, WEIGHT_BITS), np.argsort(weights, axis=0))


def round_votes(votes: np.ndarray, weights: np.ndarray, sent: np.ndarray) -> np.ndarray:
    """One class's votes (n, p) as uint16 of `FULL`; `sent` are the weights as they were rounded.

    The sums of the rounded weights times the rounded votes are those of `weights` times `votes`.
    """
    steps = _steps(weights, VOTE_BITS)
    return _round(votes, weights, sent / FULL, steps, np.argsort(weights, axis=0))


def _steps(weights: np.ndarray, rule: tuple[tuple[float, int], ...]) -> np.ndarray:
    steps = np.ones(weights.shape)
    for bound, bits in reversed(rule):
        steps[weights < bound] = 1 << (16 - bits)
    return steps / FULL


def _round(
    values: np.ndarray,
    factors: np.ndarray,
    sent: np.ndarray,
    steps: np.ndarray,
    order: np.ndarray,
) -> np.ndarray:
    """Rounds `values` so that the sum of `sent` times them is that of `factors` times them.

    All are (n, p); the cells of an interval are rounded in its `order`. A carried error moves
    a value by less than one of its own steps, and what is left of it is carried on.
    """
    values, factors, sent, steps = (
        np.take_along_axis(cells, order, axis=0) for cells in (values, factors, sent, steps)
    )
    rounded = np.empty_like(values)
    carried = np.zeros(values.shape[1])
    for cell, (value, factor, weight, step) in enumerate(
        zip(values, factors, sent, steps, strict=True)
    ):
        carried += factor * value
        wanted = carried / np.maximum(weight, 1 / FULL)
        wanted = np.clip(wanted, value - 0.49 * step, value + 0.49 * step)
        rounded[cell] = np.clip(np.rint(wanted / step) * step, 0, 1)
        carried -= weight * rounded[cell]
    result = np.empty_like(rounded)
    np.put_along_axis(result, order, rounded, axis=0)
    return np.rint(result * FULL).astype(np.uint16)
