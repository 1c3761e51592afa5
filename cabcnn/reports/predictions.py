"""A table of every tested clip and its predicted probabilities."""

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
    """A row for each (split, clip, probabilities (m,)): path, speaker, label, predicted class, and
    the probability of each class. Paths are relative to the `corpus`."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["split", "path", "speaker", "label", "predicted", *labels])
    for split, clip, probabilities in rows:
        predicted = labels[int(probabilities.argmax())]
        rounded = np.round(probabilities, DECIMALS).tolist()
        path = path_within(clip.path, corpus)
        writer.writerow([split, path, clip.speaker, clip.label, predicted, *rounded])
    return text.getvalue()
