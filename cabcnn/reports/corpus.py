"""A picture of a corpus: the clips of each label, and how long they are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cabcnn.corpora import Description
from cabcnn.errors import CabcnnError
from cabcnn.export.canvas import INK, MAIN, QUIET, hide_spines, label_text, new_figure, save_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ENDINGS = (".png", ".svg", ".pdf")
MAX_LABELS = 30  # a corpus by first language has two hundred
BINS = 40


def save(description: Description, path: str | Path, title: str = "") -> None:
    """Writes `draw`'s picture. Raises CabcnnError if the file name does not end in .png, .svg or
    .pdf, or if it can't be written."""
    path = Path(path)
    if path.suffix.lower() not in ENDINGS:
        raise CabcnnError(f"{path.name} ends in none of {', '.join(ENDINGS)}; choose one of them.")
    save_figure(draw(description, title), path)


def draw(description: Description, title: str = "") -> Figure:
    """Labels by number of clips on the left, with speakers and hours; lengths on the right.

    With many labels the largest are shown, and the others counted.
    """
    labels = sorted(description.labels, key=lambda facts: -facts.clips)
    shown = labels[:MAX_LABELS]
    figure = new_figure(11, max(2.8, 1.4 + 0.3 * len(shown)))
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    rows = np.arange(len(shown))
    left.barh(rows, [facts.clips for facts in shown], color=MAIN, height=0.7)
    left.set_yticks(rows, [label_text(facts.label) for facts in shown])
    left.invert_yaxis()
    for row, facts in zip(rows, shown):
        speakers = f"{facts.speakers:,} speakers, " if facts.speakers else ""
        left.annotate(
            f" {facts.clips:,} clips, {speakers}{facts.hours:.3g} h",
            (facts.clips, row),
            va="center",
            fontsize=8,
            color=INK,
        )
    left.margins(x=0.45)
    rest = len(labels) - len(shown)
    left.set_xlabel("clips" + (f" (and {rest:,} smaller labels)" if rest else ""))
    seconds = description.seconds[description.seconds > 0]
    if len(seconds):
        median = float(np.median(seconds))
        right.hist(seconds, BINS, color=QUIET)
        right.axvline(median, color=INK, linewidth=1)
        right.set_title(f"half are longer than {median:.3g} s", fontsize=9, color=INK)
    right.set_xlabel("length in seconds")
    right.set_ylabel("clips")
    for axes in (left, right):
        hide_spines(axes)
    if title:
        figure.suptitle(label_text(title), color=INK)
    return figure
