"""One model of a study: trained, tested, timed, written down."""

from __future__ import annotations

import contextlib
import json
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from cabcnn import files
from cabcnn.baselines import RIVALS
from cabcnn.baselines.images import images
from cabcnn.corpora.splits import Parts, check_disjoint, mixed_split, speaker_split
from cabcnn.dataset.arrays import Arrays
from cabcnn.errors import CabcnnError
from cabcnn.metrics import confusion_matrix, scores
from cabcnn.model import CabCnn
from cabcnn.study.grid import LARGE, MASKED, OURS, UNIFORM, Cell, Grid, count_of
from cabcnn.study.rivals import Side, answers, train_rival
from cabcnn.study.variants import OneLarge, UniformAttention, learned, with_classifiers
from cabcnn.study.waves import Waves
from cabcnn.training.evaluation import evaluate
from cabcnn.training.excerpts import first_seconds
from cabcnn.training.recipe import PAPER, Recipe
from cabcnn.training.trainer import train

FIRST_SECONDS = (1, 2, 3, 5, 7, 10, 15, 20, 25, 30, 40, 50, 60)
TIMED = 9  # clips whose median time is given
DECIMALS = 6
Tell = Callable[[str], None]


class Material(NamedTuple):
    """A corpus, split: the same for every cell."""

    waves: Waves
    arrays: Arrays
    parts: Parts


def material(waves: Waves, grid: Grid) -> Material:
    """Raises CorpusError where the corpus does not allow the grid's split."""
    arrays = waves.arrays()
    labels = [waves.label_names[label] for label in waves.labels]
    if grid.protocol == "paper":
        return Material(waves, arrays, mixed_split(labels, grid.split_seed))
    speakers = waves.speakers.tolist()
    parts = speaker_split(labels, speakers, grid.split_seed)
    check_disjoint(parts, speakers, arrays.digests(), waves.names.tolist())
    return Material(waves, arrays, parts)


def path_of(folder: Path, cell: Cell) -> Path:
    return folder / "cells" / f"{cell.name}.json"


def carry_out(
    cell: Cell, grid: Grid, given: Material, folder: Path, device: str, tell: Tell
) -> dict[str, Any]:
    """Trains and tests one model and keeps what came of it in `folder`.

    The result has the test clips' indices, labels and probabilities, `confusion`, the scores,
    `parameters`, `epochs`, `max_epochs`, `training_seconds`, `clip_milliseconds` (one clip at a
    time, from its values or its spectrogram in memory to the answer) and, of CAB-CNN,
    `by_seconds`: the unweighted recall when it hears less.

    Raises CabcnnError where the training diverges or the disk is full.
    """
    begun = time.perf_counter()
    run = _rival if cell.model in RIVALS else _cab_cnn
    found = run(cell, grid, given, folder, device, tell)
    tested = given.parts.test
    labels = given.waves.labels[tested]
    probabilities = found.pop("probabilities")
    matrix = confusion_matrix(labels, probabilities.argmax(1), len(given.waves.label_names))
    row = {
        "model": cell.model,
        "seconds": cell.seconds,
        "run": cell.run,
        "protocol": grid.protocol,
        **scores(matrix)._asdict(),
        "confusion": matrix.tolist(),
        "clips": tested.tolist(),
        "labels": labels.tolist(),
        "probabilities": probabilities.round(DECIMALS).tolist(),
        **found,
        "max_epochs": grid.max_epochs,
        "device": described(device),
        "torch": torch.__version__,
        "wall_seconds": round(time.perf_counter() - begun, 1),
    }
    files.make_folder(path_of(folder, cell).parent)
    files.write(path_of(folder, cell), json.dumps(row))
    return row


def _cab_cnn(
    cell: Cell, grid: Grid, given: Material, folder: Path, device: str, tell: Tell
) -> dict[str, Any]:
    recipe = recipe_of(cell, grid)
    state = folder / "cells" / f"{cell.name}.state"
    files.make_folder(state.parent)
    model, progress = train(
        given.arrays,
        given.parts.training,
        given.parts.validation,
        recipe,
        device=device,
        state=state,
        build=BUILDS.get(cell.model) or with_classifiers(count_of(cell.model) or 40),
        on_epoch=lambda progress, model: tell(_line(cell, progress.history[-1])),
    )
    found = evaluate(model, given.arrays, given.parts.test, cell.seconds)
    result = {
        "probabilities": found.probabilities,
        "effective_classifiers": found.effective_classifiers,
        "parameters": learned(model),
        **_course(progress.history, progress.best_epoch),
        "clip_milliseconds": _timed(model, given, cell, device),
        "by_seconds": _by_seconds(model, given, cell.seconds),
    }
    state.unlink(missing_ok=True)
    return result


