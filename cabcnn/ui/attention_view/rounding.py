"""Rounding the two matrices to as few bits as can be seen, without moving their sums.

The sums must hold whoever is muted: then the weights of the others grow, in some models by more
than 2^100, so a weight keeps its *relative* precision however small it is. Each of the largest
votes of an interval takes on what rounding left out of the sum before it; votes with little
weight are rounded as they are, since what is shifted there would come to light when they grow.

Measured on the shipped models and their example clips of 5 s and more, with 1 to 39 classifiers
muted: probabilities of the clip move by less than 1e-3, of an interval by less than 0.03.
"""

from __future__ import annotations

import numpy as np

# Votes are 16-bit integers. The one that stands for 1 needs no more than the 5 highest bits, so
# that 1 and 0 stay what they are however coarse the rounding.
FULL = 31 << 11
# (bound, bits): the bits that are kept of a vote where its weight is below the bound. All 16
# from the last bound on.
VOTE_BITS = ((0.05, 7), (0.1, 12))
CARRIED = 0.05  # votes from this weight on, and the heaviest, take on the error of those before

# Weights are 16-bit integers as well: even steps from LINEAR on, even steps of the logarithm
# below, down to 2^-150, which float32 ends before. js/payload.js has the same numbers.
HALF = 1 << 15
LINEAR = 2.0**-6
OCTAVE = 227  # steps in a factor of two
SMALL, SMALL_STEP = 0.001, 32  # weights below are sent in steps of a tenth


def round_weights(weights: np.ndarray) -> np.ndarray:
    """Weights (n, p), which add up to 1 in each of the p intervals, as uint16."""
    codes = _encode(weights)
    coarse = np.clip(np.rint(codes / SMALL_STEP) * SMALL_STEP, 0, HALF - 1)
    codes = np.where(weights < SMALL, coarse, np.rint(codes)).astype(np.uint16)
    codes[weights == 0] = 0
    # The heaviest takes what the others leave of 1.
    heaviest = weights.argmax(axis=0)[np.newaxis]
    np.put_along_axis(codes, heaviest, np.uint16(0), axis=0)
    rest = np.clip(1 - decode_weights(codes).sum(axis=0, keepdims=True), 0, 1)
    np.put_along_axis(codes, heaviest, np.rint(_encode(rest)).astype(np.uint16), axis=0)
    return codes


def decode_weights(codes: np.ndarray) -> np.ndarray:
    """The weights that codes of `round_weights` stand for."""
    codes = codes.astype(np.float64)
    small = LINEAR * 2.0 ** ((codes - HALF) / OCTAVE)
    return np.where(codes >= HALF, (codes - HALF) / (HALF - 1), np.where(codes == 0, 0, small))


def round_votes(votes: np.ndarray, weights: np.ndarray, sent: np.ndarray) -> np.ndarray:
    """One class's votes (n, p) as uint16 of `FULL`; `sent` are the weights as they are decoded.

    The sums of the rounded weights times the rounded votes are those of `weights` times `votes`.
    """
    order = np.argsort(weights, axis=0)
    steps = _steps(weights)
    np.put_along_axis(steps, order[-1:], 1 / FULL, axis=0)
    slack = np.where(weights < CARRIED, 0.0, 0.49 * steps)
    np.put_along_axis(slack, order[-1:], 2 / FULL + 0.02, axis=0)
    return _round(votes, weights, sent, steps, slack, order)


def _encode(weights: np.ndarray) -> np.ndarray:
    """Where weights lie on the scale of their codes, not rounded."""
    octaves = np.log2(np.maximum(weights, 1e-300) / LINEAR)
    return np.where(
        weights >= LINEAR,
        HALF + weights * (HALF - 1),
        np.clip(HALF + octaves * OCTAVE, 1, HALF - 1),
    )


def _steps(weights: np.ndarray) -> np.ndarray:
    steps = np.ones(weights.shape)
    for bound, bits in reversed(VOTE_BITS):
        steps[weights < bound] = 1 << (16 - bits)
    return steps / FULL


def _round(
    values: np.ndarray,
    factors: np.ndarray,
    sent: np.ndarray,
    steps: np.ndarray,
    slack: np.ndarray,
    order: np.ndarray,
) -> np.ndarray:
    """Rounds `values` so that the sum of `sent` times them is that of `factors` times them.

    All are (n, p); the cells of an interval are rounded in its `order`. A carried error moves
    a value by no more than its `slack`, and what is left of it is carried on.
    """
    values, factors, sent, steps, slack = (
        np.take_along_axis(cells, order, axis=0) for cells in (values, factors, sent, steps, slack)
    )
    rounded = np.empty_like(values)
    carried = np.zeros(values.shape[1])
    for cell, (value, factor, weight, step, room) in enumerate(
        zip(values, factors, sent, steps, slack, strict=True)
    ):
        carried += factor * value
        wanted = carried / np.maximum(weight, 1e-9)
        wanted = np.clip(wanted, value - room, value + room)
        rounded[cell] = np.clip(np.rint(wanted / step) * step, 0, 1)
        carried -= weight * rounded[cell]
    result = np.empty_like(rounded)
    np.put_along_axis(result, order, rounded, axis=0)
    return np.rint(result * FULL).astype(np.uint16)
