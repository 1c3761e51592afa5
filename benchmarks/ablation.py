"""Ablation of the recipe: what each setting contributes, by training without it.

    python benchmarks/ablation.py --out ablation.csv                   # the built-in corpus
    python benchmarks/ablation.py --out a.csv --corpus FOLDER --seconds 30 --crop 5 --epochs 60

The CSV has a row for each model. Rows that exist are not computed again, so that it can be stopped
and started. In a round (one seed, one fold of speakers left out) all variants are trained on the
same clips and tested on the same unseen speakers; the table gives the mean difference over the
rounds and its standard error. The last epoch is used, so no validation clips are needed.

Each variant is compared with one that differs from it in a single setting:

- "everything" has excerpts, augmentation, recalibration, annealing, small batches and the spread of
  the attention. Without annealing, changes of loudness and speed, and the spread it is `robust`.
- Gain and noise are also compared with `robust`, on clips with noise and with varying loudness
  (`conditions.py`), which they are meant for.
- Truncation needs clips of different lengths, so it is compared on whole clips.
- Balance needs classes of different sizes: every other class keeps a quarter of its clips.
- `paper` makes few steps in few epochs of a small corpus, so it is also run with small batches.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent.parent))  # run from a checkout, nothing installed

from benchmarks.conditions import CONDITIONS, under_conditions
from cabcnn import corpora
from cabcnn.corpora.splits import speaker_folds
from cabcnn.dataset.arrays import Arrays
from cabcnn.dataset.cache import prepare_cached
from cabcnn.memory import keep_freed_memory
from cabcnn.training.evaluation import evaluate
from cabcnn.training.recipe import PAPER, ROBUST, Recipe
from cabcnn.training.trainer import train

RATE = 8_000
KEPT = 4  # one in this many clips of a class that is made rare


class Variant(NamedTuple):
    """`changes` to a recipe; `against` is the variant that it is compared with."""

    name: str
    recipe: Recipe
    changes: dict[str, Any]
    against: str = "everything"
    uneven: bool = False


ANNEALED = replace(ROBUST, anneal=True)
EVERYTHING = replace(ANNEALED, gain=6.0, speed=0.1, spread=0.01)
WHOLE = {"crop_seconds": None, "anywhere": False}
UNDISTURBED = {"gain": 0.0, "noise": 0.0, "speed": 0.0}
VARIANTS = (
    Variant("everything", EVERYTHING, {}, ""),
    Variant("without small batches (128)", EVERYTHING, {"batch_size": 128}),
    Variant("without recalibration", EVERYTHING, {"recalibrate": False}),
    Variant("without annealing", EVERYTHING, {"anneal": False}),
    Variant("without spread", EVERYTHING, {"spread": 0.0}),
    Variant("without gain", EVERYTHING, {"gain": 0.0}),
    Variant("without noise", EVERYTHING, {"noise": 0.0}),
    Variant("without speed", EVERYTHING, {"speed": 0.0}),
    Variant("without gain, noise, speed", EVERYTHING, UNDISTURBED),
    Variant("without crops", EVERYTHING, WHOLE),
    Variant("without crops, truncated", EVERYTHING, WHOLE | {"truncate": True}, "without crops"),
    Variant("uneven classes: everything", EVERYTHING, {}, "", True),
    Variant(
        "uneven classes: without balance",
        EVERYTHING,
        {"balance": False},
        "uneven classes: everything",
        True,
    ),
    Variant("robust", ROBUST, {}, ""),
    Variant("robust without noise", ROBUST, {"noise": 0.0}, "robust"),
    Variant("robust with sharpness 4", ROBUST, {"sharpness": 4.0}, "robust"),
    Variant("annealed", ANNEALED, {}, "robust"),
    Variant("annealed, with gain", ANNEALED, {"gain": 6.0}, "annealed"),
    Variant("the same without noise", ANNEALED, {"gain": 6.0, "noise": 0.0}, "annealed, with gain"),
    Variant("the same, noise to 0.3", ANNEALED, {"gain": 6.0, "noise": 0.3}, "annealed, with gain"),
    Variant("paper", PAPER, {}),
    Variant("paper, batches of 16", PAPER, {"batch_size": 16}, "paper"),
)


def training_clips(
    arrays: Arrays, pool: NDArray[np.int64], most: int, uneven: bool, seed: Sequence[int]
) -> NDArray[np.int64]:
    """At most `most` clips of a pool; with `uneven`, every other class is thinned out first."""
    order = np.random.default_rng(seed).permutation(pool)
    if uneven:
        labels = arrays.labels[order]
        rank = np.array([np.sum(labels[:i] == label) for i, label in enumerate(labels)])
        order = order[(labels % 2 == 0) | (rank % KEPT == 0)]
    return np.sort(order[:most])


def measure(
    arrays: Arrays,
    conditions: dict[str, Arrays],
    variant: Variant,
    fold: NDArray[np.int64],
    number: int,
    settings: dict[str, Any],
) -> dict[str, Any]:
    """Trains a model on the other folds and scores it on fold `number`, as recorded and under each
    of the `conditions`."""
    seed, seconds = settings["seed"], settings["seconds"]
    cropped = variant.recipe is not PAPER
    crop = {"crop_seconds": settings["crop"], "anywhere": True} if cropped else {}
    recipe = replace(
        variant.recipe,
        **{"seconds": seconds, "max_epochs": settings["epochs"], "seed": seed, **crop}
        | variant.changes
        | {"monitor": "nothing"},
    )
    pool = np.flatnonzero(fold != number)
    clips = training_clips(arrays, pool, settings["limit_clips"], variant.uneven, [seed, number])
    started = time.process_time()
    model, progress = train(arrays, clips, [], recipe)
    taken = time.process_time() - started
    tested = np.flatnonzero(fold == number)
    result = evaluate(model, arrays, tested, seconds)
    others = {name: evaluate(model, own, tested, seconds) for name, own in conditions.items()}
    return {
        "clips": len(clips),
        "steps": -(-len(clips) // recipe.batch_size) * recipe.max_epochs,
        "tested": len(result.labels),
        "unweighted_recall": round(result.scores.unweighted_recall, 4),
        "balanced_loss": round(result.balanced_loss, 4),
        "effective_classifiers": round(result.effective_classifiers, 2),
        "training_recall": round(progress.history[-1]["training_recall"], 4),
        "cpu_seconds": round(taken, 1),
    } | {name: round(one.scores.unweighted_recall, 4) for name, one in others.items()}


def read(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def add(path: Path, row: dict[str, Any]) -> None:
    """Appends a row, with a header if the file is new."""
    new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, row)
        if new:
            writer.writeheader()
        writer.writerow(row)


def table(rows: list[dict[str, str]]) -> str:
    """Markdown tables: the scores of each variant with the difference to the one it is compared
    with, and its recall under each condition."""
    lines = [
        "| variant | models | steps | unweighted recall | difference | effective classifiers |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for variant in VARIANTS:
        own = [row for row in rows if row["variant"] == variant.name]
        if own:
            effective = statistics.mean(float(row["effective_classifiers"]) for row in own)
            scores = _compared(rows, variant, "unweighted_recall")
            lines.append(
                f"| {variant.name} | {len(own)} | {own[0]['steps']} | {scores} | {effective:.1f} |"
            )
    rows = [row for row in rows if all(row.get(name) for name in CONDITIONS)]
    for name in CONDITIONS if rows else ():
        lines += ["", f"| {name} | unweighted recall | difference |", "| --- | --- | --- |"]
        lines += [
            f"| {variant.name} | {_compared(rows, variant, name)} |"
            for variant in VARIANTS
            if any(row["variant"] == variant.name for row in rows)
        ]
    return "\n".join(lines)


def _compared(rows: list[dict[str, str]], variant: Variant, column: str) -> str:
    """Two cells: a variant's mean, and its mean difference to the one it is compared with in the
    same rounds."""

    def by_round(name: str) -> dict[tuple[str, str], float]:
        own = [row for row in rows if row["variant"] == name]
        return {(row["seed"], row["fold"]): float(row[column]) for row in own}

    scores, other = by_round(variant.name), by_round(variant.against)
    differences = [scores[key] - other[key] for key in scores if key in other]
    difference = ""
    if differences:
        difference = f"{_mean(differences, len(differences))} (to {variant.against})"
    return f"{_mean(list(scores.values()))} | {difference}"


def _mean(values: list[float], shared_by: int = 0) -> str:
    """Mean and standard deviation; of differences, with sign and the standard error of the mean."""
    sign = "+" if shared_by else ""
    if len(values) < 2:
        return f"{values[0]:{sign}.3f}"
    spread = statistics.stdev(values) / (shared_by or 1) ** 0.5
    return f"{statistics.mean(values):{sign}.3f} ± {spread:.3f}"


def main() -> None:
    """Trains the missing models and prints the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="the CSV")
    parser.add_argument("--corpus", default="built-in")
    parser.add_argument("--layout", help="how the corpus is organised; detected if left out")
    parser.add_argument("--seconds", type=float, default=5.0, help="T")
    parser.add_argument("--crop", type=float, default=2.0, help="seconds of the excerpts")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--folds", type=int, default=4, help="of speakers, each left out in turn")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--limit-clips", type=int, default=240, help="to learn from, at most")
    parser.add_argument("--only", nargs="+", metavar="VARIANT", help="train these variants only")
    parser.add_argument(
        "--table", action="store_true", help="print the existing results, train nothing"
    )
    arguments = parser.parse_args()
    chosen = [one for one in VARIANTS if not arguments.only or one.name in arguments.only]
    torch.set_num_threads(1)
    keep_freed_memory()  # as training does
    given = {k: v for k, v in vars(arguments).items() if k not in ("out", "seeds", "only", "table")}

    def matches(row: dict[str, str]) -> bool:
        return all(row[name] == str(value or "") for name, value in given.items())

    if not arguments.table:
        rows = read(arguments.out)
        if rows and not rows[0].keys() >= CONDITIONS.keys():
            sys.exit(
                f"{arguments.out} is from an older version of this benchmark; choose another file."
            )
        listed = corpora.read(arguments.corpus, arguments.layout)
        prepared = prepare_cached(listed, RATE, arguments.seconds)
        arrays = prepared.arrays
        conditions: dict[str, Arrays] = {}
        names = [arrays.label_names[label] for label in arrays.labels]
        present = {(r["variant"], r["seed"], r["fold"]) for r in rows if matches(r)}
        for seed in range(arguments.seeds):
            fold = speaker_folds(names, arrays.speakers.tolist(), arguments.folds, seed)
            for number in range(arguments.folds):
                for variant in chosen:
                    if (variant.name, str(seed), str(number)) in present:
                        continue
                    conditions = conditions or under_conditions(
                        prepared.clips, RATE, arguments.seconds
                    )
                    settings = given | {"seed": seed}
                    result = measure(arrays, conditions, variant, fold, number, settings)
                    row = {"variant": variant.name, "fold": number, **settings, **result}
                    add(arguments.out, row)
                    print(row, file=sys.stderr, flush=True)
    print(table([row for row in read(arguments.out) if matches(row)]))


if __name__ == "__main__":
    main()
