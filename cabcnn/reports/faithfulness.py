"""Faithfulness over a corpus: a picture of the curves, and tables of curves and clips."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cabcnn.export.canvas import INK, MAIN, QUIET, hide_spines, label_text, new_figure, save_figure
from cabcnn.faithfulness import FRACTIONS, ORDERS, ClipResult, Summary

DECIMALS = 6
# The label, colour and dashes of each order.
LINES = {
    "strongest": ("strongest evidence first", MAIN, "-"),
    "random": ("elsewhere, at random", QUIET, (0, (4, 2))),
    "weakest": ("weakest evidence first", "#d4771c", "-."),
}


def draw(summary: Summary, path: Path, title: str = "") -> None:
    """Draws the three mean curves with their intervals.

    Raises CabcnnError if the picture can't be written.
    """
    figure = new_figure(6.4, 4.2)
    axes = figure.subplots()
    amounts = 100 * np.array(FRACTIONS)
    highest = summary.curves if summary.high is None else summary.high
    for row, order in enumerate(ORDERS):
        name, colour, dashes = LINES[order]
        axes.plot(amounts, summary.curves[row], color=colour, linestyle=dashes, label=name)
        if summary.low is not None and summary.high is not None:
            axes.fill_between(
                amounts,
                summary.low[row],
                summary.high[row],
                color=colour,
                alpha=0.15,
                linewidth=0,
            )
    axes.set_xlim(0, 100)
    axes.set_ylim(0, min(1.0, float(np.ceil(10 * highest.max() + 0.5)) / 10))
    axes.set_xlabel("moments silenced, %")
    axes.set_ylabel("probability of the predicted class")
    clips = f"{summary.clips} clips" if summary.clips > 1 else "one clip"
    axes.set_title(label_text(f"{title}: {clips}" if title else clips), fontsize=10, color=INK)
    axes.legend(frameon=False, fontsize=8)
    hide_spines(axes)
    save_figure(figure, path)


def curves_csv(summary: Summary) -> str:
    """A row for each order and silenced fraction: the mean probability of the clips' predicted
    classes, and its 95 % interval, empty if there is none."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["order", "silenced", "mean", "low", "high"])
    for row, order in enumerate(ORDERS):
        for j, fraction in enumerate(FRACTIONS):
            bounds = (summary.low, summary.high)
            interval = ["" if b is None else round(float(b[row, j]), DECIMALS) for b in bounds]
            mean = round(float(summary.curves[row, j]), DECIMALS)
            writer.writerow([order, fraction, mean, *interval])
    return text.getvalue()


def clips_csv(results: Sequence[ClipResult]) -> str:
    """A row for each clip: whether its evidence holds, by how much, and the silenced fraction at
    which its predicted class changed."""
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
    for row in results:
        numbers = [row.drop, row.rise, *row.p_values]
        writer.writerow(
            [
                *(row.clip.path, row.clip.speaker, row.clip.label, row.predicted, row.outcome),
                *(round(number, DECIMALS) for number in numbers),
                *("" if fraction is None else fraction for fraction in row.flip_fractions),
                *(round(float(p), DECIMALS) for p in (row.curves[0, 0], row.silence)),
            ]
        )
    return text.getvalue()
