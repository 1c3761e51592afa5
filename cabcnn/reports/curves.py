"""Learning curves: loss and balanced accuracy of every epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cabcnn.export.canvas import INK, MAIN, QUIET, hide_spines, label_text, new_figure, save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Curves(NamedTuple):
    """One training: a row for each epoch, and the epoch whose weights were kept."""

    name: str
    history: Sequence[Mapping[str, Any]]
    best_epoch: int


# For each panel: its title, and the columns for training and validation.
PANELS = (
    ("loss", ("training_loss", "balanced_loss")),
    ("balanced accuracy", ("training_recall", "unweighted_recall")),
)


def draw(trainings: Sequence[Curves], path: Path) -> None:
    """Draws a row of panels for each training. Raises CabcnnError if it can't be written."""
    figure = new_figure(9, 3.2 * len(trainings))
    rows = figure.subplots(len(trainings), len(PANELS), squeeze=False)
    for training, row in zip(trainings, rows, strict=True):
        for axes, (title, columns) in zip(row, PANELS, strict=True):
            _panel(axes, training, columns)
            axes.set_title(f"{label_text(training.name)}: {title}", fontsize=10, color=INK)
        row[0].set_ylim(bottom=0)
        row[1].set_ylim(0, 1.02)
        if training.history:
            row[0].legend(frameon=False, fontsize=8)
    for axes in rows[-1]:
        axes.set_xlabel("epoch")
    save_figure(figure, path)


def _panel(axes: Axes, training: Curves, columns: tuple[str, str]) -> None:
    names, colours = ("training", "validation"), (QUIET, MAIN)
    for column, name, colour in zip(columns, names, colours, strict=True):
        points = [(row["epoch"], row[column]) for row in training.history if column in row]
        if points:
            axes.plot(*zip(*points), color=colour, label=name, marker="." * (len(points) == 1))
    if training.best_epoch:
        axes.axvline(training.best_epoch, color=INK, linewidth=0.8, linestyle=":", label="kept")
    axes.locator_params(axis="x", integer=True)
    hide_spines(axes)
