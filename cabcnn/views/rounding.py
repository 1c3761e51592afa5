"""Rounding the two matrices to as few bits as can be told apart, as shared/rounding.js reads them.

A number needs to be as exact as it can come to matter, so what counts is the order of the
classifiers within each interval: the first decides the interval, the second decides it where the
first is muted, and so on down to those who would have to wait until sixteen others are muted.
A weight is a power of two and a number of bits behind it, a vote one of N + 1 levels; bits and
levels follow from the weight's place in its interval and from its size.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# The power of two that stands for no weight at all: below all that a float32 has, and a multiple of
# the powers of COARSE, by which it would else become the least of weights.
ZERO = -160
# Places in the interval: the first, to the 4th, to the 8th, to the 16th, all others.
PLACES = (1, 4, 8, 16)
PLACE_BITS = np.array([6, 6, 4, 1, 0])
# From 1/1024 on, all bits down to 1/1024 are told.
SIZE_BITS, MOST_BITS = 10, 8
MORE = 1 << 13  # steps of a weight in which the first of an interval is told
TINY = 2.0**-1000
# Weights of the last places below these powers of two are known to so many powers only.
COARSE = ((-24, 4), (-48, 8))
# The highest level of a vote by its kind. Kind 0 has the first place, or a weight from 1/8 on;
# the place of the others says which kind they are at least, and so does their power of two.
LEVELS = np.array([1023, 127, 63, 31, 7])
COARSEST = len(LEVELS) - 1
PLACE_KIND = np.array([0, 1, 2, 3, 4])
POWER_KINDS = ((-3, 0), (-5, 2), (-10, 3))
CENTRE = 127  # steps between two levels of the coarsest kind in which their centres are told


class Weights(NamedTuple):
    """Rounded weights (n, p): the `power` of two, how many `bits` follow and which (`digits`),
    `first` where a weight is what the others of its interval leave of 1, how much `more` (p,)
    those ought to have than that comes to, the `kind` of vote that goes with each, and the
    `value` that the browser makes of all that."""

    power: np.ndarray
    bits: np.ndarray
    digits: np.ndarray
    first: np.ndarray
    more: np.ndarray
    kind: np.ndarray
    value: np.ndarray


class Votes(NamedTuple):
    """Rounded votes of all classes but the last (m - 1, n, p): their `level` out of `LEVELS`,
    what the coarsest levels mean for each classifier (`centres`, (m - 1, n, 8)), and `value`."""

    level: np.ndarray
    centres: np.ndarray
    value: np.ndarray


def round_weights(weights: np.ndarray) -> Weights:
    """Weights (n, p), which add up to 1 in each of the p intervals, and so do the rounded."""
    n = len(weights)
    fraction, power = np.frexp(weights)
    power = np.where(fraction == 0, ZERO, np.maximum(power - 1, ZERO))
    # Equal powers have their places by number.
    order = power.astype(np.int32) * n + np.arange(n - 1, -1, -1, dtype=np.int32)[:, None]
    sorted_ = np.sort(order, axis=0)[::-1]
    place = np.zeros(order.shape, dtype=np.int8)
    for count in PLACES:
        if count < n:
            place += order <= sorted_[count]
    last = place == len(PLACES)
    for below, powers in COARSE:  # downwards, which changes no place
        power = np.where(last & (power < below), power & -powers, power)
    bits = np.maximum(PLACE_BITS[place], np.clip(power + SIZE_BITS, 0, MOST_BITS))
    parts = np.ldexp(1.0, bits)
    digits = np.minimum(np.floor((2 * fraction - 1) * parts), parts - 1)
    digits[power == ZERO] = 0
    value = np.ldexp(1 + (digits + 0.5) / parts, power)
    for below, powers in COARSE:
        coarse = last & (power < below)
        value[coarse] = np.ldexp(1.0, power[coarse] + powers // 2)
    value[power == ZERO] = 0
    first = place == 0
    value[first] = 0
    more = np.rint((1 - value.sum(axis=0) - (first * weights).sum(axis=0)) * MORE)
    # What the others have more or less than that is shared out among them by their steps.
    steps = np.where(first | (value == 0), 0, np.ldexp(1.0, 2 * (power - bits)))
    value += more / MORE * steps / np.maximum(steps.sum(axis=0), TINY)
    value += first * (1 - value.sum(axis=0))
    kind = PLACE_KIND[place]
    for least, so in reversed(POWER_KINDS):
        kind = np.where(power >= least, np.minimum(kind, so), kind)
    return Weights(power, bits, digits.astype(np.uint8), first, more, kind, value)


def round_votes(votes: np.ndarray, kind: np.ndarray) -> Votes:
    """Votes (m - 1, n, p) of all classes but the last, each of a `kind` (n, p).

    It is their sums from the first class on that are rounded, so that no class, and not the
    last one either, is left with less than nothing.
    """
    levels = LEVELS[kind]
    level = np.floor(np.cumsum(votes, axis=0) * levels + 0.5)
    np.minimum(level, levels, out=level)
    level = np.diff(level, axis=0, prepend=0)
    value = level / levels
    # Where a step is wide, its middle is not what the votes on it are on average.
    coarse = np.broadcast_to(kind == COARSEST, level.shape)
    steps = LEVELS[COARSEST] + 1
    rows = np.arange(level.shape[0] * level.shape[1]).reshape(*level.shape[:2], 1)
    which = (rows * steps + level.astype(np.intp))[coarse]
    size = rows.size * steps
    count = np.maximum(np.bincount(which, minlength=size), 1)
    apart = np.bincount(which, weights=(votes - value)[coarse], minlength=size) / count
    centres = np.rint(np.clip(apart * LEVELS[COARSEST], -1, 1) * CENTRE)
    value[coarse] = (level[coarse] + centres[which] / CENTRE) / LEVELS[COARSEST]
    left = np.ones(kind.shape)
    for of_class in value:
        np.clip(of_class, 0, left, out=of_class)
        left -= of_class
    return Votes(
        level.astype(np.int16), centres.reshape(*level.shape[:2], steps).astype(np.int8), value
    )
