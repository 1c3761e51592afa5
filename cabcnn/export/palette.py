"""Colours of classes and attention in exported pictures.

Class colours and dashes are those of the light page (views/shared/palette.js says how they were
chosen). They repeat after ten classes, and a class is never identified by its colour alone.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

CLASSES = (
    "#4a70e2",
    "#e0780f",
    "#225d4f",
    "#a36799",
    "#716e20",
    "#74378b",
    "#8b2808",
    "#289be0",
    "#9f9187",
    "#332d51",
)
# Lengths of dash and gap, in points.
DASHES = (
    (),
    (6, 3),
    (2, 2),
    (9, 3, 2, 3),
    (12, 4),
    (4, 2, 1, 2),
    (1, 3),
    (9, 2, 2, 2, 2, 2),
    (3, 5),
    (14, 2),
)
# The light page's colour map for attention, at 17 steps from 0 to 1: its lightness decreases
# evenly, for every kind of colour vision and in greyscale too.
ATTENTION = (
    "#fcfaf4",
    "#f3ebd7",
    "#ecdaba",
    "#e7c99e",
    "#e4b685",
    "#e2a16f",
    "#df8c5e",
    "#d97657",
    "#d06157",
    "#c54e5a",
    "#b63b62",
    "#a02e6d",
    "#892376",
    "#6f1c7a",
    "#561a73",
    "#3f1769",
    "#29135b",
)


def colour(k: int) -> str:
    """The colour of class k, as #rrggbb."""
    return CLASSES[k % len(CLASSES)]


def dashes(k: int) -> tuple[int, ...]:
    """The dash pattern of class k's line: lengths of dash and gap; empty for a solid line."""
    return DASHES[k % len(DASHES)]


def max_weight(attention: NDArray[np.float64]) -> float:
    """The upper end of the colour scale, as on the page: the largest weight, rounded up to 0.1."""
    return min(max(math.ceil(attention.max() * 10 - 1e-6) / 10, 0.1), 1.0)
