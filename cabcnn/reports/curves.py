"""How a training went: loss and balanced accuracy of every epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cabcnn.export.canvas import INK, MAIN, QUIET, new, open_corner, plain, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Course(NamedTuple):
    """One training: its epochs' rows, and the one whose weights were kept."""

    name: str
    history: Sequence[Mapping[str, Any]]
    best_epoch: int


# For each panel: its heading, and the columns of training and of validation.
PANELS = (
    ("loss", ("training_loss", "balanced_loss")),
    ("balanced accuracy", ("training_recall", "unweighted_recall")),
)


def draw(courses: Sequence[Course], path: Path) -> None:
    """Draws a row of panels a training. Raises CabcnnError where the disk does not take it."""
    figure = new(9, 3.2 * len(courses))
    rows = figure.subplots(len(courses), len(PANELS), squeeze=False)
    for course, places in zip(courses, rows, strict=True):
        for axes, (heading, columns) in zip(places, PANELS, strict=True):
            _panel(axes, course, columns)
            axes.set_title(f"{plain(course.name)}: {heading}", fontsize=10, color=INK)
        places[0].set_ylim(bottom=0)
        places[1].set_ylim(0, 1.02)
        if course.history:
            places[0].legend(frameon=False, fontsize=8)
    for axes in rows[-1]:
        axes.set_xlabel("epoch")
    save(figure, path)


def _panel(axes: Axes, course: Course, columns: tuple[str, str]) -> None:
    names, colours = ("training", "validation"), (QUIET, MAIN)
    for column, name, colour in zip(columns, names, colours, strict=True):
        points = [(row["epoch"], row[column]) for row in course.history if column in row]
        if points:
            axes.plot(*zip(*points), color=colour, label=name, marker="." * (len(points) == 1))
    if course.best_epoch:
        axes.axvline(course.best_epoch, color=INK, linewidth=0.8, linestyle=":", label="kept")
    axes.locator_params(axis="x", integer=True)
    open_corner(axes)
