"""A training run's report: a folder of pictures, tables and the model's card."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cabcnn import files
from cabcnn.corpora import Clip, path_within
from cabcnn.metrics import Interval
from cabcnn.reports import card, confusion, curves, predictions, reliability
from cabcnn.runs.outcome import Outcome, Result
from cabcnn.training.evaluation import Evaluation

DECIMALS = 4


def write(outcome: Outcome, folder: Path) -> None:
    """Writes card.md, scores.json, predictions.csv, curves.png, confusion.png, reliability.png.

    Raises CabcnnError if they can't be written.
    """
    labels, results, corpus = outcome.card.labels, outcome.results, outcome.plan.corpus
    left_out = [(path_within(one.clip.path, corpus), one.reason) for one in outcome.left_out]
    files.make_folder(folder)
    files.write(folder / "card.md", card.to_markdown(outcome.card, left_out))
    files.write_json(
        folder / "scores.json",
        {
            "model": outcome.card.name,
            "labels": labels,
            "seed": outcome.plan.seed,
            "splits": [_split(result, outcome.clips) for result in results],
        },
    )
    rows = [
        (result.part.name, outcome.clips[clip], row)
        for result in results
        for clip, row in zip(result.part.clips.test, result.evaluation.probabilities, strict=True)
    ]
    files.write(folder / "predictions.csv", predictions.to_csv(rows, labels, corpus))
    curves.draw(
        [curves.Curves(r.part.name, r.history, r.best_epoch) for r in results],
        folder / "curves.png",
    )
    draw([(result.part.name, result.evaluation) for result in results], labels, folder)


def draw(tests: Sequence[tuple[str, Evaluation]], labels: Sequence[str], folder: Path) -> None:
    """Draws the confusion matrices and reliability diagrams of one or several tests."""
    matrices = [confusion.Panel(name, test.confusion) for name, test in tests]
    confusion.draw(matrices, labels, folder / "confusion.png")
    calibrations = [reliability.Panel(name, test.calibration) for name, test in tests]
    reliability.draw(calibrations, folder / "reliability.png")


def as_dict(evaluation: Evaluation, speakers: Sequence[str]) -> dict[str, Any]:
    """All scores of a test, for JSON. `speakers` (N,) are the clips', "" if unknown."""
    calibration, intervals = evaluation.calibration, evaluation.intervals(speakers)
    return {
        "clips": len(evaluation.labels),
        "speakers": len(set(speakers) - {""}),
        **{name: round(score, DECIMALS) for name, score in evaluation.scores._asdict().items()},
        "intervals": intervals and {name: _rounded(i) for name, i in intervals.items()},
        "log_loss": round(evaluation.loss, DECIMALS),
        "calibration": {
            "error": round(calibration.error, DECIMALS),
            "confidence": calibration.confidence.round(DECIMALS).tolist(),
            "accuracy": calibration.accuracy.round(DECIMALS).tolist(),
            "clips": calibration.clips.tolist(),
        },
        "effective_classifiers": round(evaluation.effective_classifiers, DECIMALS),
        "confusion": evaluation.confusion.tolist(),
    }


def _rounded(interval: Interval) -> list[float]:
    return [round(bound, DECIMALS) for bound in interval]


def _split(result: Result, clips: Sequence[Clip]) -> dict[str, Any]:
    part = result.part
    sides = {
        name: {"clips": len(side), "speakers": len({clips[clip].speaker for clip in side} - {""})}
        for name, side in part.clips._asdict().items()
    }
    return {
        "name": part.name,
        "about": part.sentence,
        "unseen_speakers": part.unseen_speakers,
        "sides": sides,
        "epochs": len(result.history),
        "best_epoch": result.best_epoch,
        "stopped_early": result.stopped,
        **as_dict(result.evaluation, [clips[clip].speaker for clip in part.clips.test]),
    }
