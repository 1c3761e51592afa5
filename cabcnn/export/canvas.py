"""Matplotlib figures for every picture: created without a screen, styled and saved."""

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
MAX_LENGTH = 40  # characters of a label or a title


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, in inches, not of pyplot, which keeps figures and is not thread-safe."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def hide_spines(axes: Axes) -> None:
    """Removes the top and right edges of the axes."""
    axes.spines[["top", "right"]].set_visible(False)


def save_figure(figure: Figure, path: Path) -> None:
    """Writes a picture in the format of the path's extension, atomically.

    Raises CabcnnError if it can't be written.
    """
    picture = io.BytesIO()
    figure.savefig(picture, format=path.suffix.removeprefix(".").lower(), dpi=DPI)
    files.write(path, picture.getvalue())


def escape(text: str) -> str:
    """Text without matplotlib's maths: dollar signs are shown as they are."""
    return text.replace("$", r"\$")


def label_text(text: str) -> str:
    """Text for a label or a title, escaped and not too long."""
    return escape(text if len(text) <= MAX_LENGTH else text[: MAX_LENGTH - 1] + "…")
