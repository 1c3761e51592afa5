"""The three curves as an inline SVG, drawn in the page's own colours."""

from __future__ import annotations

import html
import math
from typing import NamedTuple

import numpy as np

from cabcnn.faithfulness import Faithfulness
from cabcnn.faithfulness.clip import ORDERS
from cabcnn.ui.evidence.words import percent
from cabcnn.ui.terms import term

NAMES = {
    "strongest": "Strongest first",
    "random": "At random places",
    "weakest": "Weakest first",
}
SPREAD = (5, 95)  # percentiles of the random draws that the band holds


class Size(NamedTuple):
    """The size of the drawing in its own units: CSS pixels, if there is enough room."""

    name: str
    width: int
    height: int
    ticks: int  # per cent of silence between two marks


SIZES = (Size("wide", 760, 290, 10), Size("narrow", 330, 240, 20))
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 10, 40


def draw(measured: Faithfulness) -> str:
    """The chart in two sizes; the style sheet shows the one that fits."""
    return "".join(_svg(measured, size) for size in SIZES)


def legend() -> str:
    """The names of the lines, each with a sample of its line."""
    low, high = SPREAD
    names = dict(NAMES)
    names["random"] = term("at-random", NAMES["random"])
    names["random"] += f" <span>(band: {high - low} % of them)</span>"
    entries = (
        f'<li><svg viewBox="0 0 28 8" aria-hidden="true"><path class="line {order}" d="M0 4h28"/>'
        f"</svg>{names[order]}</li>"
        for order in ORDERS
    )
    return f'<ul class="legend">{"".join(entries)}</ul>'


def _svg(measured: Faithfulness, size: Size) -> str:
    bottom, right = size.height - BOTTOM, size.width - RIGHT
    draws = measured.random[..., measured.labels.index(measured.label)]
    low, high = np.percentile(draws, SPREAD, axis=0)
    highest = math.ceil(10 * max(measured.curves.max(), high.max())) / 10
    step = 0.1 if highest <= 0.5 else 0.2
    top = min(math.ceil(highest / step - 1e-9) * step, 1.0)

    def x(fraction: float) -> float:
        return LEFT + fraction * (right - LEFT)

    def y(probability: float) -> float:
        return bottom - probability / top * (bottom - TOP)

    def path(values: np.ndarray) -> str:
        return " ".join(f"{x(f):.1f},{y(v):.1f}" for f, v in zip(measured.fractions, values))

    parts = []
    for j in range(round(top / step) + 1):
        level = y(j * step)
        parts.append(f'<path class="grid" d="M{LEFT} {level:.1f}H{right}"/>')
        parts.append(_text(f"{100 * j * step:.0f} %", LEFT - 7, level + 4, "end"))
    for amount in range(0, 101, size.ticks):
        parts.append(_text(str(amount), x(amount / 100), bottom + 16, "middle"))
    parts.append(_text("moments silent, %", (LEFT + right) / 2, size.height - 5, "middle"))
    back = " ".join(path(low).split()[::-1])
    parts.append(f'<polygon class="band" points="{path(high)} {back}"/>')
    for order, curve in zip(ORDERS, measured.curves, strict=True):
        parts.append(f'<polyline class="line {order}" points="{path(curve)}"/>')
        for fraction, value in zip(measured.fractions, curve, strict=True):
            title = f"{NAMES[order]}, {100 * fraction:.0f} % silent: {percent(value)}"
            parts.append(
                f'<circle class="dot {order}" cx="{x(fraction):.1f}" cy="{y(value):.1f}" r="3">'
                f"<title>{title}</title></circle>"
            )
    label = html.escape(
        f"Probability of {measured.label} as moments are silenced: {_summary(measured)}"
    )
    return (
        f'<svg class="chart {size.name}" role="img" aria-label="{label}" '
        f'viewBox="0 0 {size.width} {size.height}">{"".join(parts)}</svg>'
    )


def _summary(measured: Faithfulness) -> str:
    half = int(np.argmin(np.abs(measured.fractions - 0.5)))
    each = (f"{NAMES[order]} {percent(c[half])}" for order, c in zip(ORDERS, measured.curves))
    return f"{percent(measured.curves[0, 0])} at first; at half, {', '.join(each)}"


def _text(text: str, x: float, y: float, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'
