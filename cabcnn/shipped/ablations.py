"""What a recipe scores without one of its ingredients, and how a model's card says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cabcnn.checkpoint import Measurement
from cabcnn.dataset.arrays import Arrays
from cabcnn.shipped.experiments import score_split
from cabcnn.training.cross_validation import Split, measurement
from cabcnn.training.recipe import Recipe


def measure_ablations(
    arrays: Arrays,
    recipe: Recipe,
    ablations: Mapping[str, Mapping[str, Any]],
    splits: Sequence[Split],
    work: Path,
    device: str,
) -> dict[str, Measurement]:
    """The scores of a recipe with each of several changes, on unseen speakers and the same splits.

    `ablations` gives the changed fields by the change's name, such as "no noise". The results are
    kept beside `work`, in folders with these names.
    """
    measurements = {}
    for name, changes in ablations.items():
        folder = work.with_name(results_folder(work.name, name))
        changed = replace(recipe, **changes)
        rows = [score_split(arrays, changed, split, folder, device) for split in splits]
        measurements[name] = measurement(rows, arrays, name, unseen_speakers=True)
    return measurements


def results_folder(model: str, ablation: str = "") -> str:
    """The name of the folder with a model's scores, or with those of an ablation ("no noise")."""
    return f"{model} {ablation}".strip().replace(" ", "-")


def ablation_note(
    ablations: Mapping[str, Measurement], full: Measurement, what: str = "one ingredient"
) -> str:
    """A card's sentence on the scores without each of a model's ingredients, which are `what`."""
    scores = [f"{name} {recall_with_spread(one)}" for name, one in ablations.items()]
    splits = f"{full.models} splits" if full.models > 1 else "split"
    return (
        f"Without {what}, on the same {splits}: {'; '.join(scores)}; "
        f"with all {recall_with_spread(full)}."
    )


def recall_with_spread(measured: Measurement) -> str:
    spread = f" ± {measured.spread:.2f}" if measured.models > 1 else ""
    return f"{measured.unweighted_recall:.2f}{spread}"
