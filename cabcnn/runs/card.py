"""The card of a model that a run has trained."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cabcnn import devices, familiarity, schema, sureness
from cabcnn.checkpoint import MOST_LABELS, Card, Label, Measurement
from cabcnn.corpora.layouts import BUILT_IN
from cabcnn.corpora.table import Clip
from cabcnn.dataset.arrays import Arrays
from cabcnn.errors import CorpusError
from cabcnn.model import INTERVAL_SECONDS, CabCnn
from cabcnn.runs.plan import Plan
from cabcnn.runs.protocols import SENTENCES
from cabcnn.sureness import Step
from cabcnn.training.cross_validation import measurement, rounded
from cabcnn.training.distributed import Processes
from cabcnn.training.excerpts import first_seconds

if TYPE_CHECKING:
    from cabcnn.runs.outcome import Result

OWN_RECORDINGS = "Recordings of whoever trained this model."
ONE_CORPUS = "Trained and tested on one corpus; nobody has measured it on other recordings."
SYNTHETIC = "All voices are synthetic, so its score does not say how it would do on people."
LONGEST_TITLE, LONGEST_TEXT = 500, 10_000  # characters
LABELS_NAMED = 20


def make_card(
    plan: Plan,
    model: CabCnn,
    arrays: Arrays,
    clips: Sequence[Clip],
    results: Sequence[Result],
    processes: Processes,
) -> Card:
    """The card of a run's model; the first result is that of this model."""
    measurements = tuple(_measurement(result, arrays) for result in results)
    if plan.protocol == "folds":
        measurements = (_over_folds(plan, results, arrays),)
    built_in = plan.corpus == BUILT_IN
    corpus = "The built-in corpus of synthetic voices" if built_in else Path(plan.corpus).name
    per_label = ", ".join(
        f"{int((arrays.labels == number).sum())} {name}"
        for number, name in enumerate(arrays.label_names)
    )
    speakers = len(set(arrays.speakers.tolist()) - {""})
    of_speakers = f" of {speakers} speakers" if speakers else ""
    not_trained_on = np.concatenate(results[0].part.clips[1:])
    title = plan.title or f"{plan.name}: {', '.join(arrays.label_names)}"
    tested = results if plan.protocol == "folds" else results[:1]
    return Card(
        name=plan.name,
        title=_printable(title, LONGEST_TITLE),
        labels=arrays.label_names,
        rate=plan.rate,
        seconds=plan.seconds,
        data=_printable(
            f"{corpus}: {len(clips)} recordings{of_speakers} ({per_label}).", LONGEST_TEXT
        ),
        source="Spoken by espeak-ng for this project." if built_in else OWN_RECORDINGS,
        licence="MIT, the clips and these weights." if built_in else "That of the recordings.",
        caution=SYNTHETIC if built_in else ONE_CORPUS,
        recipe=plan.full_recipe.as_dict(),
        measurements=measurements,
        device=devices.description(str(processes.device), processes.size),
        date=datetime.date.today().isoformat(),
        parameters=sum(p.numel() for p in model.parameters()),
        sureness=_sureness(tested, arrays) if measurements[0].unseen_speakers else (),
        notes=(
            *_mixed_against_unseen(results),
            *_first_of_folds(plan, results),
            *_single_speakers(results, arrays),
        ),
        novelty_threshold=novelty_threshold(model, arrays, not_trained_on, plan.seconds),
        median_seconds=median_seconds(arrays, results[0].part.clips.test, plan.seconds),
    )


def check_labels(labels: Iterable[str]) -> None:
    """Raises CorpusError, saying what to do, for labels that no card can hold: asked before a
    training begins."""
    names = sorted(set(labels))
    if len(names) > MOST_LABELS:
        raise CorpusError(
            f"The corpus has {len(names):,} labels, and a model can have {MOST_LABELS}; train on "
            "some of them."
        )
    for name in names:
        schema.checked(name, Label, "A label", CorpusError)


def novelty_threshold(
    model: CabCnn, arrays: Arrays, clips: Sequence[int] | NDArray[np.int64], seconds: float | None
) -> float | None:
    """A card's `novelty_threshold`, from the first `seconds` of clips not trained on."""
    return familiarity.novelty_threshold(
        model, clips, lambda clip: first_seconds(arrays, clip, seconds)
    )


def median_seconds(
    arrays: Arrays, clips: Sequence[int] | NDArray[np.int64], seconds: float | None
) -> float | None:
    """A card's `median_seconds`: the median length of `clips`, cut at `seconds`. None without
    clips."""
    if not len(clips):
        return None
    median = float(np.median(arrays.intervals[np.asarray(clips)])) * INTERVAL_SECONDS
    return round(median if seconds is None else min(median, seconds), 3)


def _printable(text: str, most: int) -> str:
    """Text as a card can hold it: folders may be called anything."""
    text = schema.UNUSABLE.sub("\ufffd", text)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _mixed_against_unseen(results: Sequence[Result]) -> tuple[str, ...]:
    """What the two splits show together, if both models were trained to the end."""
    if any(result.stopped for result in results):
        return ()
    scores = {result.part.unseen_speakers: result.evaluation.scores for result in results}
    if len(scores) < 2:
        return ()
    mixed, unseen = scores[False].unweighted_recall, scores[True].unweighted_recall
    difference = round(mixed, 3) - round(unseen, 3)  # that of the numbers that are written here
    return (
        f"Another model, trained and tested on a mixed split, has an unweighted recall of "
        f"{mixed:.3f}; on unseen speakers this one has {unseen:.3f}. The difference of "
        f"{difference:+.3f} is due to knowing the speakers, and to chance.",
    )


def _first_of_folds(plan: Plan, results: Sequence[Result]) -> tuple[str, ...]:
    """Which of several models this is."""
    if plan.protocol != "folds":
        return ()
    own = results[0].evaluation.scores.unweighted_recall
    return (
        f"The speakers were divided into {plan.folds} folds, and for each fold a model was trained "
        "on the others and tested on it. This is the model of the first fold, with an unweighted "
        f"recall of {own:.3f}; it was not chosen for its score.",
    )


def _single_speakers(results: Sequence[Result], arrays: Arrays) -> tuple[str, ...]:
    """Why a score has no interval, if that is because a label was tested on one speaker."""
    notes = []
    for result in results:
        test = result.part.clips.test
        labels = []
        for number, name in enumerate(arrays.label_names):
            speakers = arrays.speakers[test[arrays.labels[test] == number]].tolist()
            if len(set(speakers) - {""}) + speakers.count("") == 1:
                labels.append(name)
        if labels:
            more = len(labels) - LABELS_NAMED
            named = ", ".join(labels[:LABELS_NAMED]) + (f" and {more} more" if more > 0 else "")
            notes.append(
                f"Only one speaker was tested ({result.part.name}) for {named}. That can't show "
                "how scores vary between speakers, so there is no interval."
            )
    return tuple(notes)


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


def _measurement(result: Result, arrays: Arrays) -> Measurement:
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


def _sureness(results: Sequence[Result], arrays: Arrays) -> tuple[Step, ...]:
    """From the test clips of speakers that the models were not trained on."""
    evaluations = [result.evaluation for result in results]
    return sureness.measure(
        np.concatenate([one.labels for one in evaluations]),
        np.concatenate([one.probabilities for one in evaluations]),
        arrays.label_names,
    )
