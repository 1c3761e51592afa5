"""What each switch of a recipe brings: everything switched on, and everything but one.

    python benchmarks/ablation.py --out ablation.csv                   # the built-in corpus
    python benchmarks/ablation.py --out a.csv --corpus FOLDER --seconds 30 --crop 5 --epochs 60

One row a model in the CSV; rows that are there already are not computed again, so that it may be
stopped and started. Within a round (one seed, one fold of speakers left out) every variant learns
from the same clips and is tested on the same unseen voices: the table gives the mean difference
over the rounds, and its standard error. The last epoch counts, so that no clip chooses anything.

Each variant is set against the one that it differs from in one thing:

- Crops, disturbances, recalibration, annealing, small batches, the spread of the attention:
  everything. Without annealing, changes of loudness and speed and the spread it is `robust`.
- Gain and noise once more, beside `robust`, heard under noise and with loudness that wanders too
  (`conditions.py`), for which they are meant.
- Truncation shows only where clips differ in length, which crops don't: whole clips.
- Balance shows only where classes differ in size: every other class keeps a quarter of its clips.
- `paper` has few steps in few epochs of a small corpus, hence a row with small batches too.
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

from benchmarks.conditions import CONDITIONS, worse
from cabcnn import corpora
from cabcnn.corpora.splits import speaker_folds
from cabcnn.dataset.arrays import Arrays
from cabcnn.dataset.cache import prepare_cached
from cabcnn.memory import keep_freed_memory
from cabcnn.training.evaluation import evaluate
from cabcnn.training.recipe import PAPER, ROBUST, Recipe
from cabcnn.training.trainer import train

RATE = 8_000
KEPT = 4  # one in so many clips of a class that is made rare


class Variant(NamedTuple):
    """`changes` to a recipe; `against` is the variant from which that differs in one thing."""

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
    Variant("annealed", ANNEALED, {}, "robust"),
    Variant("annealed, with gain", ANNEALED, {"gain": 6.0}, "annealed"),
    Variant("the same without noise", ANNEALED, {"gain": 6.0, "noise": 0.0}, "annealed, with gain"),
    Variant("the same, noise to 0.3", ANNEALED, {"gain": 6.0, "noise": 0.3}, "annealed, with gain"),
    Variant("paper", PAPER, {}),
    Variant("paper, batches of 16", PAPER, {"batch_size": 16}, "paper"),
)


def learned_from(
    arrays: Arrays, pool: NDArray[np.int64], most: int, uneven: bool, seed: Sequence[int]
) -> NDArray[np.int64]:
    """At most so many clips of a pool; `uneven` thins every other class out before."""
    order = np.random.default_rng(seed).permutation(pool)
    if uneven:
        labels = arrays.labels[order]
        rank = np.array([np.sum(labels[:i] == label) for i, label in enumerate(labels)])
        order = order[(labels % 2 == 0) | (rank % KEPT == 0)]
    return np.sort(order[:most])


def measure(
    arrays: Arrays,
    heard: dict[str, Arrays],
    variant: Variant,
    fold: NDArray[np.int64],
    number: int,
    settings: dict[str, Any],
) -> dict[str, Any]:
    """One model: trained on the other folds, scored on the voices of fold `number`, as they are
    and as they are `heard` otherwise."""
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
    clips = learned_from(arrays, pool, settings["limit_clips"], variant.uneven, [seed, number])
    begun = time.process_time()
    model, progress = train(arrays, clips, [], recipe)
    taken = time.process_time() - begun
    tested = np.flatnonzero(fold == number)
    found = evaluate(model, arrays, tested, seconds)
    otherwise = {name: evaluate(model, own, tested, seconds) for name, own in heard.items()}
    return {
        "clips": len(clips),
        "steps": -(-len(clips) // recipe.batch_size) * recipe.max_epochs,
        "tested": len(found.labels),
        "unweighted_recall": round(found.scores.unweighted_recall, 4),
        "balanced_loss": round(found.balanced_loss, 4),
        "effective_classifiers": round(found.effective_classifiers, 2),
        "training_recall": round(progress.history[-1]["training_recall"], 4),
        "cpu_seconds": round(taken, 1),
    } | {name: round(one.scores.unweighted_recall, 4) for name, one in otherwise.items()}


def read(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def add(path: Path, row: dict[str, Any]) -> None:
    """Appends a row, after a line of names where the file is new."""
    new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, row)
        if new:
            writer.writeheader()
        writer.writerow(row)


def table(rows: list[dict[str, str]]) -> str:
    """In Markdown: each variant's scores, and what it gains or loses against its reference; below,
    its recall under each condition that was measured."""
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
    """Two cells: a variant's mean, and its mean difference to its reference in the same rounds."""

    def by_round(name: str) -> dict[tuple[str, str], float]:
        own = [row for row in rows if row["variant"] == name]
        return {(row["seed"], row["fold"]): float(row[column]) for row in own}

    scores, other = by_round(variant.name), by_round(variant.against)
    apart = [scores[place] - other[place] for place in scores if place in other]
    difference = f"{_mean(apart, len(apart))} (to {variant.against})" if apart else ""
    return f"{_mean(list(scores.values()))} | {difference}"


