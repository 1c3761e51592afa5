"""The effect of rounding on a model's scores: recordings as they are, as the training cache keeps
them (float16), and as `cabcnn study --prepare` does (eight bits, mu-law).

    python benchmarks/rounding.py digits FOLDER
    python benchmarks/rounding.py accents FOLDER --label accent
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))  # run from a checkout, nothing installed

import cabcnn
from cabcnn import corpora
from cabcnn.dataset import arrays, cache
from cabcnn.study.prepared import LONGEST_SECONDS, prepare
from cabcnn.training.evaluation import evaluate


def main() -> None:
    """Prints the scores of all three, and the differences for single clips."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("corpus")
    parser.add_argument("--label")
    given = parser.parse_args()
    classifier = cabcnn.load(given.model)
    clips = corpora.read(given.corpus, None, label=given.label)
    if foreign := {clip.label for clip in clips} - set(classifier.card.labels):
        sys.exit(f"{given.model} has no label {min(foreign)!r}, only {classifier.card.labels}")
    rate, seconds = classifier.card.rate, classifier.card.seconds
    with tempfile.TemporaryDirectory() as folder:
        cached = cache.prepare_cached(clips, rate, seconds, Path(folder))
        if cached.left_out:
            sys.exit(f"{cached.left_out[0].clip.path} can't be read; leave it out")
        forms = {
            "as they are": arrays.prepare(clips, rate, LONGEST_SECONDS),
            "float16": cached.arrays,
            "eight bits": prepare(clips, given.corpus, rate).arrays(),
        }
        compare(classifier, forms)


def compare(classifier: cabcnn.Classifier, forms: dict[str, arrays.Arrays]) -> None:
    """Prints a line for each form of the clips, with the differences from the first."""
    card = classifier.card
    every = np.arange(len(forms["as they are"]))
    part = "whole" if card.seconds is None else f"the first {card.seconds:g} s"
    print(f"{card.name} on {len(every)} clips, {part}\n")
    print(
        f"{'':12}{'accuracy':>10}{'recall':>10}{'log loss':>12}{'other verdicts':>16}"
        f"{'largest change':>16}"
    )
    before = None
    for name, prepared in forms.items():
        labels = [card.labels.index(prepared.label_names[k]) for k in prepared.labels]
        own = replace(prepared, labels=np.array(labels), label_names=tuple(card.labels))
        scored = evaluate(classifier.model, own, every, card.seconds)
        accuracy, recall, _ = scored.scores
        probabilities = scored.probabilities
        before = probabilities if before is None else before
        changed = int((before.argmax(1) != probabilities.argmax(1)).sum())
        print(
            f"{name:12}{accuracy:10.4f}{recall:10.4f}{scored.loss:12.6f}{changed:16}"
            f"{np.abs(before - probabilities).max():16.5f}"
        )


if __name__ == "__main__":
    main()
