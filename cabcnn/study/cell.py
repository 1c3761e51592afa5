"""One cell of a study's grid: a model is trained, tested and timed, and the result written."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from cabcnn import devices, files, schema
from cabcnn.baselines import BASELINES
from cabcnn.baselines.images import images
from cabcnn.corpora.splits import Parts, check_disjoint, mixed_split, speaker_split
from cabcnn.dataset.arrays import Arrays
from cabcnn.errors import CabcnnError
from cabcnn.metrics import confusion_matrix, scores
from cabcnn.model import CabCnn
from cabcnn.study.grid import LARGE, MASKED, OURS, UNIFORM, Cell, Grid, count_of
from cabcnn.study.prepared import PreparedCorpus
from cabcnn.study.train_baseline import Images, predict, train_baseline
from cabcnn.study.variants import OneLarge, UniformAttention, trainable_parameters, with_classifiers
from cabcnn.training.evaluation import evaluate
from cabcnn.training.excerpts import first_seconds
from cabcnn.training.recipe import PAPER, Recipe
from cabcnn.training.trainer import train

FIRST_SECONDS = (1, 2, 3, 5, 7, 10, 15, 20, 25, 30, 40, 50, 60)
TIMED_CLIPS = 9  # clips whose median time is reported
DECIMALS = 6
Log = Callable[[str], None]


class SplitCorpus(NamedTuple):
    """A corpus and its split, the same for every cell."""

    prepared: PreparedCorpus
    arrays: Arrays
    parts: Parts


def split_corpus(prepared: PreparedCorpus, grid: Grid) -> SplitCorpus:
    """Raises CorpusError if the corpus can't be split as the grid requires."""
    arrays = prepared.arrays()
    labels = [prepared.label_names[label] for label in prepared.labels]
    if grid.protocol == "paper":
        return SplitCorpus(prepared, arrays, mixed_split(labels, grid.split_seed))
    speakers = prepared.speakers.tolist()
    parts = speaker_split(labels, speakers, grid.split_seed)
    check_disjoint(parts, speakers, arrays.digests(), prepared.names.tolist())
    return SplitCorpus(prepared, arrays, parts)


def path_of(folder: Path, cell: Cell) -> Path:
    return folder / "cells" / f"{cell.name}.json"


def run_cell(
    cell: Cell, grid: Grid, corpus: SplitCorpus, folder: Path, device: str, log: Log
) -> dict[str, Any]:
    """Trains and tests one model, and writes the result to `folder`.

    The result has the test clips' indices, labels and probabilities, `confusion`, the scores,
    `parameters`, `epochs`, `max_epochs`, `training_seconds`, `clip_milliseconds` (for one clip,
    from values or spectrogram in memory to probabilities) and, for CAB-CNN, `by_seconds`: the
    unweighted recall from the first t seconds.

    Raises CabcnnError if the training diverges or the result can't be written.
    """
    start = time.perf_counter()
    run = _run_baseline if cell.model in BASELINES else _run_cab_cnn
    result = run(cell, grid, corpus, folder, device, log)
    test = corpus.parts.test
    labels = corpus.prepared.labels[test]
    probabilities = result.pop("probabilities")
    matrix = confusion_matrix(labels, probabilities.argmax(1), len(corpus.prepared.label_names))
    row = {
        "model": cell.model,
        "seconds": cell.seconds,
        "run": cell.run,
        "protocol": grid.protocol,
        **scores(matrix)._asdict(),
        "confusion": matrix.tolist(),
        "clips": test.tolist(),
        "labels": labels.tolist(),
        "probabilities": probabilities.round(DECIMALS).tolist(),
        **result,
        "max_epochs": grid.max_epochs,
        "device": devices.description(device),
        "torch": torch.__version__,
        "wall_seconds": round(time.perf_counter() - start, 1),
    }
    files.make_folder(path_of(folder, cell).parent)
    files.write(path_of(folder, cell), json.dumps(row))
    return row


