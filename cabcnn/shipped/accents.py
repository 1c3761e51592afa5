"""US, UK and AU accents, for T of 30, 10 and 5 s.

The trunk and the attention are pretrained on the archive's other speakers, then the classifier
block learns the accents; five folds over the speakers measure it. Both hear every recording under
many recording conditions, and the block hears it both as the first corpus has it, cut and
processed, and as it was made.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace
from functools import cache, cached_property, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from cabcnn import checkpoint, devices
from cabcnn.checkpoint import Card
from cabcnn.corpora import read_speech_accent_archive
from cabcnn.corpora.table import Clip
from cabcnn.dataset.arrays import Arrays, prepare
from cabcnn.dataset.spectra import BANDS
from cabcnn.errors import CabcnnError, CorpusError
from cabcnn.model import CabCnn
from cabcnn.runs.card import median_seconds, novelty_threshold
from cabcnn.shipped import recording_conditions, speech_accent_archive
from cabcnn.shipped.experiments import RATE, load_or_prepare, print_line
from cabcnn.shipped.pretraining.classifier_block import BlockRecipe, extract_features, train_block
from cabcnn.shipped.recording_conditions import Condition
from cabcnn.shipped.robustness import (
    Robustness,
    robustness,
    robustness_note,
    robustness_table,
)
from cabcnn.shipped.spectrum_baseline import spectrum_recall
from cabcnn.shipped.speech_accent_archive import disturbed_copy
from cabcnn.training.cross_validation import (
    Split,
    fold_splits,
    measurement,
    run_split,
    sureness_of,
)
from cabcnn.training.evaluation import evaluate

NAMES = ("US", "UK", "AU")
BLOCK = BlockRecipe()
FOLDS = 5
# T in seconds, and how many times the folds are drawn.
MODELS = {"accents": (30.0, 1), "accents-10s": (10.0, 1), "accents-5s": (5.0, 1)}
COPIES = "copies"  # the recordings of the first corpus, as its makers cut them
CONDITION_SEED = 7


class Accents:
    """The archive's 400 speakers of the three accents in several versions each, and a trunk
    pretrained on the others."""

    def __init__(self, corpus: Path, originals: Path, work: Path, device: str) -> None:
        self.corpus, self.work, self.device = corpus, work, device
        self.clips = read_speech_accent_archive(corpus)
        own = {clip.path for clip in self.clips}
        self.other_clips = [c for c in speech_accent_archive.all_clips(corpus) if c.path not in own]
        self.original_clips = read_speech_accent_archive(originals)
        self.arrays = prepared(self.clips, work, "members", NAMES)
        self.originals = prepared(self.original_clips, work, "originals", NAMES)
        self.others = prepared(self.other_clips, work, "others")
        check_apart(self.arrays, self.others)
        self.place = {speaker: i for i, speaker in enumerate(self.arrays.speakers.tolist())}
        if unknown := sorted(set(self.originals.speakers.tolist()) - set(self.place)):
            raise CabcnnError(f"{corpus} has no speaker {unknown[0]}, who is in {originals}.")

    @cached_property
    def pretrained(self) -> dict[str, Tensor]:
        """Pretrained on disturbed recordings, from a trunk that heard none."""
        path = self.work / "pretrained-conditions.safetensors"
        copy = disturbed_copy(self.other_clips, self.work, "others", 1)
        return speech_accent_archive.pretrained_weights(
            [self.others, copy.clean],
            np.arange(len(self.others)),
            speech_accent_archive.CONDITIONS,
            path,
            self.device,
            heard=[self.others, copy.heard],
            start={} if path.exists() else self.first_trunk(),
        )

    def first_trunk(self) -> dict[str, Tensor]:
        """Pretrained on the archive's copies, as recorded and augmented."""
        everyone = speech_accent_archive.augmented_copies(self.corpus, self.work)
        own = set(self.others.speakers.tolist())
        weights = speech_accent_archive.pretrained_weights(
            everyone,
            np.flatnonzero([one in own for one in everyone[0].speakers.tolist()]),
            speech_accent_archive.PRETEXT,
            self.work / "pretrained-others.safetensors",
            self.device,
        )
        return {k: v for k, v in weights.items() if k.startswith(("trunk", "norm"))}

    @cached_property
    def sounds(self) -> dict[str, Arrays]:
        """What the answers are measured on: the copies, the originals, and the copies under each
        condition."""
        conditions = {
            name: load_or_prepare(
                self.work / f"condition-{name.replace('/', '')}.npz",
                partial(self._under_condition, condition),
            )
            for name, condition in recording_conditions.MEASURED.items()
        }
        return {COPIES: self.arrays, "originals": self.originals, **conditions}

    def _under_condition(self, condition: Condition) -> Arrays:
        change = partial(condition, rate=RATE, random=np.random.default_rng(CONDITION_SEED))
        return prepare(self.clips, RATE, speech_accent_archive.SECONDS, NAMES, change=change)

    @cache  # noqa: B019
    def features(self, seconds: float | None) -> list[dict[int, Tensor]]:
        """The features of what the classifiers learn from, by the speaker's clip in `arrays`: every
        item holds some of the speakers once."""
        versions = [
            self.arrays,
            disturbed_copy(self.clips, self.work, "members", 1).heard,
            disturbed_copy(self.clips, self.work, "members", 2).heard,
            self.originals,
            disturbed_copy(self.original_clips, self.work, "originals", 1).heard,
        ]
        model = CabCnn(len(NAMES))
        own = {k: v for k, v in self.pretrained.items() if not k.startswith("classifiers")}
        model.load_state_dict(model.state_dict() | own)
        result = []
        for arrays in versions:
            features = extract_features(model, arrays, range(len(arrays)), seconds, self.device)
            speakers = arrays.speakers.tolist()
            result.append({self.place[speakers[i]]: rows for i, rows in features.items()})
        return result

    def folds(self, seed: int) -> list[Split]:
        return [
            split._replace(name=f"{seed}-{split.name}")
            for split in fold_splits(self.arrays, FOLDS, seed)
        ]

    def learn(self, recipe: BlockRecipe, learned: NDArray[np.int64]) -> CabCnn:
        versions = self.features(recipe.seconds)
        labels = self.arrays.labels
        return train_block(self.pretrained, versions, labels, learned, recipe, device=self.device)

    def score(
        self,
        split: Split,
        recipe: BlockRecipe,
        folder: str,
        sounds: Sequence[str] = (COPIES,),
    ) -> dict[str, dict]:
        """A row for each of the `sounds`, all of one model that is trained if a row is missing."""

        @cache
        def model() -> CabCnn:
            return self.learn(recipe, split.learned)

        settings = training_settings(recipe)
        tested = set(self.arrays.speakers[split.tested].tolist())
        rows = {}
        for name in sounds:
            arrays = self.sounds[name]
            clips = np.flatnonzero([speaker in tested for speaker in arrays.speakers.tolist()])

            def run(learned: NDArray[np.int64], tested: NDArray[np.int64], state: Path):
                return evaluate(model(), arrays, tested, recipe.seconds)  # noqa: B023

            own = split._replace(tested=clips)
            place = self.work / folder / name.replace("/", "")
            rows[name] = run_split(own, run, place, settings)
        recall = rows[COPIES]["unweighted_recall"]
        print_line(f"{folder} {split.name}: unweighted recall {recall:.3f}")
        return rows

    def measure(
        self, recipe: BlockRecipe, folder: str, seeds: int
    ) -> tuple[list[dict], dict[str, Robustness]]:
        """The rows on the copies, of the folds of all seeds, and how the answers to the other
        sounds differ, over those of the first."""
        splits = [(seed, split) for seed in range(seeds) for split in self.folds(seed)]
        rows = [
            self.score(
                split,
                replace(recipe, seed=seed),
                folder,
                (COPIES,) if seed else tuple(self.sounds),
            )
            for seed, split in splits
        ]
        copies = [row[COPIES] for row in rows]
        compared = {
            name: robustness(
                copies[:FOLDS], [row[name] for row in rows[:FOLDS]], self.arrays, arrays
            )
            for name, arrays in self.sounds.items()
        }
        return copies, compared


