"""US, UK and AU accents, for T of 30, 10 and 5 s.

The trunk and the attention learn to hear from the archive's other speakers, then the classifier
block learns accents; five folds over speakers measure it.
"""

from __future__ import annotations

import datetime
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from cabcnn import checkpoint
from cabcnn.checkpoint import Card, Measurement
from cabcnn.corpora import read_speech_accent_archive
from cabcnn.dataset.spectra import BANDS
from cabcnn.errors import CabcnnError
from cabcnn.model import CabCnn
from cabcnn.runs.card import median_seconds, novelty_threshold
from cabcnn.shipped import speech_accent_archive
from cabcnn.shipped.parts import RATE, described, folder_of, say, spectrum_floor, worth
from cabcnn.shipped.pretraining.classifier_block import BlockRecipe, extract_features, train_block
from cabcnn.training.cross_validation import Split, checked, fold_splits, measurement, run_split
from cabcnn.training.evaluation import Evaluation, evaluate

NAMES = ("US", "UK", "AU")
BLOCK = BlockRecipe()
FOLDS = 5
# T in seconds, and how often the folds are drawn anew.
MODELS = {"accents": (30.0, 3), "accents-10s": (10.0, 1), "accents-5s": (5.0, 1)}
# What each ingredient is worth: the same folds without it.
ABLATIONS = ("no disguise", "plain loss", "attention not taught")


class Accents:
    """The 400 native speakers among the archive's 992, and who heard the others."""

    def __init__(self, corpus: Path, work: Path, device: str) -> None:
        self.work, self.device = work, device
        everybody = speech_accent_archive.everybody(corpus)
        label = {clip.path: clip.label for clip in read_speech_accent_archive(corpus)}
        self.members = np.array([i for i, c in enumerate(everybody) if c.path in label])
        self.strangers = np.setdiff1d(np.arange(len(everybody)), self.members)
        labels = np.full(len(everybody), -1)
        labels[self.members] = [NAMES.index(label[everybody[i].path]) for i in self.members]
        self.heard_by = speech_accent_archive.versions(corpus, work)
        self.arrays = replace(self.heard_by[0], labels=labels, label_names=NAMES)
        checked(self.arrays, [Split("hearing", self.strangers, self.members)])

    @cached_property
    def start(self) -> dict[str, Tensor]:
        path = self.work / "hearing-strangers.safetensors"
        return speech_accent_archive.heard(
            self.heard_by, self.strangers, speech_accent_archive.PRETEXT, path, self.device
        )

    @cache  # noqa: B019
    def features(self, seconds: float | None) -> list[dict[int, Tensor]]:
        model = CabCnn(len(NAMES))
        own = {k: v for k, v in self.start.items() if not k.startswith("classifiers")}
        model.load_state_dict(model.state_dict() | own)
        return [
            extract_features(model, heard, self.members, seconds, self.device)
            for heard in self.heard_by
        ]

    def folds(self, seed: int) -> list[Split]:
        splits = fold_splits(self.arrays, FOLDS, seed, self.members)
        return [split._replace(name=f"{seed}-{split.name}") for split in splits]

    def learn(self, recipe: BlockRecipe, learned: NDArray[np.int64], without: str = "") -> CabCnn:
        start = self.start
        if without == "attention not taught":
            start = {k: v for k, v in start.items() if not k.startswith("attention")}
        versions = self.features(recipe.seconds)
        if without == "no disguise":
            versions = versions[:1]
        if without == "plain loss":
            recipe = replace(recipe, sharpness=1.0)
        return train_block(start, versions, self.arrays.labels, learned, recipe, device=self.device)

    def scored(self, split: Split, recipe: BlockRecipe, place: str, without: str = "") -> dict:
        def run(learned: NDArray[np.int64], tested: NDArray[np.int64], state: Path) -> Evaluation:
            model = self.learn(recipe, learned, without)
            return evaluate(model, self.arrays, tested, recipe.seconds)

        row = run_split(split, run, self.work / place, made(recipe) | {"without": without})
        say(f"{place} {split.name}: unweighted recall {row['unweighted_recall']:.3f}")
        return row

    def measured(
        self, recipe: BlockRecipe, place: str, protocol: str, seeds: int, without: str = ""
    ) -> tuple[Measurement, list[Split]]:
        rows, splits = [], []
        for seed in range(seeds):
            for split in self.folds(seed):
                own = replace(recipe, seed=seed)
                rows.append(self.scored(split, own, place, without))
                splits.append(split)
        return measurement(rows, self.arrays, protocol, unseen_speakers=True), splits