BUILDS: dict[str, Callable[[int], CabCnn]] = {
    OURS: CabCnn,
    MASKED: CabCnn,
    UNIFORM: UniformAttention,
    LARGE: OneLarge,
}


def recipe_of(cell: Cell, grid: Grid) -> Recipe:
    """The paper's recipe; `cab-cnn` alone truncates, so that the others differ from
    `cab-cnn-masked` in one thing each."""
    return replace(
        PAPER,
        seconds=cell.seconds,
        seed=cell.run,
        truncate=cell.model == OURS,
        max_epochs=grid.max_epochs,
    )


def _rival(
    cell: Cell, grid: Grid, given: Material, folder: Path, device: str, tell: Tell
) -> dict[str, Any]:
    rival, waves = RIVALS[cell.model], given.waves
    training, validation, test = (
        Side(waves.spectrograms(part.tolist(), cell.seconds), waves.labels[part])
        for part in given.parts
    )
    model, course = train_rival(
        rival,
        len(waves.label_names),
        training,
        validation,
        seed=cell.run,
        max_epochs=grid.max_epochs,
        device=device,
        on_epoch=lambda row: tell(_line(cell, row)),
    )

    def once(place: int) -> None:
        one = torch.from_numpy(np.ascontiguousarray(test.spectrograms[place : place + 1]))
        model(images(one.to(device), rival.picture))

    return {
        "probabilities": answers(model, rival, test.spectrograms, device),
        "parameters": learned(model),
        **_course(course.history, course.best_epoch),
        "clip_milliseconds": _median_time(once, len(test.labels), device),
    }


def _course(history: Sequence[dict[str, Any]], best_epoch: int) -> dict[str, Any]:
    return {
        "epochs": len(history),
        "best_epoch": best_epoch,
        "training_seconds": round(sum(row["seconds"] for row in history), 1),
    }


def _line(cell: Cell, row: dict[str, Any]) -> str:
    return (
        f"{cell.name} epoch {row['epoch']}: training loss {row['training_loss']:.3f}, "
        f"validation loss {row['loss']:.3f}, {row['seconds']:.1f} s"
    )


def _timed(model: CabCnn, given: Material, cell: Cell, device: str) -> float:
    test = given.parts.test

    def once(place: int) -> None:
        values = first_seconds(given.arrays, int(test[place]), cell.seconds)
        model([torch.from_numpy(values).to(device)])

    return _median_time(once, len(test), device)


def _median_time(once: Callable[[int], None], clips: int, device: str) -> float:
    """Milliseconds that one clip takes, the first call left out."""
    taken = []
    with torch.inference_mode():
        for place in range(min(TIMED + 1, clips)):
            begun = time.perf_counter()
            once(place)
            if device.startswith("cuda"):
                torch.cuda.synchronize(device)
            taken.append(1000 * (time.perf_counter() - begun))
    return round(median(taken[1:] or taken), 3)


def _by_seconds(model: CabCnn, given: Material, longest: float) -> dict[str, float]:
    """Unweighted recall from the first t seconds of each test clip."""
    clips: NDArray[np.int64] = given.parts.test
    return {
        f"{seconds:g}": evaluate(
            model, given.arrays, clips, float(seconds)
        ).scores.unweighted_recall
        for seconds in FIRST_SECONDS
        if seconds <= longest
    }


def read(path: Path) -> dict[str, Any]:
    """Raises CabcnnError for a result that is damaged, or of an earlier version."""
    try:
        row = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CabcnnError(f"{path} is damaged ({error}); remove it to train it anew.") from error
    if "max_epochs" not in row:
        raise CabcnnError(f"{path} is of an earlier version; remove it to train it anew.")
    return row


def described(device: str) -> str:
    """What a result was computed on: the GPU, or the processor and the threads used of it."""
    if device.startswith("cuda"):
        return torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    return f"{_processor()}, {threads} thread{'' if threads == 1 else 's'}"


def _processor() -> str:
    with contextlib.suppress(OSError):  # Linux tells the model here, and nowhere in `platform`
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine() or "CPU"
