"""An explanation as a file of numbers: csv to read, json to exchange, npz to compute with."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from cabcnn.errors import CabcnnError
from cabcnn.explanation import Explanation
from cabcnn.model import INTERVAL_SECONDS

DECIMALS = 7  # a float32 carries no more


def as_dict(explanation: Explanation) -> dict[str, Any]:
    """Everything as plain lists, ready for JSON: the verdict, then the matrices behind it.

    `probabilities` maps each label to its probability; `times` (p,) are the intervals'
    centres in seconds; `attention` (p, n), `votes` (p, n, m) and `interval_probabilities`
    (p, m) have their classes in the order of `labels`. Matrices are rounded to 7 decimals.
    """
    x = explanation
    return {
        "name": x.name,
        "model": x.model,
        "label": x.label,
        "probabilities": dict(zip(x.labels, x.probabilities.tolist(), strict=True)),
        "labels": list(x.labels),
        "seconds": x.seconds,
        "notices": list(x.notices),
        "effective_classifiers": x.effective_classifiers,
        "interval_seconds": INTERVAL_SECONDS,
        "times": np.round(x.times, DECIMALS).tolist(),
        "selected": x.selected.tolist(),
        "attention": np.round(x.attention, DECIMALS).tolist(),
        "votes": np.round(x.votes, DECIMALS).tolist(),
        "interval_probabilities": np.round(x.interval_probabilities, DECIMALS).tolist(),
    }


def to_csv(explanation: Explanation, path: Path) -> None:
    """One row an interval, for a spreadsheet or a statistics program.

    Columns: the clip and the model; the interval's number, start and end in seconds; the
    class it favours; the selected classifier, its attention weight and its votes
    (`vote US`, ...); the interval's probabilities (`interval US`, ...); and the verdict had
    the clip ended there (`so far US`, ...), whose last row is the answer. Files of several
    clips can be put below each other.
    """
    x = explanation
    rows = np.arange(len(x.times))
    by_class = np.hstack(
        [x.votes[rows, x.selected], x.interval_probabilities, x.verdict_so_far]
    ).round(DECIMALS)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["clip", "model", "interval", "start", "end", "label", "classifier", "attention"]
            + [f"{what} {label}" for what in ("vote", "interval", "so far") for label in x.labels]
        )
        for t, selected in enumerate(x.selected):
            writer.writerow(
                [
                    x.name,
                    x.model,
                    t,
                    round(t * INTERVAL_SECONDS, 3),
                    round((t + 1) * INTERVAL_SECONDS, 3),
                    x.labels[int(x.interval_probabilities[t].argmax())],
                    selected,
                    round(float(x.attention[t, selected]), DECIMALS),
                    *by_class[t].tolist(),
                ]
            )


def to_json(explanation: Explanation, path: Path) -> None:
    """What `as_dict` gives, as one JSON object."""
    path.write_text(json.dumps(as_dict(explanation), ensure_ascii=False), "utf-8")


def to_npz(explanation: Explanation, path: Path) -> None:
    """All matrices at full precision, for `numpy.load`, which needs no pickle to read them."""
    x = explanation
    with path.open("wb") as file:
        np.savez_compressed(
            file,
            name=np.array(x.name),
            model=np.array(x.model),
            label=np.array(x.label),
            labels=np.array(x.labels),
            notices=np.array(x.notices, np.str_),
            seconds=np.array(x.seconds),
            probabilities=x.probabilities,
            times=x.times,
            selected=x.selected,
            attention=x.attention,
            votes=x.votes,
            interval_probabilities=x.interval_probabilities,
            shares=x.shares,
        )


WRITERS: dict[str, Callable[[Explanation, Path], None]] = {
    ".csv": to_csv,
    ".json": to_json,
    ".npz": to_npz,
}


def write(explanation: Explanation, path: str | Path) -> None:
    """Writes the format that the file's name ends in: .csv, .json or .npz.

    Raises CabcnnError for another ending, or where the disk does not take the file.
    """
    path = Path(path)
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        raise CabcnnError(f"{path.name} ends in none of {', '.join(WRITERS)}; choose one of them.")
    try:
        writer(explanation, path)
    except OSError as error:
        raise CabcnnError(f"{path} can't be written: {error.strerror}.") from error
