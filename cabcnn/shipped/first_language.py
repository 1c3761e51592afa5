"""Nine first languages, from English read aloud.

Everybody in the archive may be tested, so that a trunk may only learn to hear from the speakers
that the model learns from: each fold costs a whole training. The first fold's weights ship, so
that the score of the very model is among those on its card.
"""

from __future__ import annotations

import datetime
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from cabcnn import checkpoint
from cabcnn.checkpoint import Card
from cabcnn.dataset.spectra import BANDS
from cabcnn.model import CabCnn
from cabcnn.runs.card import median_seconds, novelty_threshold
from cabcnn.shipped import speech_accent_archive
from cabcnn.shipped.parts import RATE, chosen, described, folder_of, say, spectrum_floor, worth
from cabcnn.shipped.pretraining.classifier_block import BlockRecipe, extract_features, train_block
from cabcnn.training.cross_validation import fold_splits, measurement, run_split
from cabcnn.training.evaluation import Evaluation, evaluate

NAME = "first-language"
PRETEXT = replace(speech_accent_archive.PRETEXT, max_epochs=20)
BLOCK = BlockRecipe(epochs=20)
FOLDS = 3
# What each ingredient of the last step is worth: the same folds without it.
ABLATIONS: tuple[str, ...] = ("no disguise", "plain loss")


def make(corpus: Path, work: Path, device: str, only: str | None) -> None:
    """Measures every fold of the speakers, with and without each ingredient, and writes the first
    one's model; `only` does no more than measure one fold."""
    versions = speech_accent_archive.versions(corpus, work)
    arrays = versions[0]
    made = speech_accent_archive.settings(PRETEXT, BLOCK)
    splits = chosen(fold_splits(arrays, FOLDS), only)
    protocol = f"{FOLDS} folds over speakers"

    @lru_cache(1)
    def heard(place: int) -> tuple[dict[str, Tensor], list[dict[int, Tensor]]]:
        """Weights that hear, and what the block then sees of each version."""
        split = splits[place]
        path = work / f"hearing-{NAME}-{split.name}.safetensors"
        start = speech_accent_archive.heard(versions, split.learned, PRETEXT, path, device)
        model = CabCnn(len(arrays.label_names))
        model.load_state_dict(start)
        seen = [
            extract_features(model, own, split.learned, BLOCK.seconds, device) for own in versions
        ]
        return start, seen

    def learn(place: int, without: str = "") -> CabCnn:
        start, seen = heard(place)
        if without == "no disguise":
            seen = seen[:1]
        recipe = replace(BLOCK, sharpness=1.0) if without == "plain loss" else BLOCK
        learned = splits[place].learned
        return train_block(start, seen, arrays.labels, learned, recipe, device=device)

    def score(place: int, without: str = "") -> dict:
        def run(learned: NDArray[np.int64], tested: NDArray[np.int64], state: Path) -> Evaluation:
            return evaluate(learn(place, without), arrays, tested, BLOCK.seconds)

        folder = folder_of(NAME, without)
        settings = made | ({"without": without} if without else {})
        row = run_split(splits[place], run, work / folder, settings)
        say(f"{folder} {row['name']}: unweighted recall {row['unweighted_recall']:.3f}")
        return row

    kinds = ("", *ABLATIONS)
    # The first fold last: what it has heard is needed again for the model that ships.
    rows = {k: [score(k, kind) for kind in kinds] for k in reversed(range(len(splits)))}
    if only is not None:
        return
    found, *others = (
        measurement([rows[k][i] for k in sorted(rows)], arrays, protocol, unseen_speakers=True)
        for i in range(len(kinds))
    )
    without = dict(zip(ABLATIONS, others, strict=True))
    model = learn(0)
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
        source=speech_accent_archive.DATA,
        licence=speech_accent_archive.LICENCE,
        caution="One text, few speakers of most languages, no language but these nine; how long "
        "somebody has spoken English it does not know. Often wrong: take no verdict on a person "
        "from it.",
        recipe=made,
        measurements=(found,),
        novelty_threshold=novelty_threshold(model, arrays, splits[0].tested, BLOCK.seconds),
        median_seconds=median_seconds(arrays, splits[0].tested, BLOCK.seconds),
        device=described(device),
        date=datetime.date.today().isoformat(),
        parameters=sum(p.numel() for p in model.parameters()),
        notes=(
            "The shipped weights are the first fold's: they learned from "
            f"{len(splits[0].learned)} of the speakers, and on the other "
            f"{len(splits[0].tested)} have an unweighted recall of "
            f"{own:.2f}.",
            worth(without, found, "one ingredient of the last step"),
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