def prepared(
    clips: Sequence[Clip], work: Path, name: str, labels: Sequence[str] | None = None
) -> Arrays:
    """Clips as recorded, kept in the folder `work` under `name`."""

    def make() -> Arrays:
        return prepare(clips, RATE, speech_accent_archive.SECONDS, labels, spectra=True)

    return load_or_prepare(work / f"{name}.npz", make)


def check_apart(one: Arrays, other: Arrays) -> None:
    """Raises CorpusError if a speaker or a recording is in both."""
    for kind, shared in (
        ("speaker", set(one.speakers.tolist()) & set(other.speakers.tolist())),
        ("recording", set(one.digests()) & set(other.digests())),
    ):
        if shared:
            raise CorpusError(
                f"{len(shared)} {kind}s are among those to pretrain on and among those to test: "
                f"the first is {min(shared)}."
            )


def training_settings(block: BlockRecipe) -> dict:
    """How a model was made, for its card and beside its scores."""
    settings = speech_accent_archive.training_settings(speech_accent_archive.PRETEXT, block)
    return settings | {"conditions": speech_accent_archive.CONDITIONS.as_dict()}


def make(
    corpus: Path, work: Path, device: str, only: str | None, originals: Path | None = None
) -> None:
    """Measures and writes `accents` and its variants of shorter T; `only` does one of them.
    `originals` is the folder of the archive's recordings as they were made.

    Raises CabcnnError without it.
    """
    if originals is None:
        raise CabcnnError("accents needs --originals, the folder of the recordings as made.")
    if only not in (None, *MODELS):
        raise CabcnnError(f"There is no model {only!r}; choose one of {', '.join(MODELS)}.")
    accents = Accents(corpus, originals, work, device)
    for name, (seconds, seeds) in MODELS.items():
        if only in (None, name):
            ship(accents, name, replace(BLOCK, seconds=seconds), seeds)