def made(block: BlockRecipe) -> dict:
    """How a model was made, for its card and beside its kept scores."""
    return speech_accent_archive.settings(speech_accent_archive.PRETEXT, block)


def make(corpus: Path, work: Path, device: str, only: str | None) -> None:
    """Measures and writes `accents` and its variants of shorter T; `only` does one of them."""
    if only not in (None, *MODELS):
        raise CabcnnError(f"There is no part {only!r}, only {', '.join(MODELS)}.")
    accents = Accents(corpus, work, device)
    for name, (seconds, seeds) in MODELS.items():
        if only in (None, name):
            ship(accents, name, replace(BLOCK, seconds=seconds), seeds)


def ship(accents: Accents, name: str, recipe: BlockRecipe, seeds: int) -> None:
    """Measures a recipe in folds, and what it is without each ingredient, then trains it on
    everybody and writes the checkpoint."""
    protocol = f"{FOLDS} folds over speakers"
    if seeds > 1:
        protocol += f", {seeds} times with other folds and seeds"
    found, splits = accents.measured(recipe, name, protocol, seeds)
    first, _ = accents.measured(recipe, name, protocol, 1)
    without = {
        one: accents.measured(recipe, folder_of(name, one), one, 1, one)[0] for one in ABLATIONS
    }
    model = accents.learn(recipe, accents.members)
    arrays = accents.arrays
    notes = [
        "The shipped weights learned from all 400 speakers; the scores are of models trained the "
        "same way without the speakers they were tested on.",
        "The recipe was chosen on folds of the same 400 speakers, so that its score is rather too "
        "high than too low.",
        f"A logistic regression on the long-term spectrum alone (mean and deviation of {BANDS} mel "
        "bands of up to 30 s) has an unweighted recall of "
        f"{spectrum_floor(arrays, splits):.2f} on the same folds.",
        "Everybody read the same paragraph: how it does on other words nobody has measured.",
        "Its probabilities are cautious: it learned which class comes first, not how far ahead.",
        worth(without, first),
    ]
    card = Card(
        name=name,
        title=f"English accents: US, UK, AU, from {recipe.seconds:g} s",
        labels=NAMES,
        rate=RATE,
        seconds=recipe.seconds,
        data="Speech Accent Archive: 400 native speakers of English (318 US, 55 UK, 27 AU), one "
        "recording each, all reading one paragraph; to hear, it also learned from 592 others.",
        source=speech_accent_archive.DATA,
        licence=speech_accent_archive.LICENCE,
        caution="The labels are countries of birth, not judged accents; one text, few AU and UK "
        "speakers; the recordings' own sound may give a country away. Often wrong: take no "
        "verdict on a person from it.",
        recipe=made(recipe),
        measurements=(found,),
        device=described(accents.device),
        date=datetime.date.today().isoformat(),
        parameters=sum(p.numel() for p in model.parameters()),
        notes=tuple(notes),
        novelty_threshold=novelty_threshold(model, arrays, accents.members, recipe.seconds),
        median_seconds=median_seconds(arrays, accents.members, recipe.seconds),
    )
    checkpoint.save(checkpoint.folder() / f"{name}{checkpoint.SUFFIX}", model, card)
    say(f"{name}: {card.score()}")
