"""A corpus at a glance: the clips of each label, and how long they are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cabcnn.corpora import Description
from cabcnn.errors import CabcnnError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ENDINGS = (".png", ".svg", ".pdf")
MOST_LABELS = 30  # a corpus by first language has two hundred
BINS = 40
BAR, HISTOGRAM, INK = "#2a78b5", "#8a8f98", "#222222"


def save(description: Description, path: str | Path, title: str = "") -> None:
    """Writes `draw`'s picture. Raises CabcnnError where the file's name does not end in .png,
    .svg or .pdf, or where the disk does not take it."""
    path = Path(path)
    if path.suffix.lower() not in ENDINGS:
        raise CabcnnError(f"{path.name} ends in none of {', '.join(ENDINGS)}; choose one of them.")
    figure = draw(description, title)
    try:
        figure.savefig(path, dpi=150)
    except OSError as error:
        raise CabcnnError(f"{path} can't be written: {error.strerror}.") from error


def draw(description: Description, title: str = "") -> Figure:
    """Labels by their clips on the left, with speakers and hours; lengths on the right.

    Of many labels the largest are shown, and how many were not.
    """
    from matplotlib.figure import Figure

    labels = sorted(description.labels, key=lambda facts: -facts.clips)
    shown = labels[:MOST_LABELS]
    figure = Figure(figsize=(11, max(2.8, 1.4 + 0.3 * len(shown))), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    places = np.arange(len(shown))
    left.barh(places, [facts.clips for facts in shown], color=BAR, height=0.7)
    # A label's own words may hold what matplotlib takes for mathematics.
    names = [_plain(facts.label) for facts in shown]
    left.set_yticks(places, names)
    left.invert_yaxis()
    for place, facts in zip(places, shown):
        voices = f"{facts.speakers:,} speakers, " if facts.speakers else ""
        left.annotate(
            f" {facts.clips:,} clips, {voices}{facts.hours:.3g} h",
            (facts.clips, place),
            va="center",
            fontsize=8,
            color=INK,
        )
    left.margins(x=0.45)
    rest = len(labels) - len(shown)
    left.set_xlabel("clips" + (f" (and {rest:,} smaller labels)" if rest else ""))
    heard = description.seconds[description.seconds > 0]
    if len(heard):
        right.hist(heard, BINS, color=HISTOGRAM)
        right.axvline(float(np.median(heard)), color=INK, linewidth=1)
        right.set_title(f"half are longer than {np.median(heard):.3g} s", fontsize=9, color=INK)
    right.set_xlabel("length in seconds")
    right.set_ylabel("clips")
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    if title:
        figure.suptitle(_plain(title), color=INK)
    return figure


def _plain(text: str) -> str:
    """Text as it is, dollar signs too, and not too long for an axis."""
    text = text if len(text) <= 40 else text[:39] + "…"
    return text.replace("$", r"\$")
