"""Training and scoring a shipped model's recipe on splits of its corpus, resumable at any time."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cabcnn import files
from cabcnn.dataset.arrays import Arrays
from cabcnn.errors import CabcnnError
from cabcnn.model import CabCnn
from cabcnn.training.cross_validation import Split, run_split
from cabcnn.training.evaluation import Evaluation, evaluate
from cabcnn.training.recipe import Recipe
from cabcnn.training.trainer import Progress, train

RATE = 8000  # of all these corpora but that of the words


def load_or_prepare(path: Path, prepare: Callable[[], Arrays]) -> Arrays:
    """The arrays in a file, which is written first if it does not exist."""
    if not path.exists():
        files.make_folder(path.parent)
        prepare().save(path)
    return Arrays.load(path)


def train_all_epochs(
    arrays: Arrays, recipe: Recipe, clips: NDArray[np.int64], state: Path, device: str
) -> CabCnn:
    """Trains on `clips` for all epochs of the recipe, without validation, and keeps the last
    weights."""
    report = partial(print_epoch, state.stem)
    model, _ = train(arrays, clips, [], recipe, device=device, state=state, on_epoch=report)
    return model


def score_split(arrays: Arrays, recipe: Recipe, split: Split, work: Path, device: str) -> dict:
    """Trains on one side of a split and tests on the other; returns `run_split`'s row."""

    def learn(learned: NDArray[np.int64], tested: NDArray[np.int64], state: Path) -> Evaluation:
        model = train_all_epochs(arrays, recipe, learned, state, device)
        return evaluate(model, arrays, tested, recipe.seconds)

    return run_split(split, learn, work, recipe.as_dict())


def select_splits(splits: list[Split], only: str | None) -> list[Split]:
    """All splits, or the one named `only`. Raises CabcnnError if there is none of that name."""
    selected = [split for split in splits if only in (None, split.name)]
    if not selected:
        known = ", ".join(split.name for split in splits)
        raise CabcnnError(f"There is no split {only!r}; choose one of {known}.")
    return selected


def print_epoch(run: str, progress: Progress, model: CabCnn) -> None:
    row = progress.history[-1]
    numbers = " ".join(f"{k} {v:.3f}" for k, v in row.items() if k not in ("epoch", "best"))
    print_line(f"{run} epoch {progress.epoch}: {numbers}")


def print_line(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
