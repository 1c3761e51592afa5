"""The card of a model that somebody trained: only what is known of it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from cabcnn import familiarity
from cabcnn.checkpoint import Card, Measurement
from cabcnn.corpora.layouts import BUILT_IN
from cabcnn.corpora.table import Clip
from cabcnn.dataset.arrays import Arrays
from cabcnn.model import INTERVAL_SECONDS, CabCnn
from cabcnn.runs.plan import Plan
from cabcnn.runs.protocols import SENTENCES
from cabcnn.training.cross_validation import measurement, rounded
from cabcnn.training.distributed import Processes
from cabcnn.training.excerpts import first_seconds

if TYPE_CHECKING:
    from cabcnn.runs.run import Result

BROUGHT = "Recordings brought by whoever trained this model."
ONE_CORPUS = (
    "Trained and tested on one corpus: how it does on other recordings nobody has measured."
)
SYNTHETIC = "Every voice is synthetic: its score says nothing of how it would do on people."


def card_of(
    plan: Plan,
    model: CabCnn,
    arrays: Arrays,
    clips: Sequence[Clip],
    results: Sequence[Result],
    processes: Processes,
) -> Card:
    """What a run knows of its model; the first result is of this very model."""
    measurements = tuple(_measured(result, arrays) for result in results)
    if plan.protocol == "folds":
        measurements = (_over_folds(plan, results, arrays),)
    built_in = plan.corpus == BUILT_IN
    where = "The built-in corpus of synthetic voices" if built_in else Path(plan.corpus).name
    per_label = ", ".join(
        f"{int((arrays.labels == number).sum())} {name}"
        for number, name in enumerate(arrays.label_names)
    )
    speakers = len(set(arrays.speakers.tolist()) - {""})
    not_learned = np.concatenate(results[0].part.clips[1:])
    voices = f" of {speakers} speakers" if speakers else ""
    return Card(
        name=plan.name,
        title=plan.title or f"{plan.name}: {', '.join(arrays.label_names)}",
        labels=arrays.label_names,
        rate=plan.rate,
        seconds=plan.seconds,
        data=f"{where}: {len(clips)} recordings{voices} ({per_label}).",
        source="Spoken by espeak-ng for this project." if built_in else BROUGHT,
        licence="MIT, the clips and these weights." if built_in else "As the recordings'.",
        caution=SYNTHETIC if built_in else ONE_CORPUS,
        recipe=plan.full_recipe.as_dict(),
        measurements=measurements,
        device=described(processes),
        date=datetime.date.today().isoformat(),
        parameters=sum(p.numel() for p in model.parameters()),
        notes=(
            *_owed_to_voices(results),
            *_of_folds(plan, results),
            *_lone_voices(results, arrays),
        ),
        novelty_threshold=novelty_threshold(model, arrays, not_learned, plan.seconds),
        median_seconds=median_seconds(arrays, results[0].part.clips.test, plan.seconds),
    )


def novelty_threshold(
    model: CabCnn, arrays: Arrays, clips: Sequence[int] | NDArray[np.int64], seconds: float | None
) -> float | None:
    """A card's `familiar`, from the first `seconds` of clips that the model did not learn from."""
    return familiarity.novelty_threshold(
        model, clips, lambda clip: first_seconds(arrays, clip, seconds)
    )


def median_seconds(
    arrays: Arrays, clips: Sequence[int] | NDArray[np.int64], seconds: float | None
) -> float | None:
    """A card's `usual`, of clips of which the first `seconds` were heard. None without clips."""
    if not len(clips):
        return None
    heard = float(np.median(arrays.intervals[np.asarray(clips)])) * INTERVAL_SECONDS
    return round(heard if seconds is None else min(heard, seconds), 3)


def _owed_to_voices(results: Sequence[Result]) -> tuple[str, ...]:
    """What the two splits tell together, where both models learned as long as they were to."""
    if any(result.stopped for result in results):
        return ()
    found = {result.part.unseen_speakers: result.evaluation.scores for result in results}
    if len(found) < 2:
        return ()
    mixed, unseen = found[False].unweighted_recall, found[True].unweighted_recall
    return (
        f"Another model, trained and tested on a mixed split, has an unweighted recall of "
        f"{mixed:.3f}; on voices it never heard this one has {unseen:.3f}. The difference of "
        f"{mixed - unseen:+.3f} is what knowing the voice is worth, and chance.",
    )


def _of_folds(plan: Plan, results: Sequence[Result]) -> tuple[str, ...]:
    """Which of several models this is."""
    if plan.protocol != "folds":
        return ()
    own = results[0].evaluation.scores.unweighted_recall
    return (
        f"Of each of {plan.folds} folds of the speakers one model knows nothing and is tested on "
        f"it. This is the first of them, with an unweighted recall of {own:.3f}; it was not chosen "
        "for that.",
    )


def _lone_voices(results: Sequence[Result], arrays: Arrays) -> tuple[str, ...]:
    """Why a score has no interval, where that is because too few speak."""
    said = []
    for result in results:
        test = result.part.clips.test
        for number, name in enumerate(arrays.label_names):
            voices = arrays.speakers[test[arrays.labels[test] == number]].tolist()
            if len(set(voices) - {""}) + voices.count("") == 1:
                said.append(
                    f"Of {name} one voice was tested ({result.part.name}): how others would do it "
                    "can't tell, so that there is no interval."
                )
    return tuple(said)


def _over_folds(plan: Plan, results: Sequence[Result], arrays: Arrays) -> Measurement:
    """One measurement of all the folds' models; the protocol says which of them there are."""
    rows = [
        {
            "clips": result.part.clips.test.tolist(),
            "labels": result.evaluation.labels.tolist(),
            "probabilities": result.evaluation.probabilities.tolist(),
            "effective_classifiers": result.evaluation.effective_classifiers,
        }
        for result in results
    ]
    tested = f"{len(results)} of " if len(results) < plan.folds else ""
    early = [result.part.name for result in results if result.stopped]
    stopped = f"; {', '.join(early)} stopped early" if early else ""
    protocol = f"{tested}{plan.folds} folds {SENTENCES['folds']}{stopped}"
    return measurement(rows, arrays, protocol, unseen_speakers=True)


def _measured(result: Result, arrays: Arrays) -> Measurement:
    evaluation, part = result.evaluation, result.part
    scores = evaluation.scores
    speakers = arrays.speakers[part.clips.test].tolist()
    early = f"; stopped early, after epoch {len(result.history)}" if result.stopped else ""
    return Measurement(
        protocol=f"{part.name}: {part.sentence}{early}",
        unseen_speakers=part.unseen_speakers,
        models=1,
        clips=len(part.clips.test),
        speakers=len(set(speakers) - {""}),
        accuracy=round(scores.accuracy, 4),
        unweighted_recall=round(scores.unweighted_recall, 4),
        spread=0.0,
        macro_f1=round(scores.macro_f1, 4),
        effective_classifiers=round(evaluation.effective_classifiers, 2),
        confusion=evaluation.confusion.tolist(),
        log_loss=round(evaluation.loss, 4),
        calibration_error=round(evaluation.calibration.error, 4),
        interval=rounded(evaluation.intervals(speakers)),
    )


def described(processes: Processes) -> str:
    """What a model was trained on, for its card."""
    several = f"{processes.size} x " if processes.size > 1 else ""
    if processes.device.type == "cuda":
        return several + torch.cuda.get_device_name(processes.device)
    threads = torch.get_num_threads()
    return f"{several}CPU, {threads} thread{'' if threads == 1 else 's'}"
