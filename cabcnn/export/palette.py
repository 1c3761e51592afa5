"""Colours of classes and of attention, the same in every picture that is taken away.

Class colours and dashes are the light page's (cabcnn/ui/components/js/palette.js tells how
they were found); beyond ten they repeat, and a class is never told by its colour alone.
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
# Lengths of line and gap, in points.
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
# The light page's scale of attention at every sixteenth from 0 to 1: its lightness falls evenly
# from paper to ink, for every kind of colour vision and in grey too.
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
    """Of class k, as #rrggbb."""
    return CLASSES[k % len(CLASSES)]


def dashes(k: int) -> tuple[int, ...]:
    """Of class k's line: lengths of line and gap; empty for an unbroken one."""
    return DASHES[k % len(DASHES)]


def top(attention: NDArray[np.float64]) -> float:
    """Where the scale of these weights ends: the largest, rounded up to tenths, as on the page."""
    return min(max(math.ceil(attention.max() * 10 - 1e-6) / 10, 0.1), 1.0)
