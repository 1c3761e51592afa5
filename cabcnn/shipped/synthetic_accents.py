"""Five accents of synthetic voices: the built-in corpus, by the recipe that the page offers, with
what can be added to it: changes of loudness and speed, the attention spread, annealing.

The first fold's weights ship, so that the score of the very model is among those on its card.
"""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import numpy as np

from cabcnn import checkpoint
from cabcnn.checkpoint import Card
from cabcnn.corpora.built_in import read_built_in
from cabcnn.dataset.arrays import Arrays, prepare
from cabcnn.runs.card import median_seconds, novelty_threshold
from cabcnn.shipped.parts import (
    RATE,
    ablated,
    chosen,
    described,
    learn,
    prepared,
    say,
    scored,
    worth,
)
from cabcnn.training.cross_validation import Split, fold_splits, measurement
from cabcnn.training.evaluation import evaluate
from cabcnn.training.recipe import ROBUST

NAME = "synthetic-accents"
SECONDS = 5.0
ADDED = {"anneal": True, "gain": 6.0, "speed": 0.1, "spread": 0.01}
RECIPE = replace(ROBUST, seconds=SECONDS, max_epochs=15, monitor="nothing", **ADDED)
FOLDS = 4
WITHOUT = {
    "no disturbance": {"gain": 0.0, "noise": 0.0, "speed": 0.0},
    "no spread, gain, speed": {"spread": 0.0, "gain": 0.0, "speed": 0.0},
}


def make(corpus: Path | None, work: Path, device: str, only: str | None) -> None:
    """Measures every fold of the voices and writes the first one's model; `only` does one.

    Folds of the clips, whose voices are known from other clips, show what knowing them is worth.
    """
    arrays = prepared(work / f"{NAME}.npz", lambda: prepare(read_built_in(), RATE))
    splits = chosen(fold_splits(arrays, FOLDS), only)
    rows = [scored(arrays, RECIPE, split, work / NAME, device) for split in splits]
    mixed = chosen(mixed_splits(arrays), only)
    known = [scored(arrays, RECIPE, split, work / f"{NAME}-mixed", device) for split in mixed]
    without = ablated(arrays, RECIPE, WITHOUT, splits, work / NAME, device)
    if only is not None:
        return
    model = learn(arrays, RECIPE, splits[0].learned, work / NAME / "fold-0.state", device)
    own = evaluate(model, arrays, splits[0].tested, SECONDS).scores.unweighted_recall
    found = measurement(rows, arrays, f"{FOLDS} folds over voices", unseen_speakers=True)
    heard = measurement(known, arrays, f"{FOLDS} folds over clips, by voices it knows", False)
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
        caution="It tells apart the rules by which one program speaks, not people. Of human speech "
        "it knows nothing.",
        recipe=RECIPE.as_dict(),
        measurements=(found, heard),
        novelty_threshold=novelty_threshold(model, arrays, splits[0].tested, SECONDS),
        median_seconds=median_seconds(arrays, splits[0].tested, SECONDS),
        device=described(device),
        date=datetime.date.today().isoformat(),
        parameters=sum(p.numel() for p in model.parameters()),
        notes=(
            f"The shipped weights are the first fold's: they learned from "
            f"{len(splits[0].learned)} of the clips, and on the other {len(splits[0].tested)}, "
            "by voices that they never heard, have an unweighted recall of "
            f"{own:.2f}.",
            worth(without, found, "one ingredient or several"),
        ),
    )
    checkpoint.save(checkpoint.folder() / f"{NAME}{checkpoint.SUFFIX}", model, card)
    say(f"{NAME}: {card.score()}")


def mixed_splits(arrays: Arrays) -> list[Split]:
    """As many splits of the same sizes, in which clips are drawn whoever speaks."""
    alone = replace(arrays, speakers=np.arange(len(arrays)).astype(str))
    return fold_splits(alone, FOLDS)
