"""Curves drawn with Braille characters, each of two columns and four rows of dots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.text import Text

BLANK = 0x2800  # Unicode's Braille patterns: one bit a dot
DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))  # by column, then row from the top


class Curve(NamedTuple):
    """Values and a colour. If there are more than fit, the last is at the right edge."""

    values: Sequence[float]
    style: str


def draw(curves: Sequence[Curve], width: int, height: int, low: float, high: float) -> list[Text]:
    """Lines of text, from `high` at the top to `low`. Later curves cover earlier ones."""
    dots = [[0] * width for _ in range(height)]
    styles = [[""] * width for _ in range(height)]
    steps = 4 * height - 1
    for curve in curves:
        shown = _fitted(curve.values, 2 * width)
        before: int | None = None
        for column, value in enumerate(shown):
            share = (min(max(value, low), high) - low) / ((high - low) or 1)
            row = steps - round(share * steps)
            # connected to the value before, so that a steep curve is a line and not a few dots
            first, last = (row, row) if before is None else sorted((row, before))
            for place in range(first, last + 1):
                if place == before and first != last:
                    continue
                dots[place // 4][column // 2] |= DOTS[column % 2][place % 4]
                styles[place // 4][column // 2] = curve.style
            before = row
    return [
        Text.assemble(*((chr(BLANK + dot), style) for dot, style in zip(line, own, strict=True)))
        for line, own in zip(dots, styles, strict=True)
    ]


def _fitted(values: Sequence[float], most: int) -> Sequence[float]:
    """At most `most` of the values, evenly spaced, including the last."""
    if len(values) <= most:
        return values
    return [values[round((len(values) - 1) * i / (most - 1))] for i in range(most)]
