"""A training run in a folder: read, prepare, train, score, and a model with its card.

Killed at any moment, the same call on the same folder goes on and ends as it would have.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from cabcnn import checkpoint, corpora
from cabcnn.checkpoint import Card
from cabcnn.corpora.description import Description, LabelFacts, Problem
from cabcnn.corpora.table import Clip
from cabcnn.errors import CabcnnError
from cabcnn.model import VALUES_PER_SECOND, CabCnn
from cabcnn.training import plan as plans
from cabcnn.training import whole
from cabcnn.training.arrays import Arrays
from cabcnn.training.batches import first_seconds
from cabcnn.training.cache import LeftOut, Prepared, prepare_cached, prepared_before
from cabcnn.training.card import card_of
from cabcnn.training.evaluation import Evaluation, evaluate
from cabcnn.training.journal import Event, Journal, Watched
from cabcnn.training.lock import claimed
from cabcnn.training.plan import Plan
from cabcnn.training.protocols import Part, parts_of
from cabcnn.training.status import STOP, Status, read
from cabcnn.training.trainer import Progress, train

__all__ = ["Event", "Outcome", "Plan", "Result", "Status", "carry_out"]

CLIPS = "clips.json"
CORPUS = "corpus.json"
MODEL = f"model{checkpoint.SUFFIX}"


@dataclass(frozen=True)
class Result:
    """What one split's model came to: its epochs, and its answers on the test clips."""

    part: Part
    history: list[dict[str, Any]]
    best_epoch: int
    evaluation: Evaluation


@dataclass(frozen=True)
class Outcome:
    """All of a run. The model is the first result's."""

    plan: Plan
    card: Card
    results: tuple[Result, ...]
    clips: tuple[Clip, ...]
    left_out: tuple[LeftOut, ...]


Report = Callable[[Outcome, Path], None]


def carry_out(
    plan: Plan,
    folder: str | Path,
    *,
    on_event: Callable[[Event], None] = lambda event: None,
    report: Report = lambda outcome, folder: None,
    cache: Path | None = None,
    resume: bool = False,
) -> Outcome | None:
    """Does what a plan asks for in `folder`; None where that was done already.

    `report` writes what a person reads of it into `folder/report`. `cache` is where decoded
    recordings are kept. With `resume`, a run that was stopped goes on too.

    Raises CabcnnError where the folder holds another run, or one that is going on, and for
    everything about the corpus, the recipe or the disk that a person can mend.
    """
    folder = Path(folder)
    whole.make_folder(folder)
    with claimed(folder):
        _keep_plan(plan, folder)
        if resume:
            (folder / STOP).unlink(missing_ok=True)
        earlier = read(folder)
        done = ("finished",) if resume else ("finished", "stopped")
        if earlier is not None and earlier.state in done and (folder / MODEL).exists():
            return None
        journal = Journal(folder, on_event)
        try:
            return _carry_out(plan, journal, report, cache)
        except CabcnnError as error:
            journal.end("failed", str(error))
            raise
        except OSError as error:
            sentence = whole.unwritable(Path(error.filename or folder), error)
            if error.errno in whole.FULL:
                journal.end("failed", str(sentence))
                raise sentence from error
            journal.end("failed", f"{type(error).__name__}: {error}")
            raise
        except KeyboardInterrupt:
            journal.end("interrupted", "Interrupted; start it again and it goes on.")
            raise
        except BaseException as error:
            journal.end("failed", f"{type(error).__name__}: {error}")
            raise


def _keep_plan(plan: Plan, folder: Path) -> None:
    path = folder / plans.FILE
    if not path.exists():
        whole.write(path, plan.to_json())
    elif replace(plans.read(path), device=plan.device) != plan:
        raise CabcnnError(
            f"{folder} holds a run of another plan; choose another name, or remove that folder."
        )


def _carry_out(plan: Plan, journal: Journal, report: Report, cache: Path | None) -> Outcome:
    folder = journal.folder
    journal.tell("preparing", "Reading the corpus")
    arrays, clips, left_out = _prepare(plan, journal, cache)
    parts = parts_of(plan, arrays, [clip.path.name for clip in clips])
    device = device_of(plan.device)
    results = []
    model: CabCnn | None = None
    for part in parts:
        trained, progress = _train(plan, journal, arrays, clips, part, parts, device)
        model = model or trained
        journal.tell("scoring", f"Scoring on {len(part.clips.test)} clips", done=0, total=0)
        evaluation = evaluate(trained, arrays, part.clips.test, plan.seconds)
        results.append(Result(part, progress.history, progress.best_epoch, evaluation))
        if journal.asked_to_stop():
            break
    assert model is not None
    card = card_of(plan, model, arrays, clips, results, device)
    outcome = Outcome(plan, card, tuple(results), tuple(clips), tuple(left_out))
    checkpoint.save(folder / MODEL, model, card)
    report(outcome, folder / "report")
    stopped = journal.asked_to_stop()
    journal.tell("stopped" if stopped else "finished", card.score())
    return outcome


