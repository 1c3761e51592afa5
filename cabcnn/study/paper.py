"""The paper's results, on UT-Podcast with a mixed 60/10/30 split (Tables 3 to 7).

Rows of the matrices are actual, columns predicted, in the order of LABELS; docs/paper.md says how
that was inferred and which numbers contradict each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cabcnn.metrics import Scores

LABELS = ("AU", "US", "UK")
RUNS = 8

# Tables 3 and 4: the run of eight with the highest test accuracy.
BEST: dict[tuple[str, float], Scores] = {
    ("gated-resnet", 30): Scores(0.7939, 0.7487, 0.7557),
    ("alexnet", 30): Scores(0.6793, 0.6115, 0.6152),
    ("vgg11-a", 30): Scores(0.8645, 0.8244, 0.8331),
    ("resnet18", 30): Scores(0.8015, 0.7424, 0.7512),
    ("attention-cnn", 30): Scores(0.8626, 0.8257, 0.8330),
    ("cab-cnn", 5): Scores(0.9198, 0.8953, 0.9092),
    ("cab-cnn", 10): Scores(0.9542, 0.9383, 0.9475),
    ("cab-cnn", 30): Scores(0.9599, 0.9424, 0.9523),
    ("cab-cnn", 60): Scores(0.9466, 0.9228, 0.9356),
}
# Table 7: the mean of eight runs.
MEAN: dict[tuple[str, float], Scores] = {
    ("gated-resnet", 30): Scores(0.6594, 0.5854, 0.5686),
    ("alexnet", 30): Scores(0.5795, 0.5590, 0.4793),
    ("vgg11-a", 30): Scores(0.6527, 0.6227, 0.6330),
    ("resnet18", 30): Scores(0.7950, 0.7373, 0.6908),
    ("attention-cnn", 30): Scores(0.7410, 0.6012, 0.4794),
    ("cab-cnn", 30): Scores(0.9370, 0.9163, 0.9282),
}
# Table 5 has the baselines' matrices, Table 6 those of CAB-CNN.
CONFUSION: dict[tuple[str, float], list[list[int]]] = {
    ("vgg11-a", 30): [[213, 7, 10], [9, 176, 9], [24, 12, 64]],
    ("attention-cnn", 30): [[208, 11, 11], [7, 179, 8], [22, 13, 65]],
    ("cab-cnn", 5): [[219, 9, 2], [9, 185, 0], [10, 12, 78]],
    ("cab-cnn", 10): [[222, 8, 0], [1, 192, 1], [7, 7, 86]],
    ("cab-cnn", 30): [[226, 4, 0], [2, 191, 1], [8, 6, 86]],
    ("cab-cnn", 60): [[224, 5, 1], [3, 191, 0], [10, 9, 81]],
}


def is_its_corpus(about: Mapping[str, Any]) -> bool:
    """Whether a study used UT-Podcast, judged by the layout on disk and not by the folder's name.
    The three labels are not enough: other corpora have these accents too."""
    return about.get("layout") == "ut-podcast" and set(about["labels"]) == set(LABELS)
