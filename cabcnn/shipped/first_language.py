"""Nine first languages, from English read aloud.

Every speaker of the archive is tested in some fold, so the trunk is pretrained anew for each fold,
on its training speakers only. The first fold's model ships: its own score is among those on the
card.
"""

from __future__ import annotations

import datetime
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from cabcnn import checkpoint, devices
from cabcnn.checkpoint import Card
from cabcnn.dataset.spectra import BANDS
from cabcnn.model import CabCnn
from cabcnn.runs.card import median_seconds, novelty_threshold
from cabcnn.shipped import speech_accent_archive
from cabcnn.shipped.ablations import ablation_note, results_folder
from cabcnn.shipped.experiments import RATE, print_line, select_splits
from cabcnn.shipped.pretraining.classifier_block import BlockRecipe, extract_features, train_block
from cabcnn.shipped.spectrum_baseline import spectrum_recall
from cabcnn.training.cross_validation import fold_splits, measurement, run_split, sureness_of
from cabcnn.training.evaluation import Evaluation, evaluate

NAME = "first-language"
PRETEXT = replace(speech_accent_archive.PRETEXT, max_epochs=20)
BLOCK = BlockRecipe(epochs=20)
FOLDS = 3
ABLATIONS: tuple[str, ...] = ("no speaker augmentation", "plain loss")  # of the last step


def make(corpus: Path, work: Path, device: str, only: str | None) -> None:
    """Measures the recipe and its ablations in all folds and writes the first fold's model; `only`
    measures one fold and writes none."""
    copies = speech_accent_archive.augmented_copies(corpus, work)
    arrays = copies[0]
    settings = speech_accent_archive.training_settings(PRETEXT, BLOCK)
    splits = select_splits(fold_splits(arrays, FOLDS), only)
    protocol = f"{FOLDS} folds over speakers"

    @lru_cache(1)
    def pretrained(fold: int) -> tuple[dict[str, Tensor], list[dict[int, Tensor]]]:
        """The pretrained weights, and the features of the training clips in each copy."""
        split = splits[fold]
        path = work / f"pretrained-{NAME}-{split.name}.safetensors"
        start = speech_accent_archive.pretrained_weights(
            copies, split.learned, PRETEXT, path, device
        )
        model = CabCnn(len(arrays.label_names))
        model.load_state_dict(start)
        features = [
            extract_features(model, copy, split.learned, BLOCK.seconds, device) for copy in copies
        ]
        return start, features

    def learn(fold: int, ablation: str = "") -> CabCnn:
        start, features = pretrained(fold)
        if ablation == "no speaker augmentation":
            features = features[:1]
        recipe = replace(BLOCK, sharpness=1.0) if ablation == "plain loss" else BLOCK
        learned = splits[fold].learned
        return train_block(start, features, arrays.labels, learned, recipe, device=device)

    def score(fold: int, ablation: str = "") -> dict:
        def run(learned: NDArray[np.int64], tested: NDArray[np.int64], state: Path) -> Evaluation:
            return evaluate(learn(fold, ablation), arrays, tested, BLOCK.seconds)

        folder = results_folder(NAME, ablation)
        own = settings | ({"without": ablation} if ablation else {})
        row = run_split(splits[fold], run, work / folder, own)
        print_line(f"{folder} {row['name']}: unweighted recall {row['unweighted_recall']:.3f}")
        return row

    variants = ("", *ABLATIONS)
    # The first fold comes last, so that its pretrained weights are still at hand for the model.
    rows = {k: [score(k, variant) for variant in variants] for k in reversed(range(len(splits)))}
    if only is not None:
        return
    measured, *others = (
        measurement([rows[k][i] for k in sorted(rows)], arrays, protocol, unseen_speakers=True)
        for i in range(len(variants))
    )
    ablations = dict(zip(ABLATIONS, others, strict=True))
    model = learn(0)
    own = evaluate(model, arrays, splits[0].tested, BLOCK.seconds).scores.unweighted_recall
    steps, checked = sureness_of([rows[k][0] for k in sorted(rows)], arrays.label_names)
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
        caution="One text, few speakers of most languages, no language but these nine; it does not "
        "know how long somebody has spoken English. Often wrong: take no verdict on a person from "
        "it.",
        recipe=settings,
        measurements=(measured,),
        novelty_threshold=novelty_threshold(model, arrays, splits[0].tested, BLOCK.seconds),
        median_seconds=median_seconds(arrays, splits[0].tested, BLOCK.seconds),
        device=devices.description(device),
        date=datetime.date.today().isoformat(),
        parameters=sum(p.numel() for p in model.parameters()),
        sureness=steps,
        notes=(
            "The shipped weights are the first fold's: they learned from "
            f"{len(splits[0].learned)} of the speakers and have an unweighted recall of {own:.2f} "
            f"on the other {len(splits[0].tested)}.",
            ablation_note(ablations, measured, "one ingredient of the last step"),
            checked,
            f"A logistic regression on the long-term spectrum alone (mean and deviation of {BANDS} "
            "mel bands of up to 30 s) has an unweighted recall of "
            f"{spectrum_recall(arrays, splits):.2f} on the same folds.",
            "All speakers read the same paragraph; how it does on other words has not been "
            "measured.",
            "Its probabilities are too close to each other: the loss rewards the right order of "
            "the classes more than certainty.",
        ),
    )
    checkpoint.save(checkpoint.folder() / f"{NAME}{checkpoint.SUFFIX}", model, card)
    print_line(f"{NAME}: {card.score()}")