def _prepare(
    plan: Plan, journal: Journal, cache: Path | None
) -> tuple[Arrays, list[Clip], list[LeftOut]]:
    """The plan's clips, decoded. A run that goes on takes those that it began with."""
    listing = journal.folder / CLIPS
    before = _listed(listing)
    if before is not None:
        clips, keys, left_out = before
        arrays = prepared_before(clips, keys, plan.rate, plan.seconds, cache)
        if arrays is not None:
            return arrays, clips, left_out
    found = corpora.read(plan.corpus, plan.layout, **plan.options)
    journal.tell("preparing", "Decoding the recordings", done=0, total=len(found))
    prepared = prepare_cached(
        found,
        plan.rate,
        plan.seconds,
        cache,
        progress=lambda done: journal.count(done, len(found)),
    )
    if before is not None and (before[0], before[1]) != (prepared.clips, prepared.keys):
        raise CabcnnError(
            f"{plan.corpus} has changed since this run began and its decoded recordings are gone; "
            "start a new run under another name."
        )
    whole.write_json(
        listing,
        {
            "clips": [_row(clip, key) for clip, key in zip(prepared.clips, prepared.keys)],
            "left_out": [_row(one.clip, one.reason) for one in prepared.left_out],
        },
    )
    whole.write_json(journal.folder / CORPUS, _found(prepared).as_dict())
    return prepared.arrays, prepared.clips, prepared.left_out


def _listed(path: Path) -> tuple[list[Clip], list[str], list[LeftOut]] | None:
    if not path.exists():
        return None
    facts = json.loads(path.read_bytes())
    clips = [Clip(Path(row[0]), *row[1:4]) for row in facts["clips"]]
    left_out = [LeftOut(Clip(Path(row[0]), *row[1:4]), row[4]) for row in facts["left_out"]]
    return clips, [row[4] for row in facts["clips"]], left_out


def _row(clip: Clip, last: str) -> list[str]:
    return [str(clip.path), clip.label, clip.speaker, clip.split, last]


def _found(prepared: Prepared) -> Description:
    """What is in the corpus, as this run uses it: of each clip the first T seconds."""
    arrays = prepared.arrays
    seconds = arrays.values / VALUES_PER_SECOND
    facts = []
    for number, name in enumerate(arrays.label_names):
        own = arrays.labels == number
        speakers = len(set(arrays.speakers[own].tolist()) - {""})
        facts.append(LabelFacts(name, int(own.sum()), speakers, float(seconds[own].sum()) / 3600))
    problems = []
    if count := len(prepared.left_out):
        sentence = f"{count:,} recording{' is' if count == 1 else 's are'} left out."
        details = tuple(f"{one.clip.path}: {one.reason}" for one in prepared.left_out)
        problems.append(Problem("left out", sentence, details))
    speakers = len(set(arrays.speakers.tolist()) - {""})
    return Description(seconds, {}, speakers, tuple(facts), tuple(problems))


def device_of(asked: str) -> str:
    """The device that "auto" is: a GPU where there is one."""
    if asked != "auto":
        return asked
    return "cuda" if torch.cuda.is_available() else "cpu"


def _train(
    plan: Plan,
    journal: Journal,
    arrays: Arrays,
    clips: Sequence[Clip],
    part: Part,
    parts: Sequence[Part],
    device: str,
) -> tuple[CabCnn, Progress]:
    recipe = plan.full_recipe
    journal.tell(
        "training",
        f"Training on {len(part.clips.training)} clips",
        done=0,
        total=recipe.max_epochs,
        part=part.name,
        parts=tuple(one.name for one in parts),
    )
    watched = None
    if part is parts[0]:  # the model that will be kept
        chosen = int(max(part.clips.validation, key=lambda clip: arrays.values[clip]))
        values = first_seconds(arrays, chosen, plan.seconds)
        clip = clips[chosen]
        about = {"path": clip.path.name, "label": clip.label, "speaker": clip.speaker}
        watched = Watched(journal.folder, values, about)

    def on_epoch(progress: Progress, model: CabCnn) -> bool:
        if watched is not None:
            watched.draw(progress.epoch, model)
        journal.epoch(progress.history, part.name)
        return journal.asked_to_stop()

    model, progress = train(
        arrays,
        part.clips.training,
        part.clips.validation,
        recipe,
        device=device,
        state=journal.folder / f"state-{part.name}{checkpoint.SUFFIX}",
        on_epoch=on_epoch,
    )
    journal.keep_epochs(progress.history, part.name)
    return model, progress
