"""Pictures of confusion matrices."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from cabcnn.export.canvas import INK, label_text, new_figure, save_figure

MAX_LABELS = 15  # with more, the cells have no room for their counts
DARK = 0.55  # share above which a count is written in white


class Panel(NamedTuple):
    """A title and the counts (m, m), rows actual, columns predicted."""

    title: str
    counts: ArrayLike


def draw(panels: Sequence[Panel], labels: Sequence[str], path: Path) -> None:
    """Draws matrices side by side, each cell shaded by its share of its row.

    Raises CabcnnError if the picture can't be written.
    """
    size = min(max(2.6, 0.5 * len(labels) + 1.4), 12)
    figure = new_figure(size * len(panels) + 0.8, size + 0.6)
    names = [label_text(label) for label in labels]
    ticks = np.arange(len(labels))
    for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        counts = np.asarray(panel.counts)
        share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
        axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
        if len(labels) <= MAX_LABELS:
            for row, column in np.ndindex(*counts.shape):
                colour = "white" if share[row, column] > DARK else INK
                axes.text(
                    column, row, f"{counts[row, column]:,}",
                    ha="center", va="center", color=colour, fontsize=9,
                )  # fmt: skip
        axes.set_xticks(ticks, names, rotation=45, ha="right", rotation_mode="anchor")
        axes.set_yticks(ticks, names)
        axes.set_xlabel("predicted")
        axes.set_ylabel("actual")
        axes.set_title(label_text(panel.title), fontsize=10, color=INK)
        axes.tick_params(length=0, labelsize=8)
    save_figure(figure, path)
