"""What all drawn pictures share: a figure without a screen, its colours, its file."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from cabcnn import files

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, QUIET, MAIN = "#222222", "#8a8f98", "#2a78b5"
DPI = 150
LONGEST = 40  # characters of a label or a title


def new(width: float, height: float) -> Figure:
    """A figure of so many inches. It belongs to nobody else: pyplot would keep it, and is no
    friend of threads."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def open_corner(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)


def save(figure: Figure, path: Path) -> None:
    """Writes the kind of picture that the name ends in, whole or not at all.

    Raises CabcnnError where the disk does not take it.
    """
    picture = io.BytesIO()
    figure.savefig(picture, format=path.suffix.removeprefix(".").lower(), dpi=DPI)
    files.write(path, picture.getvalue())


def plain(text: str) -> str:
    """Text as it is, dollar signs too, and not too long for an axis."""
    text = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
    return text.replace("$", r"\$")
