"""All results of a study as a tidy table, and statistics over the runs of each network."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cabcnn import files, schema
from cabcnn.baselines import BASELINES
from cabcnn.errors import CabcnnError
from cabcnn.metrics import Scores
from cabcnn.study import cell as cells
from cabcnn.study.grid import BASELINE_SECONDS, FILE, MODELS, OURS, is_reconstruction
from cabcnn.study.train_baseline import PATIENCE

TABLE = "results.csv"
FIRST_SECONDS_TABLE = "first_seconds.csv"
ABOVE_GUESSING = 2.0  # standard errors
COLUMNS: tuple[str, ...] = (
    "model", "reconstruction", "seconds", "run", "protocol", "accuracy", "unweighted_recall",
    "macro_f1", "parameters", "epochs", "max_epochs", "best_epoch", "training_seconds",
    "clip_milliseconds", "effective_classifiers", "device", "torch",
)  # fmt: skip


class Group(NamedTuple):
    """All runs of one network at one T, in order."""

    model: str
    seconds: float
    runs: list[dict[str, Any]]

    @property
    def best(self) -> int:
        """The run with the highest test accuracy, which the paper reports."""
        return int(np.argmax([run["accuracy"] for run in self.runs]))

    def score(self, name: str) -> NDArray[np.float64]:
        """One number of each run, (r,)."""
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
        """Standard deviation of the runs' unweighted recalls; None for a single run."""
        recalls = self.score("unweighted_recall")
        return float(recalls.std(ddof=1)) if len(recalls) > 1 else None

    @property
    def capped(self) -> int:
        """The number of runs that ended at their limit of epochs, not by early stopping."""
        return sum(
            run["epochs"] == run["max_epochs"] and run["epochs"] - run["best_epoch"] < PATIENCE
            for run in self.runs
        )

    @property
    def by_seconds(self) -> dict[str, float]:
        """Mean recall from the first t seconds of each test clip, by t; empty if not measured."""
        steps = self.runs[0].get("by_seconds", {})
        return {t: float(np.mean([run["by_seconds"][t] for run in self.runs])) for t in steps}

    @property
    def one_class(self) -> bool:
        """Whether each run predicted the same class for all test clips."""
        return all(np.count_nonzero(np.sum(run["confusion"], 0)) == 1 for run in self.runs)

    @property
    def at_guessing(self) -> bool:
        """Whether no run was better than guessing by two standard errors of its recall."""
        clips = np.sum(self.runs[0]["confusion"], 1)
        clips = clips[clips > 0]
        chance = 1 / len(clips)
        error = np.sqrt((chance * (1 - chance) / clips).sum()) / len(clips)
        best = self.score("unweighted_recall").max()
        return bool(self.one_class or best <= chance + ABOVE_GUESSING * error)

    @property
    def right(self) -> NDArray[np.bool_]:
        """Which test clips each run classified correctly, (r, N)."""
        return np.array(
            [np.argmax(run["probabilities"], 1) == np.array(run["labels"]) for run in self.runs]
        )


def title_of(group: Group) -> str:
    """The network's name in the paper's tables."""
    if group.model == OURS:
        return f"CAB-CNN-{group.seconds:g}s"
    if group.model in BASELINES:
        return MODELS[group.model]
    return f"{MODELS[group.model]}, {group.seconds:g} s"


def compared(groups: Sequence[Group]) -> Group | None:
    """CAB-CNN as in Tables 3 and 7: at 30 s; if that was not run, at the T with the highest mean
    recall on the test clips. None if it was not run at all."""
    ours = [group for group in groups if group.model == OURS]
    thirty = [group for group in ours if group.seconds == BASELINE_SECONDS]
    if thirty:
        return thirty[0]
    return max(ours, key=lambda group: group.mean_scores.unweighted_recall, default=None)


def study(folder: Path) -> dict[str, Any]:
    """A study's study.json. Raises CabcnnError if there is none."""
    try:
        return schema.read(folder / FILE, "choose another folder")
    except FileNotFoundError as error:
        raise CabcnnError(f"There is no study in {folder}.") from error


def groups(folder: Path) -> list[Group]:
    """All finished cells, grouped, in the order of MODELS and T.

    Raises CabcnnError if none is finished, or one is damaged.
    """
    rows = [cells.read(path) for path in sorted((folder / "cells").glob("*.json"))]
    if not rows:
        raise CabcnnError(f"No model in {folder} is finished yet; run the study first.")
    order = {name: index for index, name in enumerate(MODELS)}
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


def write_tables(groups: Sequence[Group], folder: Path) -> None:
    """Writes results.csv, with a row for each trained model, and for CAB-CNN first_seconds.csv,
    with a row for each model and number of seconds and the recall from these.

    Raises CabcnnError if they can't be written.
    """
    runs = [run for group in groups for run in group.runs]
    _write(
        folder / TABLE,
        COLUMNS,
        [
            {**run, "reconstruction": "yes" if is_reconstruction(run["model"]) else "no"}
            for run in runs
        ],
    )
    columns = ("model", "seconds", "run", "protocol")
    first_seconds = [
        {**{name: run[name] for name in columns}, "heard_seconds": t, "unweighted_recall": recall}
        for run in runs
        for t, recall in run.get("by_seconds", {}).items()
    ]
    if first_seconds:
        _write(folder / FIRST_SECONDS_TABLE, tuple(first_seconds[0]), first_seconds)


def _write(path: Path, columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    files.write(path, text.getvalue())
