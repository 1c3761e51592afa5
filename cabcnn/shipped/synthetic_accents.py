"""Five accents of synthetic voices: the built-in corpus, by the page's `robust` recipe with all
that can be added to it: changes of loudness and speed, the attention spread, annealing.

The first fold's model ships: its own score is among those on the card.
"""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import numpy as np

from cabcnn import checkpoint, devices
from cabcnn.checkpoint import Card
from cabcnn.corpora.built_in import read_built_in
from cabcnn.dataset.arrays import Arrays, prepare
from cabcnn.runs.card import median_seconds, novelty_threshold
from cabcnn.shipped.ablations import ablation_note, measure_ablations
from cabcnn.shipped.experiments import (
    RATE,
    load_or_prepare,
    print_line,
    score_split,
    select_splits,
    train_all_epochs,
)
from cabcnn.training.cross_validation import Split, fold_splits, measurement, sureness_of
from cabcnn.training.evaluation import evaluate
from cabcnn.training.recipe import ROBUST

NAME = "synthetic-accents"
SECONDS = 5.0
ADDED = {"anneal": True, "gain": 6.0, "speed": 0.1, "spread": 0.01}
RECIPE = replace(ROBUST, seconds=SECONDS, max_epochs=15, monitor="nothing", **ADDED)
FOLDS = 4
ABLATIONS = {
    "no augmentation": {"gain": 0.0, "noise": 0.0, "speed": 0.0},
    "no spread, gain, speed": {"spread": 0.0, "gain": 0.0, "speed": 0.0},
}


def make(corpus: Path | None, work: Path, device: str, only: str | None) -> None:
    """Measures the recipe and its ablations in all folds and writes the first fold's model; `only`
    measures one fold and writes none.

    Folds over clips, where the tested voices are known from other clips, show how much easier that
    is.
    """
    arrays = load_or_prepare(work / f"{NAME}.npz", lambda: prepare(read_built_in(), RATE))
    splits = select_splits(fold_splits(arrays, FOLDS), only)
    rows = [score_split(arrays, RECIPE, split, work / NAME, device) for split in splits]
    mixed = select_splits(mixed_splits(arrays), only)
    mixed_rows = [
        score_split(arrays, RECIPE, split, work / f"{NAME}-mixed", device) for split in mixed
    ]
    ablations = measure_ablations(arrays, RECIPE, ABLATIONS, splits, work / NAME, device)
    if only is not None:
        return
    state = work / NAME / "fold-0.state"
    model = train_all_epochs(arrays, RECIPE, splits[0].learned, state, device)
    own = evaluate(model, arrays, splits[0].tested, SECONDS).scores.unweighted_recall
    unseen = measurement(rows, arrays, f"{FOLDS} folds over voices", unseen_speakers=True)
    known = measurement(mixed_rows, arrays, f"{FOLDS} folds over clips, by voices it knows", False)
    steps, checked = sureness_of(rows, arrays.label_names)
    card = Card(
        name=NAME,
        title="Five accents of synthetic voices",
        labels=arrays.label_names,
        rate=RATE,
        seconds=SECONDS,
        data=f"The built-in corpus: {len(arrays)} clips by synthetic voices, made with espeak-ng "
        "for this project. No person speaks in it.",
        source="assets/corpus in this project",
        licence="MIT, the clips and these weights",
        caution="It tells apart the rules of one speech synthesiser, not people. It knows nothing "
        "of human speech.",
        recipe=RECIPE.as_dict(),
        measurements=(unseen, known),
        novelty_threshold=novelty_threshold(model, arrays, splits[0].tested, SECONDS),
        median_seconds=median_seconds(arrays, splits[0].tested, SECONDS),
        device=devices.description(device),
        date=datetime.date.today().isoformat(),
        parameters=sum(p.numel() for p in model.parameters()),
        sureness=steps,
        notes=(
            f"The shipped weights are the first fold's: they learned from "
            f"{len(splits[0].learned)} of the clips and have an unweighted recall of {own:.2f} on "
            f"the other {len(splits[0].tested)}, by voices that they never heard.",
            ablation_note(ablations, unseen, "one ingredient or several"),
            checked,
        ),
    )
    checkpoint.save(checkpoint.folder() / f"{NAME}{checkpoint.SUFFIX}", model, card)
    print_line(f"{NAME}: {card.score()}")


def mixed_splits(arrays: Arrays) -> list[Split]:
    """The same number of splits of the same sizes, regardless of speakers."""
    alone = replace(arrays, speakers=np.arange(len(arrays)).astype(str))
    return fold_splits(alone, FOLDS)
