"""How much a classifier specialises in some labels, beyond what a few speakers show by chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cabcnn.atlas.atlas import Floats, label_shares

PERMUTATIONS = 200


def specialisation(
    attention: Floats,
    intervals: NDArray[np.int64],
    labels: NDArray[np.int64],
    speakers: Sequence[str],
) -> tuple[Floats, Floats]:
    """Score (n,) and chance (n,) of n classifiers, from the summed weights `attention` (c, n) of
    c clips, their numbers of `intervals` (c,), their `labels` (c,) and `speakers` (c,), "" if
    unknown.

    With q(l) the share of a classifier's attention in label l, if all L labels had as many
    intervals,

        raw = (1/2 * sum over l of |q(l) - 1/L|) / (1 - 1/L)

    is the total variation distance of q from uniform, relative to its maximum: 0 for uniform use,
    1 for use in one label only. (The entropy of q would say the same on a scale that hardly
    leaves 0: if one of five labels has twice its share, this is 0.25, the entropy's 0.07.)

    With few speakers any classifier looks specialised: one that responds to a speaker responds to
    that speaker's label. So labels are permuted 200 times among groups of clips with the same
    speaker and label (single clips if the speaker is unknown), and with the mean raw score of the
    permutations

        score = max(0, (raw - permuted) / (1 - permuted))

    as for adjusted mutual information. If each label has one speaker, permuting changes nothing
    and the score is 0. `chance` is the p value of that permutation test, (1 + number of
    permutations with as high a raw score) / 201.
    """
    count = int(labels.max(initial=0)) + 1
    n = attention.shape[1]
    if count < 2:
        return np.zeros(n), np.ones(n)
    weights, lengths, unit_labels = _group(attention, intervals, labels, speakers)

    def raw(labels: NDArray[np.int64]) -> Floats:
        one_hot = (labels == np.arange(count)[:, None]).astype(np.float64)
        mean = one_hot @ weights / np.maximum(one_hot @ lengths, 1)[:, None]
        q = label_shares(mean)
        return np.abs(q - 1 / count).sum(0) / 2 / (1 - 1 / count)

    random = np.random.default_rng(0)
    observed = raw(unit_labels)
    permuted = np.stack([raw(random.permutation(unit_labels)) for _ in range(PERMUTATIONS)])
    expected = permuted.mean(0)
    maximum = 1 - expected
    score = np.where(
        maximum > 1e-9, (observed - expected) / np.where(maximum > 1e-9, maximum, 1), 0
    )
    chance = (1 + (permuted >= observed - 1e-9).sum(0)) / (PERMUTATIONS + 1)
    return np.where(score > 1e-9, score, 0), chance


def _group(
    attention: Floats,
    intervals: NDArray[np.int64],
    labels: NDArray[np.int64],
    speakers: Sequence[str],
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Sums over the clips of each speaker and label: weights (u, n), lengths (u,), labels (u,)."""
    names = [
        (speaker, int(label)) if speaker else (clip, int(label))
        for clip, (speaker, label) in enumerate(zip(speakers, labels))
    ]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    unit = np.array([numbers[name] for name in names])
    weights = np.zeros((len(numbers), attention.shape[1]))
    lengths = np.zeros(len(numbers))
    np.add.at(weights, unit, attention)
    np.add.at(lengths, unit, intervals)
    return weights, lengths, np.array([label for _, label in numbers])
