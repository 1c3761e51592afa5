"""Nine English words, spoken by strangers into microphones of every kind.

Each of five folds over speakers measures the recipe; the model that ships learned from all of
them.
"""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np

from cabcnn import checkpoint, devices
from cabcnn.checkpoint import Card
from cabcnn.corpora import read
from cabcnn.dataset.arrays import Arrays, prepare
from cabcnn.runs.card import median_seconds, novelty_threshold
from cabcnn.shipped.ablations import ablation_note, measure_ablations
from cabcnn.shipped.experiments import (
    load_or_prepare,
    print_line,
    score_split,
    select_splits,
    train_all_epochs,
)
from cabcnn.training.cross_validation import fold_splits, measurement, sureness_of
from cabcnn.training.recipe import Recipe

NAME = "words"
RATE = 16_000  # at 8,000 a word's s, f and t are hardly there: docs/experiments.md
SECONDS = 1.0
RECIPE = Recipe(
    seconds=SECONDS,
    batch_size=32,
    learning_rate=2e-3,
    anneal=True,
    max_epochs=16,
    monitor="nothing",
    balance=True,
    recalibrate=True,
    sharpness=4.0,
)
FOLDS = 5
ABLATIONS = {"sharpness": {"sharpness": 1.0}}


def make(corpus: Path, work: Path, device: str, only: str | None) -> None:
    """Measures the recipe in all folds, and without sharpness in the first, and writes the model
    that learned from all speakers; `only` measures one fold and writes none."""

    def decode() -> Arrays:
        return prepare(read(corpus, "folder", speaker_pattern="before-underscore"), RATE, SECONDS)

    arrays = load_or_prepare(work / f"{NAME}.npz", decode)
    splits = fold_splits(arrays, FOLDS)
    folder = work / NAME
    rows = [
        score_split(arrays, RECIPE, split, folder, device) for split in select_splits(splits, only)
    ]
    for row in rows:
        print_line(f"{NAME} {row['name']}: unweighted recall {row['unweighted_recall']:.3f}")
    if only is not None:
        return
    everything = np.arange(len(arrays))
    model = train_all_epochs(arrays, RECIPE, everything, folder / "all.state", device)
    ablations = measure_ablations(arrays, RECIPE, ABLATIONS, splits[:1], folder, device)
    measured = measurement(rows, arrays, f"{FOLDS} folds over speakers", unseen_speakers=True)
    first_fold = measurement(rows[:1], arrays, "the first fold", unseen_speakers=True)
    # The shipped weights know every clip, so how far clips of other speakers are from those that
    # a model learned from is measured on the first fold's.
    first = splits[0]
    fold_model = train_all_epochs(
        arrays, RECIPE, first.learned, folder / f"{first.name}.state", device
    )
    steps, checked = sureness_of(rows, arrays.label_names)
    card = Card(
        name=NAME,
        title="Nine spoken words",
        labels=arrays.label_names,
        rate=RATE,
        seconds=SECONDS,
        data=f"Speech Commands, first release: {len(arrays):,} clips of a second, of nine "
        f"English words by {measured.speakers} volunteers, through their browsers.",
        source="Warden, P. (2018), Speech Commands: A Dataset for Limited-Vocabulary Speech "
        "Recognition, https://arxiv.org/abs/1804.03209",
        licence="CC BY 4.0, the data and these weights: name the source",
        caution="It knows nine words and calls anything else one of them. It hears the first "
        "second only.",
        recipe=RECIPE.as_dict(),
        measurements=(measured,),
        novelty_threshold=novelty_threshold(fold_model, arrays, first.tested, SECONDS),
        median_seconds=median_seconds(arrays, everything, SECONDS),
        device=devices.description(device),
        date=datetime.date.today().isoformat(),
        parameters=sum(p.numel() for p in model.parameters()),
        sureness=steps,
        notes=(
            f"The score is that of {FOLDS} models, each tested on a fifth of the speakers. The "
            "shipped weights learned from all of them, by the same recipe.",
            ablation_note(ablations, first_fold),
            checked,
            "The recipe was chosen by its score on the first fold's speakers: the score is more "
            "likely too high than too low.",
            "Its probabilities are too close to each other: the loss rewards the right order of "
            "the words more than certainty.",
        ),
    )
    checkpoint.save(checkpoint.folder() / f"{NAME}{checkpoint.SUFFIX}", model, card)
    print_line(f"{NAME}: {card.score()}")