def _run_cab_cnn(
    cell: Cell, grid: Grid, corpus: SplitCorpus, folder: Path, device: str, log: Log
) -> dict[str, Any]:
    recipe = recipe_of(cell, grid)
    state = folder / "cells" / f"{cell.name}.state"
    files.make_folder(state.parent)
    model, progress = train(
        corpus.arrays,
        corpus.parts.training,
        corpus.parts.validation,
        recipe,
        device=device,
        state=state,
        build=BUILDS.get(cell.model) or with_classifiers(count_of(cell.model) or 40),
        on_epoch=lambda progress, model: log(_line(cell, progress.history[-1])),
    )
    evaluation = evaluate(model, corpus.arrays, corpus.parts.test, cell.seconds)
    result = {
        "probabilities": evaluation.probabilities,
        "effective_classifiers": evaluation.effective_classifiers,
        "parameters": trainable_parameters(model),
        **_history(progress.history, progress.best_epoch),
        "clip_milliseconds": _timed(model, corpus, cell, device),
        "by_seconds": _by_seconds(model, corpus, cell.seconds),
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
    """The paper's recipe. Only `cab-cnn` truncates batches, so each of the others differs from
    `cab-cnn-masked` in one thing."""
    return replace(
        PAPER,
        seconds=cell.seconds,
        seed=cell.run,
        truncate=cell.model == OURS,
        max_epochs=grid.max_epochs,
    )


def _run_baseline(
    cell: Cell, grid: Grid, corpus: SplitCorpus, folder: Path, device: str, log: Log
) -> dict[str, Any]:
    baseline, prepared = BASELINES[cell.model], corpus.prepared
    training, validation, test = (
        Images(prepared.spectrograms(part.tolist(), cell.seconds), prepared.labels[part])
        for part in corpus.parts
    )
    model, training = train_baseline(
        baseline,
        len(prepared.label_names),
        training,
        validation,
        seed=cell.run,
        max_epochs=grid.max_epochs,
        device=device,
        on_epoch=lambda row: log(_line(cell, row)),
    )

    def classify(index: int) -> None:
        one = torch.from_numpy(np.ascontiguousarray(test.spectrograms[index : index + 1]))
        model(images(one.to(device), baseline.image_format))

    return {
        "probabilities": predict(model, baseline, test.spectrograms, device),
        "parameters": trainable_parameters(model),
        **_history(training.history, training.best_epoch),
        "clip_milliseconds": _median_time(classify, len(test.labels), device),
    }


def _history(history: Sequence[dict[str, Any]], best_epoch: int) -> dict[str, Any]:
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


def _timed(model: CabCnn, corpus: SplitCorpus, cell: Cell, device: str) -> float:
    test = corpus.parts.test

    def classify(index: int) -> None:
        values = first_seconds(corpus.arrays, int(test[index]), cell.seconds)
        model([torch.from_numpy(values).to(device)])

    return _median_time(classify, len(test), device)


def _median_time(classify: Callable[[int], None], clips: int, device: str) -> float:
    """The median time for one clip in milliseconds, without the first call."""
    times = []
    with torch.inference_mode():
        for index in range(min(TIMED_CLIPS + 1, clips)):
            start = time.perf_counter()
            classify(index)
            if device.startswith("cuda"):
                torch.cuda.synchronize(device)
            times.append(1000 * (time.perf_counter() - start))
    return round(median(times[1:] or times), 3)


def _by_seconds(model: CabCnn, corpus: SplitCorpus, longest: float) -> dict[str, float]:
    """Unweighted recall from the first t seconds of each test clip."""
    clips: NDArray[np.int64] = corpus.parts.test
    return {
        f"{seconds:g}": evaluate(
            model, corpus.arrays, clips, float(seconds)
        ).scores.unweighted_recall
        for seconds in FIRST_SECONDS
        if seconds <= longest
    }


def read(path: Path) -> dict[str, Any]:
    """Raises CabcnnError for a result that is damaged or from an earlier version."""
    row = schema.read(path, "delete it to train that model again")
    if "max_epochs" not in row:
        raise CabcnnError(f"{path} is from an earlier version; delete it to train it again.")
    return row
