"""A training run's report: what a person reads of it, in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cabcnn import files
from cabcnn.corpora import Clip, path_within
from cabcnn.metrics import Interval
from cabcnn.reports import card, confusion, curves, predictions, reliability
from cabcnn.runs.run import Outcome, Result
from cabcnn.training.evaluation import Evaluation

DECIMALS = 4


def write(outcome: Outcome, folder: Path) -> None:
    """Writes card.md, scores.json, predictions.csv, curves.png, confusion.png, reliability.png.

    Raises CabcnnError where the disk does not take them.
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
        [curves.Course(r.part.name, r.history, r.best_epoch) for r in results],
        folder / "curves.png",
    )
    draw([(result.part.name, result.evaluation) for result in results], labels, folder)


def draw(tests: Sequence[tuple[str, Evaluation]], labels: Sequence[str], folder: Path) -> None:
    """Draws the confusion matrices and the reliability of one or several tests."""
    panels = [confusion.Panel(name, found.confusion) for name, found in tests]
    confusion.draw(panels, labels, folder / "confusion.png")
    certainties = [reliability.Panel(name, found.calibration) for name, found in tests]
    reliability.draw(certainties, folder / "reliability.png")


def as_dict(evaluation: Evaluation, speakers: Sequence[str]) -> dict[str, Any]:
    """Every score of a test whose clips' `speakers` (N,) are known, or not (""), for JSON."""
    found, intervals = evaluation.calibration, evaluation.intervals(speakers)
    return {
        "clips": len(evaluation.labels),
        "speakers": len(set(speakers) - {""}),
        **{name: round(score, DECIMALS) for name, score in evaluation.scores._asdict().items()},
        "intervals": intervals and {name: _rounded(edges) for name, edges in intervals.items()},
        "log_loss": round(evaluation.loss, DECIMALS),
        "calibration": {
            "error": round(found.error, DECIMALS),
            "confidence": found.confidence.round(DECIMALS).tolist(),
            "accuracy": found.accuracy.round(DECIMALS).tolist(),
            "clips": found.clips.tolist(),
        },
        "effective_classifiers": round(evaluation.effective_classifiers, DECIMALS),
        "confusion": evaluation.confusion.tolist(),
    }


def _rounded(edges: Interval) -> list[float]:
    return [round(edge, DECIMALS) for edge in edges]


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
