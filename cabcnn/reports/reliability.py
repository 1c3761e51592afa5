"""Whether a model that is 80 % sure is right 80 % of the time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cabcnn.export.canvas import INK, MAIN, QUIET, new, open_corner, plain, save
from cabcnn.metrics import Calibration


class Panel(NamedTuple):
    """A title and what it is about."""

    title: str
    calibration: Calibration


def draw(panels: Sequence[Panel], path: Path) -> None:
    """Draws how sure against how often right, and below it how many clips were so sure.

    Raises CabcnnError where the disk does not take the picture.
    """
    figure = new(4 * len(panels), 4.6)
    rows = figure.subplots(2, len(panels), squeeze=False, sharex=True, height_ratios=(3, 1))
    for number, (title, found) in enumerate(panels):
        upper, lower = rows[0][number], rows[1][number]
        upper.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle=":")
        upper.plot(found.confidence, found.accuracy, color=MAIN, marker="o", markersize=4)
        upper.set_title(f"{plain(title)}\nmean distance {found.error:.3f}", fontsize=9, color=INK)
        upper.set_ylim(0, 1.02)
        upper.set_xlim(0, 1.02)
        upper.set_ylabel("share that is right")
        lower.bar(found.confidence, found.clips, width=0.05, color=QUIET)
        lower.set_ylabel("clips")
        lower.locator_params(axis="y", integer=True, nbins=3)
        lower.set_xlabel("how sure it was")
        for axes in (upper, lower):
            open_corner(axes)
    save(figure, path)
