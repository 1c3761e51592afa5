"""All results of a study as one tidy table, and what follows from several of them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cabcnn.baselines import RIVALS
from cabcnn.errors import CabcnnError
from cabcnn.metrics import Scores
from cabcnn.study import cell as cells
from cabcnn.study.grid import FILE, MODELS, OURS
from cabcnn.study.rivals import PATIENCE
from cabcnn.training import whole

TABLE = "results.csv"
COLUMNS: tuple[str, ...] = (
    "model", "seconds", "run", "protocol", "accuracy", "unweighted_recall", "macro_f1",
    "parameters", "epochs", "max_epochs", "best_epoch", "training_seconds", "clip_milliseconds",
    "effective_classifiers", "device",
)  # fmt: skip


class Group(NamedTuple):
    """All runs of one network at one T, the first run first."""

    model: str
    seconds: float
    runs: list[dict[str, Any]]

    @property
    def best(self) -> int:
        """The run with the highest accuracy, as the paper chooses: by the test clips."""
        return int(np.argmax([run["accuracy"] for run in self.runs]))

    def score(self, name: str) -> NDArray[np.float64]:
        """One number of every run, (r,)."""
        return np.array([run[name] for run in self.runs], np.float64)

    @property
    def best_scores(self) -> Scores:
        run = self.runs[self.best]
        return Scores(*(run[name] for name in Scores._fields))

    @property
    def mean_scores(self) -> Scores:
        return Scores(*(float(self.score(name).mean()) for name in Scores._fields))

    @property
    def spread(self) -> float | None:
        """Standard deviation of the runs' unweighted recalls; None of a single run."""
        recalls = self.score("unweighted_recall")
        return float(recalls.std(ddof=1)) if len(recalls) > 1 else None

    @property
    def capped(self) -> int:
        """How many runs ended at their cap of epochs, not by patience."""
        return sum(
            run["epochs"] == run["max_epochs"] and run["epochs"] - run["best_epoch"] < PATIENCE
            for run in self.runs
        )

    @property
    def right(self) -> NDArray[np.bool_]:
        """Which test clips each run got right, (r, N)."""
        return np.array(
            [np.argmax(run["probabilities"], 1) == np.array(run["labels"]) for run in self.runs]
        )


def title_of(group: Group) -> str:
    """As the paper's tables name it."""
    if group.model == OURS:
        return f"CAB-CNN-{group.seconds:g}s"
    if group.model in RIVALS:
        return RIVALS[group.model].title + (
            " (reconstruction)" if RIVALS[group.model].reconstruction else ""
        )
    return f"{MODELS[group.model]}, {group.seconds:g} s"


def study(folder: Path) -> dict[str, Any]:
    """What the study in a folder is of. Raises CabcnnError where there is none."""
    try:
        return json.loads((folder / FILE).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CabcnnError(f"There is no study in {folder} ({error}).") from error


def groups(folder: Path) -> list[Group]:
    """Every finished cell, in the order of MODELS and T.

    Raises CabcnnError where none is finished, or one is damaged.
    """
    rows = [cells.read(path) for path in sorted((folder / "cells").glob("*.json"))]
    if not rows:
        raise CabcnnError(f"Nothing in {folder} is finished yet; let the study run first.")
    order = {name: place for place, name in enumerate(MODELS)}
    keys = sorted({(row["model"], row["seconds"]) for row in rows}, key=lambda k: (order[k[0]], k))
    return [
        Group(
            model,
            seconds,
            sorted(
                (row for row in rows if (row["model"], row["seconds"]) == (model, seconds)),
                key=lambda row: row["run"],
            ),
        )
        for model, seconds in keys
    ]


def write_table(found: list[Group], folder: Path) -> None:
    """Writes results.csv, one row a trained model.

    Raises CabcnnError where the disk is full.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for group in found:
        writer.writerows(group.runs)
    whole.write(folder / TABLE, text.getvalue())
