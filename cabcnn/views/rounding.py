"""The two matrices rounded to as few bits as make no visible difference; shared/rounding.js
undoes it.

A number needs to be as exact as its influence requires, which depends on the order of the
classifiers within each interval: the first decides the interval, the second would decide it if the
first were muted, and so on down to those that would have to wait until sixteen others are muted.
A weight is a power of two and a number of bits after it, a vote one of N + 1 levels; the bits and
the levels follow from the weight's rank in its interval and from its size.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# The power of two that stands for a weight of zero: below those of any float32, and a multiple of
# the powers of COARSE, which would otherwise turn it into the smallest weight.
ZERO = -160
# Ranks in the interval: the first, to the 4th, to the 8th, to the 16th, all others.
RANKS = (1, 4, 8, 16)
RANK_BITS = np.array([6, 6, 4, 1, 0])
# Weights from 1/1024 on keep all bits down to 1/1024.
SIZE_BITS, MAX_BITS = 10, 8
MORE = 1 << 13  # steps of the correction to the first weight of an interval
TINY = 2.0**-1000
# Weights of the last rank below these powers of two are rounded to so many powers.
COARSE = ((-24, 4), (-48, 8))
# The highest level of a vote by its kind. Kind 0 is for the first rank and for weights from 1/8 on;
# the rank of the others says which kind they are at least, and so does their power of two.
LEVELS = np.array([1023, 127, 63, 31, 7])
COARSEST = len(LEVELS) - 1
RANK_KIND = np.array([0, 1, 2, 3, 4])
POWER_KINDS = ((-3, 0), (-5, 2), (-10, 3))
CENTRE = 127  # steps of a centre between two levels of the coarsest kind


class Weights(NamedTuple):
    """Rounded weights (n, p): the `power` of two, how many `bits` follow it and which (`digits`);
    `first` for the largest of an interval, which is what the others leave of 1; the correction
    `more` (p,) to the sum of those others; the `kind` of vote that goes with each weight; and the
    `value` that the browser decodes."""

    power: np.ndarray
    bits: np.ndarray
    digits: np.ndarray
    first: np.ndarray
    more: np.ndarray
    kind: np.ndarray
    value: np.ndarray


class Votes(NamedTuple):
    """Rounded votes of all classes but the last (m - 1, n, p): their `level` out of `LEVELS`, the
    value of the coarsest levels for each classifier (`centres`, (m - 1, n, 8)), and `value`."""

    level: np.ndarray
    centres: np.ndarray
    value: np.ndarray


def round_weights(weights: np.ndarray) -> Weights:
    """Weights (n, p), which add up to 1 in each of the p intervals before and after rounding."""
    n = len(weights)
    fraction, power = np.frexp(weights)
    power = np.where(fraction == 0, ZERO, np.maximum(power - 1, ZERO))
    # Classifiers with equal powers are ranked by number.
    order = power.astype(np.int32) * n + np.arange(n - 1, -1, -1, dtype=np.int32)[:, None]
    sorted_ = np.sort(order, axis=0)[::-1]
    rank = np.zeros(order.shape, dtype=np.int8)
    for count in RANKS:
        if count < n:
            rank += order <= sorted_[count]
    last = rank == len(RANKS)
    for below, powers in COARSE:  # downwards, which changes no rank
        power = np.where(last & (power < below), power & -powers, power)
    bits = np.maximum(RANK_BITS[rank], np.clip(power + SIZE_BITS, 0, MAX_BITS))
    parts = np.ldexp(1.0, bits)
    digits = np.minimum(np.floor((2 * fraction - 1) * parts), parts - 1)
    digits[power == ZERO] = 0
    value = np.ldexp(1 + (digits + 0.5) / parts, power)
    for below, powers in COARSE:
        coarse = last & (power < below)
        value[coarse] = np.ldexp(1.0, power[coarse] + powers // 2)
    value[power == ZERO] = 0
    first = rank == 0
    value[first] = 0
    more = np.rint((1 - value.sum(axis=0) - (first * weights).sum(axis=0)) * MORE)
    # The correction is divided among the others by their steps.
    steps = np.where(first | (value == 0), 0, np.ldexp(1.0, 2 * (power - bits)))
    value += more / MORE * steps / np.maximum(steps.sum(axis=0), TINY)
    value += first * (1 - value.sum(axis=0))
    kind = RANK_KIND[rank]
    for least, most in reversed(POWER_KINDS):
        kind = np.where(power >= least, np.minimum(kind, most), kind)
    return Weights(power, bits, digits.astype(np.uint8), first, more, kind, value)


def round_votes(votes: np.ndarray, kind: np.ndarray) -> Votes:
    """Votes (m - 1, n, p) of all classes but the last, each of a `kind` (n, p).

    Their cumulative sums over the classes are rounded, so that no class gets less than nothing,
    not even the last one.
    """
    levels = LEVELS[kind]
    level = np.floor(np.cumsum(votes, axis=0) * levels + 0.5)
    np.minimum(level, levels, out=level)
    level = np.diff(level, axis=0, prepend=0)
    value = level / levels
    # Where a step is wide, its middle is not the average of the votes on it.
    coarse = np.broadcast_to(kind == COARSEST, level.shape)
    steps = LEVELS[COARSEST] + 1
    rows = np.arange(level.shape[0] * level.shape[1]).reshape(*level.shape[:2], 1)
    which = (rows * steps + level.astype(np.intp))[coarse]
    size = rows.size * steps
    count = np.maximum(np.bincount(which, minlength=size), 1)
    mean_error = np.bincount(which, weights=(votes - value)[coarse], minlength=size) / count
    centres = np.rint(np.clip(mean_error * LEVELS[COARSEST], -1, 1) * CENTRE)
    value[coarse] = (level[coarse] + centres[which] / CENTRE) / LEVELS[COARSEST]
    left = np.ones(kind.shape)
    for of_class in value:
        np.clip(of_class, 0, left, out=of_class)
        left -= of_class
    return Votes(
        level.astype(np.int16), centres.reshape(*level.shape[:2], steps).astype(np.int8), value
    )
