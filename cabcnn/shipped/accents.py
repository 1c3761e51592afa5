"""US, UK and AU accents, for T of 30, 10 and 5 s.

The trunk and the attention are pretrained on the archive's other speakers, then the classifier
block learns the accents; five folds over the speakers measure it.
"""

from __future__ import annotations

import datetime
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from cabcnn import checkpoint, devices
from cabcnn.checkpoint import Card, Measurement
from cabcnn.corpora import read_speech_accent_archive
from cabcnn.dataset.spectra import BANDS
from cabcnn.errors import CabcnnError
from cabcnn.model import CabCnn
from cabcnn.runs.card import median_seconds, novelty_threshold
from cabcnn.shipped import speech_accent_archive
from cabcnn.shipped.ablations import ablation_note, results_folder
from cabcnn.shipped.experiments import RATE, print_line
from cabcnn.shipped.pretraining.classifier_block import BlockRecipe, extract_features, train_block
from cabcnn.shipped.spectrum_baseline import spectrum_recall
from cabcnn.training.cross_validation import Split, checked, fold_splits, measurement, run_split
from cabcnn.training.evaluation import Evaluation, evaluate

NAMES = ("US", "UK", "AU")
BLOCK = BlockRecipe()
FOLDS = 5
# T in seconds, and how many times the folds are drawn.
MODELS = {"accents": (30.0, 3), "accents-10s": (10.0, 1), "accents-5s": (5.0, 1)}
ABLATIONS = ("no speaker augmentation", "plain loss", "attention not pretrained")


class Accents:
    """The archive's 400 speakers of the three accents, and a trunk pretrained on the others."""

    def __init__(self, corpus: Path, work: Path, device: str) -> None:
        self.work, self.device = work, device
        clips = speech_accent_archive.all_clips(corpus)
        label = {clip.path: clip.label for clip in read_speech_accent_archive(corpus)}
        self.members = np.array([i for i, c in enumerate(clips) if c.path in label])
        self.others = np.setdiff1d(np.arange(len(clips)), self.members)
        labels = np.full(len(clips), -1)
        labels[self.members] = [NAMES.index(label[clips[i].path]) for i in self.members]
        self.copies = speech_accent_archive.augmented_copies(corpus, work)
        self.arrays = replace(self.copies[0], labels=labels, label_names=NAMES)
        checked(self.arrays, [Split("pretraining", self.others, self.members)])

    @cached_property
    def pretrained(self) -> dict[str, Tensor]:
        path = self.work / "pretrained-others.safetensors"
        return speech_accent_archive.pretrained_weights(
            self.copies, self.others, speech_accent_archive.PRETEXT, path, self.device
        )

    @cache  # noqa: B019
    def features(self, seconds: float | None) -> list[dict[int, Tensor]]:
        model = CabCnn(len(NAMES))
        own = {k: v for k, v in self.pretrained.items() if not k.startswith("classifiers")}
        model.load_state_dict(model.state_dict() | own)
        return [
            extract_features(model, copy, self.members, seconds, self.device)
            for copy in self.copies
        ]

    def folds(self, seed: int) -> list[Split]:
        splits = fold_splits(self.arrays, FOLDS, seed, self.members)
        return [split._replace(name=f"{seed}-{split.name}") for split in splits]

    def learn(self, recipe: BlockRecipe, learned: NDArray[np.int64], ablation: str = "") -> CabCnn:
        start = self.pretrained
        if ablation == "attention not pretrained":
            start = {k: v for k, v in start.items() if not k.startswith("attention")}
        copies = self.features(recipe.seconds)
        if ablation == "no speaker augmentation":
            copies = copies[:1]
        if ablation == "plain loss":
            recipe = replace(recipe, sharpness=1.0)
        return train_block(start, copies, self.arrays.labels, learned, recipe, device=self.device)

    def score(self, split: Split, recipe: BlockRecipe, folder: str, ablation: str = "") -> dict:
        def run(learned: NDArray[np.int64], tested: NDArray[np.int64], state: Path) -> Evaluation:
            model = self.learn(recipe, learned, ablation)
            return evaluate(model, self.arrays, tested, recipe.seconds)

        settings = training_settings(recipe) | {"without": ablation}
        row = run_split(split, run, self.work / folder, settings)
        print_line(f"{folder} {split.name}: unweighted recall {row['unweighted_recall']:.3f}")
        return row

    def measure(
        self, recipe: BlockRecipe, folder: str, protocol: str, seeds: int, ablation: str = ""
    ) -> tuple[Measurement, list[Split]]:
        rows, splits = [], []
        for seed in range(seeds):
            for split in self.folds(seed):
                own = replace(recipe, seed=seed)
                rows.append(self.score(split, own, folder, ablation))
                splits.append(split)
        return measurement(rows, self.arrays, protocol, unseen_speakers=True), splits


