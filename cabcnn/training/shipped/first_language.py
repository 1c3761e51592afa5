"""Nine first languages, from English read aloud.

Everybody in the archive is tested once, so that a trunk may only learn to hear from the
speakers of its own training folds.
"""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cabcnn import checkpoint
from cabcnn.checkpoint import Card
from cabcnn.errors import CabcnnError
from cabcnn.model import CabCnn
from cabcnn.training.crossvalidation import fold_splits, measurement, run_split
from cabcnn.training.evaluation import Evaluation, evaluate
from cabcnn.training.hearing.block import BlockRecipe, features, train_block
from cabcnn.training.shipped import archive
from cabcnn.training.shipped.parts import RATE, described, say, spectrum_floor
from cabcnn.training.spectrum import BANDS

NAME = "first-language"
PRETEXT = replace(archive.PRETEXT, max_epochs=12)
BLOCK = BlockRecipe(epochs=20)
FOLDS = 3


def make(corpus: Path, work: Path, device: str, only: str | None) -> None:
    """Measures in folds over speakers, then trains on everybody and writes the checkpoint;
    `only` does one fold, named like fold-0."""
    versions = archive.versions(corpus, work)
    arrays = versions[0]
    made = archive.settings(PRETEXT, BLOCK)

    def learn(clips: NDArray[np.int64], name: str) -> CabCnn:
        path = work / f"hearing-{NAME}-{name}.safetensors"
        start = archive.heard(versions, clips, PRETEXT, path, device)
        model = CabCnn(len(arrays.label_names))
        model.load_state_dict(start)
        kept = [features(model, version, clips, BLOCK.seconds, device) for version in versions]
        return train_block(start, kept, arrays.labels, clips, BLOCK, device=device)

    rows = []
    splits = fold_splits(arrays, FOLDS)
    if only not in (None, *(split.name for split in splits)):
        raise CabcnnError(f"There is no part {only!r}; they are fold-0 to fold-{FOLDS - 1}.")
    for split in splits:
        if only in (None, split.name):

            def run(
                learned: NDArray[np.int64], tested: NDArray[np.int64], state: Path
            ) -> Evaluation:
                model = learn(learned, state.stem)
                return evaluate(model, arrays, tested, BLOCK.seconds)

            rows.append(run_split(split, run, work / NAME, made))
            say(f"{NAME} {split.name}: unweighted recall {rows[-1]['unweighted_recall']:.3f}")
    if only:
        return
    protocol = f"{FOLDS} folds over speakers, hearing learned anew in each"
    found = measurement(rows, arrays, protocol, unseen_speakers=True)
    model = learn(np.arange(len(arrays)), "everybody")
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
        device=described(device),
        date=datetime.date.today().isoformat(),
        parameters=sum(p.numel() for p in model.parameters()),
        notes=(
            "The shipped weights learned from all 992 speakers; the scores are of models trained "
            "the same way without the speakers they were tested on.",
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
