"""Reliability diagrams: whether predictions made with 80 % confidence are 80 % correct."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cabcnn.export.canvas import INK, MAIN, QUIET, hide_spines, label_text, new_figure, save_figure
from cabcnn.metrics import Calibration


class Panel(NamedTuple):
    """A title and the calibration to draw."""

    title: str
    calibration: Calibration


def draw(panels: Sequence[Panel], path: Path) -> None:
    """Draws accuracy against confidence, and below it the number of clips in each bin.

    Raises CabcnnError if the picture can't be written.
    """
    figure = new_figure(4 * len(panels), 4.6)
    rows = figure.subplots(2, len(panels), squeeze=False, sharex=True, height_ratios=(3, 1))
    for number, (title, bins) in enumerate(panels):
        upper, lower = rows[0][number], rows[1][number]
        upper.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle=":")
        upper.plot(bins.confidence, bins.accuracy, color=MAIN, marker="o", markersize=4)
        name = f"{label_text(title)}\ncalibration error {bins.error:.3f}"
        upper.set_title(name, fontsize=9, color=INK)
        upper.set_ylim(0, 1.02)
        upper.set_xlim(0, 1.02)
        upper.set_ylabel("accuracy")
        lower.bar(bins.confidence, bins.clips, width=0.05, color=QUIET)
        lower.set_ylabel("clips")
        lower.locator_params(axis="y", integer=True, nbins=3)
        lower.set_xlabel("confidence")
        for axes in (upper, lower):
            hide_spines(axes)
    save_figure(figure, path)