def ship(accents: Accents, name: str, recipe: BlockRecipe, seeds: int) -> None:
    """Measures a recipe in folds, then trains it on all 400 speakers and writes the checkpoint."""
    protocol = f"{FOLDS} folds over speakers"
    if seeds > 1:
        protocol += f", {seeds} times with other folds and seeds"
    rows, compared = accents.measure(recipe, name, seeds)
    measured = measurement(rows, accents.arrays, protocol, unseen_speakers=True)
    steps, checked = sureness_of(rows, NAMES)
    print_line(f"{name}\n{robustness_table(compared, NAMES)}")
    model = accents.learn(recipe, np.arange(len(accents.arrays)))
    arrays = accents.arrays
    splits = [split for seed in range(seeds) for split in accents.folds(seed)]
    notes = [
        "The shipped weights learned from all 400 speakers; the scores are of models trained the "
        "same way without the speakers they were tested on.",
        robustness_note({name: one for name, one in compared.items() if name != COPIES}),
        "The recipe was chosen on folds of the same 400 speakers, so its score is more likely too "
        "high than too low.",
        f"A logistic regression on the long-term spectrum alone (mean and deviation of {BANDS} mel "
        "bands of up to 30 s) has an unweighted recall of "
        f"{spectrum_recall(arrays, splits):.2f} on the same folds.",
        "All speakers read the same paragraph; how it does on other words has not been measured.",
        "Its probabilities are too close to each other: the loss rewards the right order of the "
        "classes more than certainty.",
        checked,
    ]
    card = Card(
        name=name,
        title=f"English accents: US, UK, AU, from {recipe.seconds:g} s",
        labels=NAMES,
        rate=RATE,
        seconds=recipe.seconds,
        data="Speech Accent Archive: 400 native speakers of English (318 US, 55 UK, 27 AU), all "
        "reading one paragraph, one recording each, of 188 also as it was made, and both under "
        "many recording conditions; pretrained on 592 other speakers.",
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
        sureness=steps,
        notes=tuple(notes),
        novelty_threshold=novelty_threshold(model, arrays, np.arange(len(arrays)), recipe.seconds),
        median_seconds=median_seconds(arrays, np.arange(len(arrays)), recipe.seconds),
    )
    checkpoint.save(checkpoint.folder() / f"{name}{checkpoint.SUFFIX}", model, card)
    print_line(f"{name}: {card.score()}")
