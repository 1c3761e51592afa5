"""What eight bits a sample on the mu-law scale cost in score: a model's verdicts on a corpus as
`cabcnn study --prepare` writes it down, against the same recordings as they are.

    python benchmarks/eight_bits.py digits FOLDER
    python benchmarks/eight_bits.py accents FOLDER --label accent
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))  # run from a checkout, nothing installed

import cabcnn
from cabcnn import corpora
from cabcnn.study import waves
from cabcnn.training import arrays
from cabcnn.training.evaluation import evaluate


def main() -> None:
    """Prints the scores of both, and how far they differ clip by clip."""
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
        sys.exit(f"{given.model} knows no {min(foreign)!r}, only {classifier.card.labels}")
    rate, seconds = classifier.card.rate, classifier.card.seconds
    every = np.arange(len(clips))
    found = {
        "as they are": arrays.prepare(clips, rate, waves.LONGEST_SECONDS),
        "eight bits": waves.prepare(clips, given.corpus, rate).arrays(),
    }
    said = {}
    heard = "whole" if seconds is None else f"the first {seconds:g} s"
    print(f"{given.model} on {len(clips)} clips, {heard}\n")
    print(f"{'':12}{'accuracy':>10}{'recall':>10}{'log loss':>10}")
    for name, prepared in found.items():
        labels = [classifier.card.labels.index(prepared.label_names[k]) for k in prepared.labels]
        own = replace(prepared, labels=np.array(labels), label_names=tuple(classifier.card.labels))
        said[name] = scored = evaluate(classifier.model, own, every, seconds)
        accuracy, recall, _ = scored.scores
        print(f"{name:12}{accuracy:10.4f}{recall:10.4f}{scored.loss:10.4f}")
    before, after = (said[name].probabilities for name in found)
    changed = int((before.argmax(1) != after.argmax(1)).sum())
    print(f"\nother verdicts: {changed} of {len(clips)}")
    print(f"largest change of a probability: {np.abs(before - after).max():.4f}")


if __name__ == "__main__":
    main()
