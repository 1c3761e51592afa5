"""Five accents of synthetic voices: the built-in corpus, by the recipe that the page offers."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cabcnn import checkpoint
from cabcnn.checkpoint import Card
from cabcnn.corpora.built_in import read_built_in
from cabcnn.errors import CabcnnError
from cabcnn.training.arrays import prepare
from cabcnn.training.crossvalidation import fold_splits, measurement, run_split
from cabcnn.training.evaluation import Evaluation, evaluate
from cabcnn.training.recipe import ROBUST
from cabcnn.training.shipped.parts import RATE, described, learn, prepared, say

NAME = "synthetic-accents"
SECONDS = 5.0
RECIPE = replace(ROBUST, seconds=SECONDS, max_epochs=15, monitor="nothing", precision="bfloat16")
FOLDS, ORDINAL = 4, "quarter"  # the share that is held out


def make(corpus: Path | None, work: Path, device: str, only: str | None) -> None:
    """Trains on three quarters of the voices, measures on the others, writes the checkpoint."""
    if only is not None:
        raise CabcnnError(f"{NAME} is made in one part; leave {only!r} out.")
    arrays = prepared(work / f"{NAME}.npz", lambda: prepare(read_built_in(), RATE))
    split = fold_splits(arrays, FOLDS)[0]
    model = learn(arrays, RECIPE, split.learned, work / f"{NAME}.state", device)

    def score(learned: NDArray[np.int64], tested: NDArray[np.int64], state: Path) -> Evaluation:
        return evaluate(model, arrays, tested, RECIPE.seconds)

    row = run_split(split, score, work / NAME, RECIPE.as_dict())
    protocol = f"a {ORDINAL} of the voices held out, once; this very model"
    found = measurement([row], arrays, protocol, unseen_speakers=True)
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
        measurements=(found,),
        device=described(device),
        date=datetime.date.today().isoformat(),
        parameters=sum(p.numel() for p in model.parameters()),
        notes=(
            f"Learned from {len(split.learned)} of the clips, tested on the other "
            f"{len(split.tested)}, by voices that it never heard: one throw of a die.",
        ),
    )
    checkpoint.save(checkpoint.folder() / f"{NAME}{checkpoint.SUFFIX}", model, card)
    say(f"{NAME}: {card.score()}")
