"""A training run in a folder: read, prepare, train, score, and a model with its card.

Killed at any moment, the same call on the same folder goes on and ends as it would have.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from cabcnn import checkpoint, files
from cabcnn.checkpoint import Card
from cabcnn.corpora.table import Clip
from cabcnn.dataset.arrays import Arrays
from cabcnn.dataset.cache import LeftOut
from cabcnn.errors import CabcnnError
from cabcnn.model import CabCnn
from cabcnn.runs import plan as plans
from cabcnn.runs.card import card_of
from cabcnn.runs.clips import follow_run, prepare_run
from cabcnn.runs.journal import AttentionRecorder, Event, Journal
from cabcnn.runs.lock import claimed
from cabcnn.runs.plan import Plan
from cabcnn.runs.protocols import Part, parts_of
from cabcnn.runs.status import STOP, Status, read
from cabcnn.training.batches import first_seconds
from cabcnn.training.distributed import Processes, init
from cabcnn.training.evaluation import Evaluation, evaluate
from cabcnn.training.trainer import Progress, train

__all__ = ["Event", "Outcome", "Plan", "Result", "Status", "carry_out"]

MODEL = f"model{checkpoint.SUFFIX}"


@dataclass(frozen=True)
class Result:
    """What one split's model came to: its epochs, and its answers on the test clips."""

    part: Part
    history: list[dict[str, Any]]
    best_epoch: int
    evaluation: Evaluation
    stopped: bool = False  # before its recipe was over


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

    Under `torchrun` or `accelerate launch` every process calls this with the same arguments;
    the leader does all the writing, and the others return None.

    Raises CabcnnError where the folder holds another run, or one that is going on, and for
    everything about the corpus, the recipe or the disk that a person can mend.
    """
    folder = Path(folder)
    if not leads():
        return None if _done(folder, resume) else _follow(plan, folder, cache)
    files.make_folder(folder)
    with claimed(folder):
        _keep_plan(plan, folder)
        if _done(folder, resume):
            return None
        if resume:
            (folder / STOP).unlink(missing_ok=True)
        journal = Journal(folder, on_event)
        try:
            return _lead(plan, journal, report, cache)
        except CabcnnError as error:
            journal.end("failed", str(error))
            raise
        except OSError as error:
            if error.errno not in files.DISK_FULL:
                journal.end("failed", f"{type(error).__name__}: {error}")
                raise
            sentence = files.write_error(Path(error.filename or folder), error)
            journal.end("failed", str(sentence))
            raise sentence from error
        except KeyboardInterrupt:
            journal.end("interrupted", "Interrupted; start it again and it goes on.")
            raise
        except BaseException as error:
            journal.end("failed", f"{type(error).__name__}: {error}")
            raise


def leads() -> bool:
    """Whether this process is the one, of those started together, that writes and reports."""
    return os.environ.get("RANK", "0") == "0"


def device_of(asked: str) -> str:
    """The device that "auto" is: a GPU where there is one.

    Raises CabcnnError for one that is not here.
    """
    if asked == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(asked)
    except RuntimeError:
        device = None
    if device is None or device.type not in ("cpu", "cuda"):
        raise CabcnnError(f"{asked!r} is no device to train on; choose auto, cpu or cuda.")
    if device.type == "cuda" and not torch.cuda.is_available():
        raise CabcnnError("There is no GPU that torch can use here; choose auto or cpu.")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        there = torch.cuda.device_count() - 1
        raise CabcnnError(f"There is no GPU {device.index} here; the last is cuda:{there}.")
    return asked


def _keep_plan(plan: Plan, folder: Path) -> None:
    path = folder / plans.FILE
    if not path.exists():
        files.write(path, plan.to_json())
    elif replace(plans.read(path), device=plan.device) != plan:
        raise CabcnnError(
            f"{folder} holds a run of another plan; choose another name, go on with that run by "
            "--resume, or remove its folder."
        )


def _done(folder: Path, resume: bool) -> bool:
    status = read(folder)
    ends = ("finished",) if resume else ("finished", "stopped")
    return status is not None and status.state in ends and (folder / MODEL).exists()


def _lead(plan: Plan, journal: Journal, report: Report, cache: Path | None) -> Outcome:
    folder = journal.folder
    journal.tell("preparing", "Reading the corpus")
    arrays, clips, left_out = prepare_run(plan, journal, cache)
    parts = parts_of(plan, arrays, [clip.path.name for clip in clips])
    processes = init(device_of(plan.device))
    results = []
    kept: CabCnn | None = None
    stopped = False
    for part in parts:
        watched = None
        if part is parts[0]:  # the model that will be kept
            watched = _watched(plan, folder, arrays, clips, part)
        model, progress = _train(plan, journal, arrays, part, parts, watched, processes)
        kept = kept or model
        test = part.clips.test
        journal.tell("scoring", f"Scoring on {len(test)} clips", done=0, total=len(test))
        evaluation = evaluate(
            model,
            arrays,
            test,
            plan.seconds,
            progress=partial(journal.count, total=len(test)),
            processes=processes,
        )
        early = not progress.finished(plan.full_recipe)
        results.append(Result(part, progress.history, progress.best_epoch, evaluation, early))
        after = [one.name for one in parts[len(results) :]]
        # A stop that comes while a part is scored begins no other.
        begins = bool(after) and not journal.epochs_of(after[0])
        stopped = early or (begins and journal.asked_to_stop())
        processes.share(bytes([stopped]))
        if stopped:
            break
    assert kept is not None
    card = card_of(plan, kept, arrays, clips, results, processes)
    outcome = Outcome(plan, card, tuple(results), tuple(clips), tuple(left_out))
    checkpoint.save(folder / MODEL, kept, card)
    report(outcome, folder / "report")
    journal.tell("stopped" if stopped else "finished", card.score())
    return outcome


def _follow(plan: Plan, folder: Path, cache: Path | None) -> None:
    """What the processes that do not lead do of it."""
    arrays, clips, _ = follow_run(plan, folder, cache)
    device = device_of(plan.device)
    processes = init(device)
    for part in parts_of(plan, arrays, [clip.path.name for clip in clips]):
        model, _ = train(
            arrays, part.clips.training, part.clips.validation, plan.full_recipe, device=device
        )
        evaluate(model, arrays, part.clips.test, plan.seconds, processes=processes)
        if processes.share(b"") != bytes([False]):
            break


def _train(
    plan: Plan,
    journal: Journal,
    arrays: Arrays,
    part: Part,
    parts: Sequence[Part],
    watched: AttentionRecorder | None,
    processes: Processes,
) -> tuple[CabCnn, Progress]:
    recipe = plan.full_recipe
    journal.tell(
        "training",
        f"Training on {len(part.clips.training)} clips",
        done=journal.epochs_of(part.name),
        total=recipe.max_epochs,
        part=part.name,
        parts=tuple(one.name for one in parts),
    )

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
        device=device_of(plan.device),
        state=journal.folder / f"state-{part.name}{checkpoint.SUFFIX}",
        on_epoch=on_epoch,
        asked_to_stop=journal.asked_to_stop,
    )
    journal.write_epochs(progress.history, part.name)
    return model, progress


def _watched(
    plan: Plan, folder: Path, arrays: Arrays, clips: Sequence[Clip], part: Part
) -> AttentionRecorder:
    """The longest of the validation clips."""
    chosen = int(max(part.clips.validation, key=lambda clip: arrays.values[clip]))
    values = first_seconds(arrays, chosen, plan.seconds)
    clip = clips[chosen]
    about = {"path": clip.path.name, "label": clip.label, "speaker": clip.speaker}
    return AttentionRecorder(folder, values, about)
