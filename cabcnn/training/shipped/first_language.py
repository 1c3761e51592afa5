"""Nine first languages, from English read aloud.

Everybody in the archive may be tested, so that a trunk may only learn to hear from the speakers
that the model learns from: measuring costs a whole training each time. Here one third of the
speakers is held out once, and the weights that ship are the very ones that were measured.
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
FOLDS, ORDINAL = 3, "third"  # the share that is held out


def make(corpus: Path, work: Path, device: str, only: str | None) -> None:
    """Trains on two thirds of the speakers, measures on the others, writes the checkpoint."""
    if only is not None:
        raise CabcnnError(f"{NAME} is made in one part; leave {only!r} out.")
    versions = archive.versions(corpus, work)
    arrays = versions[0]
    made = archive.settings(PRETEXT, BLOCK)
    split = fold_splits(arrays, FOLDS)[0]
    path = work / f"hearing-{NAME}-{split.name}.safetensors"
    start = archive.heard(versions, split.learned, PRETEXT, path, device)
    model = CabCnn(len(arrays.label_names))
    model.load_state_dict(start)
    kept = [features(model, version, split.learned, BLOCK.seconds, device) for version in versions]
    model = train_block(start, kept, arrays.labels, split.learned, BLOCK, device=device)

    def score(learned: NDArray[np.int64], tested: NDArray[np.int64], state: Path) -> Evaluation:
        return evaluate(model, arrays, tested, BLOCK.seconds)

    row = run_split(split, score, work / NAME, made)
    protocol = f"a {ORDINAL} of the speakers held out, once; this very model"
    found = measurement([row], arrays, protocol, unseen_speakers=True)
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
            f"The shipped weights learned from {len(split.learned)} of the speakers and were "
            f"tested on the other {len(split.tested)}: one throw of a die, not several folds.",
            f"A logistic regression on the long-term spectrum alone (mean and deviation of {BANDS} "
            "mel bands of up to 30 s) has an unweighted recall of "
            f"{spectrum_floor(arrays, [split]):.2f} on the same split.",
            "Everybody read the same paragraph: how it does on other words nobody has measured.",
            "Its probabilities are cautious: it learned which class comes first, not how far "
            "ahead.",
        ),
    )
    checkpoint.save(checkpoint.folder() / f"{NAME}{checkpoint.SUFFIX}", model, card)
    say(f"{NAME}: {card.score()}")
