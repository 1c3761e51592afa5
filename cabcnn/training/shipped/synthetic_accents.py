"""Five accents of synthetic voices: the built-in corpus, by the recipe that the page offers."""

from __future__ import annotations

import datetime
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from cabcnn import checkpoint
from cabcnn.checkpoint import Card
from cabcnn.corpora.built_in import read_built_in
from cabcnn.errors import CabcnnError
from cabcnn.training.arrays import prepare
from cabcnn.training.crossvalidation import fold_splits, measurement
from cabcnn.training.recipe import ROBUST
from cabcnn.training.shipped.parts import RATE, described, learn, prepared, say, scored

NAME = "synthetic-accents"
SECONDS = 5.0
RECIPE = replace(ROBUST, seconds=SECONDS, max_epochs=15, monitor="nothing", precision="bfloat16")
FOLDS = 3


def make(corpus: Path | None, work: Path, device: str, only: str | None) -> None:
    """Measures in folds over voices, then trains on all and writes the checkpoint; `only` does
    one fold, named like fold-0."""
    clips = read_built_in()
    arrays = prepared(work / f"{NAME}.npz", lambda: prepare(clips, RATE))
    splits = fold_splits(arrays, FOLDS)
    parts = {
        split.name: partial(scored, arrays, RECIPE, split, work / NAME, device) for split in splits
    }
    if only:
        if only not in parts:
            raise CabcnnError(f"There is no part {only!r}, only {', '.join(parts)}.")
        parts[only]()
        return
    rows = [run() for run in parts.values()]
    for row in rows:
        say(f"{NAME} {row['name']}: unweighted recall {row['unweighted_recall']:.3f}")
    model = learn(arrays, RECIPE, np.arange(len(arrays)), work / f"{NAME}.state", device)
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
        measurements=(
            measurement(rows, arrays, f"{FOLDS} folds over synthetic voices", unseen_speakers=True),
        ),
        device=described(device),
        date=datetime.date.today().isoformat(),
        parameters=sum(p.numel() for p in model.parameters()),
        notes=(
            "The shipped weights learned from all voices; the scores are of models trained the "
            "same way without the voices they were tested on.",
        ),
    )
    checkpoint.save(checkpoint.folder() / f"{NAME}{checkpoint.SUFFIX}", model, card)
    say(f"{NAME}: {card.score()}")
