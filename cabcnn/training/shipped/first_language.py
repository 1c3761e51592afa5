"""Nine first languages, from English read aloud.

Everybody in the archive may be tested, so that a trunk may only learn to hear from the speakers
that the model learns from: each fold costs a whole training. The first fold's weights ship, so
that the score of the very model is among those on its card.
"""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cabcnn import checkpoint
from cabcnn.checkpoint import Card, Measurement
from cabcnn.model import CabCnn
from cabcnn.training.card import familiar, usual
from cabcnn.training.crossvalidation import Split, fold_splits, measurement, run_split
from cabcnn.training.evaluation import Evaluation, evaluate
from cabcnn.training.hearing.block import BlockRecipe, features, train_block
from cabcnn.training.shipped import archive
from cabcnn.training.shipped.parts import RATE, chosen, described, say, spectrum_floor
from cabcnn.training.spectrum import BANDS

NAME = "first-language"
PRETEXT = replace(archive.PRETEXT, max_epochs=20, precision="float32")
BLOCK = BlockRecipe(epochs=20)
FOLDS = 3
# What each ingredient of the last step is worth: the same folds without it.
ABLATIONS = ("no disguise", "plain loss")


def make(corpus: Path, work: Path, device: str, only: str | None) -> None:
    """Measures every fold of the speakers, with and without each ingredient, and writes the first
    one's model; `only` measures one fold, or "ablations"."""
    versions = archive.versions(corpus, work)
    arrays = versions[0]
    made = archive.settings(PRETEXT, BLOCK)
    ablating = only == "ablations"
    splits = chosen(fold_splits(arrays, FOLDS), None if ablating else only, ("ablations",))

    def learn(split: Split, without: str = "") -> CabCnn:
        path = work / f"hearing-{NAME}-{split.name}.safetensors"
        start = archive.heard(versions, split.learned, PRETEXT, path, device)
        model = CabCnn(len(arrays.label_names))
        model.load_state_dict(start)
        heard_by = versions[:1] if without == "no disguise" else versions
        kept = [features(model, own, split.learned, BLOCK.seconds, device) for own in heard_by]
        recipe = replace(BLOCK, sharpness=1.0) if without == "plain loss" else BLOCK
        return train_block(start, kept, arrays.labels, split.learned, recipe, device=device)

    def score(split: Split, without: str = "") -> dict:
        def run(learned: NDArray[np.int64], tested: NDArray[np.int64], state: Path) -> Evaluation:
            return evaluate(learn(split, without), arrays, tested, BLOCK.seconds)

        place = f"{NAME} {without}".strip().replace(" ", "-")
        row = run_split(split, run, work / place, made | ({"without": without} if without else {}))
        say(f"{place} {split.name}: unweighted recall {row['unweighted_recall']:.3f}")
        return row

    def measured(without: str = "") -> Measurement:
        rows = [score(split, without) for split in splits]
        return measurement(rows, arrays, f"{FOLDS} folds over speakers", unseen_speakers=True)

    if only is not None and not ablating:
        score(splits[0])
        return
    worth = []
    for without in ABLATIONS:
        row = measured(without)
        worth.append(f"{without} {row.unweighted_recall:.2f} ± {row.spread:.2f}")
        say(f"ablation: {worth[-1]}")
    if ablating:
        return
    found, model = measured(), learn(splits[0])
    own = evaluate(model, arrays, splits[0].tested, BLOCK.seconds).scores.unweighted_recall
    card = Card(
        name=NAME,
        title="First language of a speaker of English: nine languages",
        labels=arrays.label_names,
        rate=RATE,
        seconds=BLOCK.seconds,
        data="Speech Accent Archive: 992 speakers, one recording each, all reading one English "
        "paragraph (492 of English, 138 Spanish, 87 Arabic, 55 Mandarin, 54 French, 44 Korean, "
        "41 Portuguese, 41 Russian, 40 Dutch).",
        source=archive.DATA,
        licence=archive.LICENCE,
        caution="One text, few speakers of most languages, no language but these nine; how long "
        "somebody has spoken English it does not know. Often wrong: take no verdict on a person "
        "from it.",
        recipe=made,
        measurements=(found,),
        familiar=familiar(model, arrays, splits[0].tested, BLOCK.seconds),
        usual=usual(arrays, splits[0].tested, BLOCK.seconds),
        device=described(device),
        date=datetime.date.today().isoformat(),
        parameters=sum(p.numel() for p in model.parameters()),
        notes=(
            "The shipped weights are the first fold's: they learned from "
            f"{len(splits[0].learned)} of the speakers, and on the other "
            f"{len(splits[0].tested)} have an unweighted recall of "
            f"{own:.2f}.",
            f"Without one ingredient of the last step, on the same folds: {'; '.join(worth)}.",
            f"A logistic regression on the long-term spectrum alone (mean and deviation of {BANDS} "
            "mel bands of up to 30 s) has an unweighted recall of "
            f"{spectrum_floor(arrays, splits):.2f} on the same folds.",
            "Everybody read the same paragraph: how it does on other words nobody has measured.",
            "Its probabilities are cautious: it learned which class comes first, not how far "
            "ahead.",
        ),
    )
    checkpoint.save(checkpoint.folder() / f"{NAME}{checkpoint.SUFFIX}", model, card)
    say(f"{NAME}: {card.score()}")