def _mean(values: list[float], shared_by: int = 0) -> str:
    """Mean and spread; of a difference, with its sign and the standard error of the mean."""
    sign = "+" if shared_by else ""
    if len(values) < 2:
        return f"{values[0]:{sign}.3f}"
    spread = statistics.stdev(values) / (shared_by or 1) ** 0.5
    return f"{statistics.mean(values):{sign}.3f} ± {spread:.3f}"


def main() -> None:
    """Trains what is missing, then prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="the CSV")
    parser.add_argument("--corpus", default="built-in")
    parser.add_argument("--layout", help="how the corpus lies on disk; found out if left out")
    parser.add_argument("--seconds", type=float, default=5.0, help="T")
    parser.add_argument("--crop", type=float, default=2.0, help="seconds of the excerpts")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--folds", type=int, default=4, help="of speakers, each left out in turn")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--limit-clips", type=int, default=240, help="to learn from, at most")
    parser.add_argument("--only", nargs="+", metavar="VARIANT", help="train these, of the table's")
    parser.add_argument("--table", action="store_true", help="print what is there, train nothing")
    arguments = parser.parse_args()
    chosen = [one for one in VARIANTS if not arguments.only or one.name in arguments.only]
    torch.set_num_threads(1)
    keep_freed_memory()  # as training does
    given = {k: v for k, v in vars(arguments).items() if k not in ("out", "seeds", "only", "table")}

    def wanted(row: dict[str, str]) -> bool:
        return all(row[name] == str(value or "") for name, value in given.items())

    if not arguments.table:
        rows = read(arguments.out)
        if rows and not rows[0].keys() >= CONDITIONS.keys():
            sys.exit(f"{arguments.out} lacks what is measured now; choose another file.")
        found = corpora.read(arguments.corpus, arguments.layout)
        prepared = prepare_cached(found, RATE, arguments.seconds)
        arrays = prepared.arrays
        heard: dict[str, Arrays] = {}
        names = [arrays.label_names[label] for label in arrays.labels]
        there = {(r["variant"], r["seed"], r["fold"]) for r in rows if wanted(r)}
        for seed in range(arguments.seeds):
            fold = speaker_folds(names, arrays.speakers.tolist(), arguments.folds, seed)
            for number in range(arguments.folds):
                for variant in chosen:
                    if (variant.name, str(seed), str(number)) in there:
                        continue
                    heard = heard or worse(prepared.clips, RATE, arguments.seconds)
                    settings = given | {"seed": seed}
                    result = measure(arrays, heard, variant, fold, number, settings)
                    row = {"variant": variant.name, "fold": number, **settings, **result}
                    add(arguments.out, row)
                    print(row, file=sys.stderr, flush=True)
    print(table([row for row in read(arguments.out) if wanted(row)]))


if __name__ == "__main__":
    main()
