"""The splits of a run: one for each model that it trains and scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cabcnn.corpora.splits import (
    Parts,
    check_disjoint,
    check_known,
    mixed_split,
    speaker_folds,
    speaker_split,
)
from cabcnn.dataset.arrays import Arrays
from cabcnn.errors import CorpusError
from cabcnn.runs.plan import Plan

SENTENCES = {
    "speaker-disjoint": "60/10/30 by speakers: tested on voices that it never heard",
    "paper": "60/10/30 of the clips, mixed (the paper's split): a voice may be on both sides",
    "official": "the corpus's own split",
    "folds": "by speakers: tested on voices that it never heard",
}
VALIDATION_NAMES = ("validation", "valid", "val", "dev")


class Part(NamedTuple):
    """A split, for which one model is trained."""

    name: str
    sentence: str
    clips: Parts
    unseen_speakers: bool  # no tested speaker is in the training or validation clips


def parts_of(plan: Plan, arrays: Arrays, names: Sequence[str]) -> list[Part]:
    """The splits that a plan asks for, the one to quote first in front.

    "both" is a single split if every speaker has one clip: splitting by clips or by speakers is
    then the same. `names` (N,) are those of the clips, for errors.

    Raises CorpusError if the corpus does not allow the split.
    """
    labels = [arrays.label_names[label] for label in arrays.labels]
    speakers = arrays.speakers.tolist()
    kinds = [plan.protocol]
    if plan.protocol == "both":
        kinds = ["speaker-disjoint"]
        if len(set(speakers)) < len(speakers):
            kinds.append("paper")
    if plan.protocol == "folds":
        splits = [
            (f"fold-{k}", f"fold {k} of {plan.folds} {SENTENCES['folds']}", clips)
            for k, clips in enumerate(fold_parts(labels, speakers, plan.folds, plan.seed), 1)
        ]
    else:
        splits = [
            (name, SENTENCES[name], _split(name, labels, arrays, plan.seed)) for name in kinds
        ]
    parts = []
    sounds: list[str] = []
    for name, sentence, clips in splits:
        learned = set(arrays.speakers[np.concatenate(clips[:2])].tolist())
        tested = set(arrays.speakers[clips.test].tolist())
        unseen = not learned & tested and "" not in learned | tested
        if name != "paper" and (unseen or name != "official"):
            sounds = sounds or arrays.digests()
            sides = clips if name != "official" else _two_sides(clips)
            check_disjoint(sides, speakers, sounds, names)
        parts.append(Part(name, sentence, clips, unseen))
    return parts


def fold_parts(
    labels: Sequence[str], speakers: Sequence[str], folds: int, seed: int
) -> list[Parts]:
    """A split for each of `folds` folds of the speakers: it is the test set, the next fold the
    validation set, the others the training set.

    Raises CorpusError if a speaker is unknown, or a label has fewer speakers than folds.
    """
    check_known(speakers)
    fold = speaker_folds(labels, speakers, folds, seed)
    parts = []
    for k in range(folds):
        validation = fold == (k + 1) % folds
        training = np.flatnonzero((fold != k) & ~validation)
        parts.append(Parts(training, np.flatnonzero(validation), np.flatnonzero(fold == k)))
    return parts


def _split(name: str, labels: list[str], arrays: Arrays, seed: int) -> Parts:
    if name == "speaker-disjoint":
        return speaker_split(labels, arrays.speakers.tolist(), seed)
    if name == "paper":
        return mixed_split(labels, seed)
    return official_split(labels, arrays.splits.tolist(), seed)


def _two_sides(clips: Parts) -> Parts:
    """Training and validation clips together, and test clips."""
    return Parts(np.concatenate(clips[:2]), clips[1][:0], clips.test)


def official_split(labels: Sequence[str], splits: Sequence[str], seed: int = 0) -> Parts:
    """The corpus's own training and test clips; a seventh of the training clips is used for
    validation, as in 60/10/30, unless the corpus has validation clips.

    Raises CorpusError if the corpus has no training or no test clips, or none of some label.
    """
    split = np.array([name.strip().casefold() for name in splits])
    learned, tested = np.flatnonzero(split == "train"), np.flatnonzero(split == "test")
    if not len(learned) or not len(tested):
        raise CorpusError(
            "This corpus has no official split into train and test clips; choose the "
            "speaker-disjoint split or the paper's."
        )
    label = np.asarray(labels, np.str_)
    chosen = np.flatnonzero(np.isin(split, VALIDATION_NAMES))
    if not len(chosen):
        random = np.random.default_rng(seed)
        chosen = np.sort(
            np.concatenate(
                [_seventh(learned[label[learned] == k], random) for k in sorted(set(labels))]
            )
        )
        learned = np.setdiff1d(learned, chosen)
    for what, clips in (("test", tested), ("train", learned)):
        if lacking := sorted(set(labels) - set(label[clips].tolist())):
            raise CorpusError(
                f"The official split has too few {what} clips of {lacking[0]}; choose another "
                "split."
            )
    return Parts(learned, chosen, tested)


def _seventh(clips: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.int64]:
    return random.permutation(clips)[: max(round(len(clips) / 7), 1)]