def training_settings(block: BlockRecipe) -> dict:
    """How a model was made, for its card and beside its scores."""
    return speech_accent_archive.training_settings(speech_accent_archive.PRETEXT, block)


def make(corpus: Path, work: Path, device: str, only: str | None) -> None:
    """Measures and writes `accents` and its variants of shorter T; `only` does one of them."""
    if only not in (None, *MODELS):
        raise CabcnnError(f"There is no model {only!r}; choose one of {', '.join(MODELS)}.")
    accents = Accents(corpus, work, device)
    for name, (seconds, seeds) in MODELS.items():
        if only in (None, name):
            ship(accents, name, replace(BLOCK, seconds=seconds), seeds)


def ship(accents: Accents, name: str, recipe: BlockRecipe, seeds: int) -> None:
    """Measures a recipe and its ablations in folds, then trains it on all 400 speakers and writes
    the checkpoint."""
    protocol = f"{FOLDS} folds over speakers"
    if seeds > 1:
        protocol += f", {seeds} times with other folds and seeds"
    measured, splits = accents.measure(recipe, name, protocol, seeds)
    first_seed, _ = accents.measure(recipe, name, protocol, 1)
    ablations = {
        one: accents.measure(recipe, results_folder(name, one), one, 1, one)[0] for one in ABLATIONS
    }
    model = accents.learn(recipe, accents.members)
    arrays = accents.arrays
    notes = [
        "The shipped weights learned from all 400 speakers; the scores are of models trained the "
        "same way without the speakers they were tested on.",
        "The recipe was chosen on folds of the same 400 speakers, so its score is more likely too "
        "high than too low.",
        f"A logistic regression on the long-term spectrum alone (mean and deviation of {BANDS} mel "
        "bands of up to 30 s) has an unweighted recall of "
        f"{spectrum_recall(arrays, splits):.2f} on the same folds.",
        "All speakers read the same paragraph; how it does on other words has not been measured.",
        "Its probabilities are too close to each other: the loss rewards the right order of the "
        "classes more than certainty.",
        ablation_note(ablations, first_seed),
    ]
    card = Card(
        name=name,
        title=f"English accents: US, UK, AU, from {recipe.seconds:g} s",
        labels=NAMES,
        rate=RATE,
        seconds=recipe.seconds,
        data="Speech Accent Archive: 400 native speakers of English (318 US, 55 UK, 27 AU), one "
        "recording each, all reading one paragraph; pretrained on 592 other speakers.",
        source=speech_accent_archive.DATA,
        licence=speech_accent_archive.LICENCE,
        caution="The labels are countries of birth, not judged accents; one text, few AU and UK "
        "speakers; the recordings' own sound may give a country away. Often wrong: take no "
        "verdict on a person from it.",
        recipe=training_settings(recipe),
        measurements=(measured,),
        device=devices.description(accents.device),
        date=datetime.date.today().isoformat(),
        parameters=sum(p.numel() for p in model.parameters()),
        notes=tuple(notes),
        novelty_threshold=novelty_threshold(model, arrays, accents.members, recipe.seconds),
        median_seconds=median_seconds(arrays, accents.members, recipe.seconds),
    )
    checkpoint.save(checkpoint.folder() / f"{name}{checkpoint.SUFFIX}", model, card)
    print_line(f"{name}: {card.score()}")
