"""What became of answers as moments were silenced: a picture, and tables of curves and clips."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cabcnn.export.canvas import INK, MAIN, QUIET, new, open_corner, plain, save
from cabcnn.faithfulness import FRACTIONS, Measured, Summary
from cabcnn.faithfulness.clip import ORDERS

DECIMALS = 6
# For each order: what it is called, its colour, its dashes.
LINES = {
    "strongest": ("strongest evidence first", MAIN, "-"),
    "random": ("elsewhere, at random", QUIET, (0, (4, 2))),
    "weakest": ("weakest evidence first", "#d4771c", "-."),
}


def draw(summary: Summary, path: Path, title: str = "") -> None:
    """Draws the three mean curves with their intervals. Raises CabcnnError where the disk does
    not take it."""
    figure = new(6.4, 4.2)
    axes = figure.subplots()
    amounts = 100 * np.array(FRACTIONS)
    highest = summary.curves if summary.high is None else summary.high
    for place, order in enumerate(ORDERS):
        name, colour, dashes = LINES[order]
        axes.plot(amounts, summary.curves[place], color=colour, linestyle=dashes, label=name)
        if summary.low is not None and summary.high is not None:
            axes.fill_between(
                amounts,
                summary.low[place],
                summary.high[place],
                color=colour,
                alpha=0.15,
                linewidth=0,
            )
    axes.set_xlim(0, 100)
    axes.set_ylim(0, min(1.0, float(np.ceil(10 * highest.max() + 0.5)) / 10))
    axes.set_xlabel("moments silenced, %")
    axes.set_ylabel("probability of the clip's own answer")
    many = f"{summary.clips} clips" if summary.clips > 1 else "one clip"
    axes.set_title(plain(f"{title}: {many}" if title else many), fontsize=10, color=INK)
    axes.legend(frameon=False, fontsize=8)
    open_corner(axes)
    save(figure, path)


def curves_csv(summary: Summary) -> str:
    """One line for each order and amount: the mean probability of the clips' own answers, and
    its 95 % interval, empty where there is none."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["order", "silenced", "mean", "low", "high"])
    for place, order in enumerate(ORDERS):
        for j, amount in enumerate(FRACTIONS):
            edges = (summary.low, summary.high)
            between = ["" if e is None else round(float(e[place, j]), DECIMALS) for e in edges]
            mean = round(float(summary.curves[place, j]), DECIMALS)
            writer.writerow([order, amount, mean, *between])
    return text.getvalue()


def clips_csv(rows: Sequence[Measured]) -> str:
    """One line a clip: whether its evidence holds, by how much, and when its answer changed."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(
        [
            *("path", "speaker", "label", "predicted", "outcome", "drop", "rise"),
            *("chance_strongest", "chance_weakest"),
            *(f"changed_{order}" for order in ORDERS),
            *("probability", "probability_of_silence"),
        ]
    )
    for row in rows:
        facts = [row.drop, row.rise, *row.chance]
        writer.writerow(
            [
                *(row.clip.path, row.clip.speaker, row.clip.label, row.predicted, row.outcome),
                *(round(fact, DECIMALS) for fact in facts),
                *("" if turn is None else turn for turn in row.turns),
                *(round(float(end), DECIMALS) for end in (row.curves[0, 0], row.silence)),
            ]
        )
    return text.getvalue()
