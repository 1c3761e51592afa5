"""Carrying out a training run in a folder: read, decode, train, score, write the model.

If it is killed at any moment, the same call on the same folder resumes it, with the same result.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from cabcnn import checkpoint, devices, files
from cabcnn.corpora.table import Clip
from cabcnn.dataset.arrays import Arrays
from cabcnn.errors import CabcnnError
from cabcnn.model import CabCnn
from cabcnn.runs import plan as plans
from cabcnn.runs.card import make_card
from cabcnn.runs.clips import follow_run, prepare_run
from cabcnn.runs.journal import AttentionRecorder, Event, Journal
from cabcnn.runs.lock import claimed
from cabcnn.runs.outcome import Outcome, Result
from cabcnn.runs.plan import Plan
from cabcnn.runs.protocols import Part, parts_of
from cabcnn.runs.status import STOP, read
from cabcnn.training.distributed import Processes, init
from cabcnn.training.evaluation import evaluate
from cabcnn.training.excerpts import first_seconds
from cabcnn.training.trainer import Progress, train

MODEL = f"model{checkpoint.SUFFIX}"


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
    """Carries out a plan in `folder`; returns None if that was done before.

    `report` writes the report into `folder/report`. `cache` is the folder of decoded recordings.
    With `resume`, a run that was stopped on request goes on too.

    Under `torchrun` or `accelerate launch` every process calls this with the same arguments; only
    the leader writes files, and the others return None.

    Raises CabcnnError if the folder holds another run or one that is still going on, and for
    everything about the corpus, the recipe or the disk that the user can correct.
    """
    folder = Path(folder)
    if not leads():
        return None if _done(folder, resume) else _follow(plan, folder, cache)
    files.make_folder(folder)
    with claimed(folder):
        files.remove_stale(folder)
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
            journal.end("interrupted", "Interrupted; start it again to resume it.")
            raise
        except BaseException as error:
            journal.end("failed", f"{type(error).__name__}: {error}")
            raise


def leads() -> bool:
    """Whether this process is the one of those launched together that writes files."""
    return os.environ.get("RANK", "0") == "0"


def _keep_plan(plan: Plan, folder: Path) -> None:
    path = folder / plans.FILE
    if not path.exists():
        files.write(path, plan.to_json())
    elif not plans.read(path).asks_the_same(plan):
        raise CabcnnError(
            f"{folder} holds a run of another plan; choose another name, resume that run with "
            "--resume, or remove its folder."
        )


def _done(folder: Path, resume: bool) -> bool:
    status = read(folder)
    ends = ("finished",) if resume else ("finished", "stopped")
    return status is not None and status.state in ends and (folder / MODEL).exists()


def _lead(plan: Plan, journal: Journal, report: Report, cache: Path | None) -> Outcome:
    folder = journal.folder
    journal.update("preparing", "Reading the corpus")
    arrays, clips, left_out = prepare_run(plan, journal, cache)
    parts = parts_of(plan, arrays, [clip.path.name for clip in clips])
    processes = init(devices.resolve(plan.device))
    results = []
    kept: CabCnn | None = None
    stopped = False
    for part in parts:
        recorder = None
        if part is parts[0]:  # the model that will be kept
            recorder = _attention_recorder(plan, folder, arrays, clips, part)
        model, progress = _train(plan, journal, arrays, part, parts, recorder, processes)
        kept = kept or model
        test = part.clips.test
        journal.update("scoring", f"Scoring on {len(test)} clips", done=0, total=len(test))
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
        # A stop requested during scoring keeps the next part from starting.
        begins = bool(after) and not journal.epochs_of(after[0])
        stopped = early or (begins and journal.asked_to_stop())
        processes.share(bytes([stopped]))
        if stopped:
            break
    assert kept is not None
    card = make_card(plan, kept, arrays, clips, results, processes)
    outcome = Outcome(plan, card, tuple(results), tuple(clips), tuple(left_out))
    checkpoint.save(folder / MODEL, kept, card)
    report(outcome, folder / "report")
    journal.update("stopped" if stopped else "finished", card.score())
    return outcome


def _follow(plan: Plan, folder: Path, cache: Path | None) -> None:
    """The share of the processes that do not lead."""
    arrays, clips, _ = follow_run(plan, folder, cache)
    device = devices.resolve(plan.device)
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
    recorder: AttentionRecorder | None,
    processes: Processes,
) -> tuple[CabCnn, Progress]:
    recipe = plan.full_recipe
    journal.update(
        "training",
        f"Training on {len(part.clips.training)} clips",
        done=journal.epochs_of(part.name),
        total=recipe.max_epochs,
        part=part.name,
        parts=tuple(one.name for one in parts),
    )

    def on_epoch(progress: Progress, model: CabCnn) -> bool:
        if recorder is not None:
            recorder.record(progress.epoch, model)
        journal.epoch(progress.history, part.name)
        return journal.asked_to_stop()

    model, progress = train(
        arrays,
        part.clips.training,
        part.clips.validation,
        recipe,
        device=devices.resolve(plan.device),
        state=journal.folder / f"state-{part.name}{checkpoint.SUFFIX}",
        on_epoch=on_epoch,
        asked_to_stop=journal.asked_to_stop,
    )
    journal.write_epochs(progress.history, part.name)
    return model, progress


def _attention_recorder(
    plan: Plan, folder: Path, arrays: Arrays, clips: Sequence[Clip], part: Part
) -> AttentionRecorder:
    """Records the attention in the longest of the validation clips."""
    chosen = int(max(part.clips.validation, key=lambda clip: arrays.values[clip]))
    values = first_seconds(arrays, chosen, plan.seconds)
    clip = clips[chosen]
    about = {"path": clip.path.name, "label": clip.label, "speaker": clip.speaker}
    return AttentionRecorder(folder, values, about)
