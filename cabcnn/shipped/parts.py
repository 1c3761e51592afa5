"""What the making of every shipped model shares."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from cabcnn.checkpoint import Measurement
from cabcnn.dataset.arrays import Arrays
from cabcnn.errors import CabcnnError
from cabcnn.metrics import confusion_matrix, scores
from cabcnn.model import CabCnn
from cabcnn.training.cross_validation import Split, measurement, run_split
from cabcnn.training.evaluation import Evaluation, evaluate
from cabcnn.training.recipe import Recipe
from cabcnn.training.trainer import Progress, train

RATE = 8000  # of all these corpora


def prepared(path: Path, make: Callable[[], Arrays]) -> Arrays:
    """Arrays from a file, which is made first where there is none."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npz")
        make().save(part)
        part.replace(path)
    return Arrays.load(path)


def tell(what: str, progress: Progress, model: CabCnn) -> None:
    row = progress.history[-1]
    numbers = " ".join(f"{k} {v:.3f}" for k, v in row.items() if k != "epoch")
    say(f"{what} epoch {progress.epoch}: {numbers}")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def learn(
    arrays: Arrays,
    recipe: Recipe,
    learned: NDArray[np.int64],
    state: Path,
    device: str,
) -> CabCnn:
    """Trains on some clips, every epoch of the recipe; the last weights count."""
    report = partial(tell, state.stem)
    model, _ = train(arrays, learned, [], recipe, device=device, state=state, on_epoch=report)
    return model


def scored(arrays: Arrays, recipe: Recipe, split: Split, work: Path, device: str) -> dict:
    """The result of training on one side of a split and testing on the other."""

    def run(learned: NDArray[np.int64], tested: NDArray[np.int64], state: Path) -> Evaluation:
        model = learn(arrays, recipe, learned, state, device)
        return evaluate(model, arrays, tested, recipe.seconds)

    return run_split(split, run, work, recipe.as_dict())


def ablated(
    arrays: Arrays,
    recipe: Recipe,
    others: Mapping[str, Mapping[str, Any]],
    splits: Sequence[Split],
    work: Path,
    device: str,
) -> dict[str, Measurement]:
    """What a recipe scores on unseen speakers with each change to it, on the same splits.

    `others` gives the changes by their names, as "no noise"; results are kept beside `work`, in
    folders named after them.
    """
    found = {}
    for name, changes in others.items():
        place = work.with_name(folder_of(work.name, name))
        other = replace(recipe, **changes)
        rows = [scored(arrays, other, split, place, device) for split in splits]
        found[name] = measurement(rows, arrays, name, unseen_speakers=True)
    return found


def folder_of(name: str, without: str = "") -> str:
    """Where a model's scores are kept, or those `without` an ingredient, as "no noise"."""
    return f"{name} {without}".strip().replace(" ", "-")


def worth(
    without: Mapping[str, Measurement], whole: Measurement, what: str = "one ingredient"
) -> str:
    """A card's sentence on what a model scores without each of its ingredients; `what` says whose
    they are, or how many."""
    told = [f"{name} {recall(one)}" for name, one in without.items()]
    return (
        f"Without {what}, on the same {whole.models} splits: {'; '.join(told)}; "
        f"with all {recall(whole)}."
    )


def recall(found: Measurement) -> str:
    """The unweighted recall with its spread, as cards tell it."""
    return f"{found.unweighted_recall:.2f} ± {found.spread:.2f}"


def chosen(splits: list[Split], only: str | None) -> list[Split]:
    """All splits, or the one that `only` names. Raises CabcnnError where there is none such."""
    found = [split for split in splits if only in (None, split.name)]
    if not found:
        known = ", ".join(split.name for split in splits)
        raise CabcnnError(f"There is no part {only!r}, only {known}.")
    return found


def spectrum_floor(arrays: Arrays, splits: Sequence[Split]) -> float:
    """Unweighted recall of a logistic regression that knows each clip's long-term spectrum only.

    What a model has to beat before it can be said to hear more than a voice's timbre, or the
    recording's.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    spectra = [arrays.spectrum(i, 0, int(p)) for i, p in enumerate(arrays.intervals)]
    rows = np.array([np.concatenate([s.mean(0), s.std(0)]) for s in spectra])
    recalls = []
    for split in splits:
        model = make_pipeline(
            StandardScaler(), LogisticRegression(C=0.1, class_weight="balanced", max_iter=5000)
        ).fit(rows[split.learned], arrays.labels[split.learned])
        said = model.predict(rows[split.tested])
        matrix = confusion_matrix(arrays.labels[split.tested], said, len(arrays.label_names))
        recalls.append(scores(matrix).unweighted_recall)
    return float(np.mean(recalls))


def described(device: str) -> str:
    """What the models were trained on, for their card."""
    return torch.cuda.get_device_name(device) if device.startswith("cuda") else "CPU, one core"
