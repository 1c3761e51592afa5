"""A training run's report: what a person reads of it, in a folder."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np

from cabcnn.training import whole
from cabcnn.training.run import Outcome

DECIMALS = 6


def write(outcome: Outcome, folder: Path) -> None:
    """Writes the whole report.

    Raises CabcnnError where the disk does not take it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise whole.unwritable(folder, error) from error
    whole.write(folder / "scores.json", outcome.card.to_json())
    whole.write(folder / "predictions.csv", _predictions(outcome))


def _predictions(outcome: Outcome) -> str:
    """One row a test clip of each split."""
    labels = outcome.card.labels
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["split", "path", "speaker", "label", "predicted", *labels])
    for result in outcome.results:
        for clip, row in zip(result.part.clips.test, result.evaluation.probabilities, strict=True):
            one, said = outcome.clips[clip], labels[int(row.argmax())]
            chances = np.round(row, DECIMALS).tolist()
            writer.writerow([result.part.name, one.path, one.speaker, one.label, said, *chances])
    return text.getvalue()
