"""Cross-validation over speakers: a model for each fold, tested on speakers it never heard."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cabcnn import files, schema, sureness
from cabcnn.checkpoint import Measurement
from cabcnn.corpora.splits import Parts, check_disjoint, speaker_folds
from cabcnn.dataset.arrays import Arrays
from cabcnn.errors import CabcnnError
from cabcnn.metrics import Interval, confusion_matrix, scores
from cabcnn.sureness import Step
from cabcnn.training.evaluation import Evaluation

Learn = Callable[[NDArray[np.int64], NDArray[np.int64], Path], Evaluation]


class Split(NamedTuple):
    """Clips to train on, and clips to test on."""

    name: str
    learned: NDArray[np.int64]
    tested: NDArray[np.int64]


def fold_splits(
    arrays: Arrays, folds: int, seed: int = 0, clips: NDArray[np.int64] | None = None
) -> list[Split]:
    """Speaker-disjoint splits of `clips` (M,), or of all, in which each clip is tested once.

    Raises CorpusError if a label has fewer speakers than there are folds, or a recording is on
    both sides of a split.
    """
    clips = np.arange(len(arrays)) if clips is None else clips
    names = [arrays.label_names[label] for label in arrays.labels[clips]]
    fold = speaker_folds(names, arrays.speakers[clips].tolist(), folds, seed)
    splits = [Split(f"fold-{k}", clips[fold != k], clips[fold == k]) for k in range(folds)]
    return checked(arrays, splits)


def speaker_splits(arrays: Arrays) -> list[Split]:
    """One split for each speaker, who is tested.

    Raises CorpusError if a recording is on both sides of a split.
    """
    splits = [
        Split(s, np.flatnonzero(arrays.speakers != s), np.flatnonzero(arrays.speakers == s))
        for s in sorted(set(arrays.speakers.tolist()))
    ]
    return checked(arrays, splits)


def checked(arrays: Arrays, splits: list[Split]) -> list[Split]:
    """The same splits.

    Raises CorpusError if a speaker or a recording is on both sides of one of them.
    """
    speakers, sounds = arrays.speakers.tolist(), arrays.digests()
    names = [f"clip {number}" for number in range(1, len(arrays) + 1)]
    for split in splits:
        sides = Parts(split.learned, split.learned[:0], split.tested)
        check_disjoint(sides, speakers, sounds, names)
    return splits


def run_split(split: Split, learn: Learn, work: Path, settings: dict[str, Any]) -> dict:
    """Trains and scores one split, or reads the result that an earlier call left in `work`.

    Raises CabcnnError if that result is of other `settings` or clips.
    """
    files.make_folder(work)
    done = work / f"{split.name}.json"
    if done.exists():
        row = schema.read(done, "remove it to train that model again")
        if row.get("settings") != settings or row.get("clips") != split.tested.tolist():
            raise CabcnnError(
                f"{done} is of other settings or clips; remove it, or choose another folder."
            )
        return row
    state = work / f"{split.name}.state"
    result = learn(split.learned, split.tested, state)
    row = {
        "name": split.name,
        "settings": settings,
        "clips": split.tested.tolist(),
        "labels": result.labels.tolist(),
        "probabilities": np.round(result.probabilities, 6).tolist(),
        "effective_classifiers": result.effective_classifiers,
        **result.scores._asdict(),
    }
    files.write(done, json.dumps(row))
    return row


def measurement(
    rows: Sequence[dict], arrays: Arrays, protocol: str, unseen_speakers: bool
) -> Measurement:
    """The mean scores of the splits' models, with the standard deviation of their recalls.

    Log loss, calibration error and the interval are of all their predictions pooled.
    """
    classes = len(arrays.label_names)
    matrices = [
        confusion_matrix(row["labels"], np.argmax(row["probabilities"], 1), classes) for row in rows
    ]
    each = np.array([scores(matrix) for matrix in matrices])
    mean = each.mean(0)
    clips = np.concatenate([row["clips"] for row in rows])
    pooled = Evaluation(
        np.concatenate([row["probabilities"] for row in rows]),
        np.concatenate([row["labels"] for row in rows]),
        np.ones(1),
    )
    intervals = pooled.intervals(arrays.speakers[clips].tolist())
    return Measurement(
        protocol=protocol,
        unseen_speakers=unseen_speakers,
        models=len(rows),
        clips=len(np.unique(clips)),
        speakers=len(set(arrays.speakers[clips].tolist())),
        accuracy=round(float(mean[0]), 4),
        unweighted_recall=round(float(mean[1]), 4),
        spread=round(float(each[:, 1].std(ddof=1)), 4) if len(rows) > 1 else 0.0,
        macro_f1=round(float(mean[2]), 4),
        effective_classifiers=round(float(np.mean([r["effective_classifiers"] for r in rows])), 2),
        confusion=np.sum(matrices, 0).tolist(),
        log_loss=round(pooled.loss, 4),
        calibration_error=round(pooled.calibration.error, 4),
        interval=rounded(intervals),
    )


def sureness_of(rows: Sequence[dict], names: Sequence[str]) -> tuple[tuple[Step, ...], str]:
    """How often the splits' answers were right, by their lead; and a sentence for the card on how
    well such steps hold on a split that they do not come from."""
    labels = np.concatenate([row["labels"] for row in rows])
    probabilities = np.concatenate([row["probabilities"] for row in rows])
    parts = np.repeat(np.arange(len(rows)), [len(row["labels"]) for row in rows])
    steps = sureness.measure(labels, probabilities, names)
    error = sureness.calibration_error(labels, probabilities, names, parts)
    if not np.isfinite(error):
        return steps, "There were too few test clips to say how often such answers were right."
    return steps, (
        "How often such answers were right comes from the test clips of all folds. On a fold that "
        f"it does not come from, it was {100 * error:.0f} points off on average."
    )


def rounded(intervals: dict[str, Interval] | None) -> tuple[float, float] | None:
    """The interval of the unweighted recall, rounded for a card."""
    if intervals is None:
        return None
    low, high = intervals["unweighted_recall"]
    return round(low, 4), round(high, 4)
