"""Every clip that was tested, and what a model said of it, as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cabcnn.corpora import Clip, path_within

DECIMALS = 6

Row = tuple[str, Clip, NDArray[np.float64]]


def to_csv(rows: Iterable[Row], labels: Sequence[str], corpus: str | Path) -> str:
    """One line for each (split, clip, probabilities (m,)): who, what it is, what was said, each
    class's probability. Paths are those inside the `corpus`, wherever it lies."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["split", "path", "speaker", "label", "predicted", *labels])
    for split, clip, probabilities in rows:
        said = labels[int(probabilities.argmax())]
        chances = np.round(probabilities, DECIMALS).tolist()
        path = path_within(clip.path, corpus)
        writer.writerow([split, path, clip.speaker, clip.label, said, *chances])
    return text.getvalue()
