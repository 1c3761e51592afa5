"""How much a classifier keeps to some labels, beyond what so few voices would show by chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cabcnn.atlas.atlas import Floats, spread_of

SHUFFLES = 200


def specialisation(
    attention: Floats,
    intervals: NDArray[np.int64],
    labels: NDArray[np.int64],
    speakers: Sequence[str],
) -> tuple[Floats, Floats]:
    """Score (n,) and chance (n,) of n classifiers, from the summed weights `attention` (c, n) of
    c clips, their `intervals` (c,), and the `labels` (c,) and `speakers` (c,) of each ("" where
    unknown).

    With q(l) the share of a classifier's attention that label l gets, did each label last
    equally long, and L labels,

        raw = (1/2 * sum over l of |q(l) - 1/L|) / (1 - 1/L)

    is the part of its attention that would have to move for even use, over what that part were
    if one label had it all: 0 for even use, 1 for use in one label only, without a unit. (An
    entropy of q says the same on a scale that hardly leaves 0: of five labels, one with twice
    its share gives 0.25 here, and 0.07 there.)

    Few voices make any classifier look specialised: one that likes a voice likes that voice's
    label. So the labels
    are shuffled 200 times among what each speaker says of each label, which stays together (a
    clip by itself where the speaker is unknown), and with the mean raw score of these shuffles

        score = max(0, (raw - shuffled) / (1 - shuffled))

    as adjusted mutual information does it. Where a label is one voice, as shuffled as not, the
    score is 0. `chance` is how often a shuffle's raw score is as high, (1 + count) / 201.
    """
    count = int(labels.max(initial=0)) + 1
    n = attention.shape[1]
    if count < 2:
        return np.zeros(n), np.ones(n)
    weights, lengths, own = _units(attention, intervals, labels, speakers)

    def raw(shuffled: NDArray[np.int64]) -> Floats:
        belongs = (shuffled == np.arange(count)[:, None]).astype(np.float64)
        mean = belongs @ weights / np.maximum(belongs @ lengths, 1)[:, None]
        q = spread_of(mean)
        return np.abs(q - 1 / count).sum(0) / 2 / (1 - 1 / count)

    random = np.random.default_rng(0)
    found = raw(own)
    by_chance = np.stack([raw(random.permutation(own)) for _ in range(SHUFFLES)])
    level = by_chance.mean(0)
    room = 1 - level
    score = np.where(room > 1e-9, (found - level) / np.where(room > 1e-9, room, 1), 0)
    chance = (1 + (by_chance >= found - 1e-9).sum(0)) / (SHUFFLES + 1)
    return np.where(score > 1e-9, score, 0), chance


def _units(
    attention: Floats,
    intervals: NDArray[np.int64],
    labels: NDArray[np.int64],
    speakers: Sequence[str],
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Clips of one speaker and label added up: weights (u, n), lengths (u,), labels (u,)."""
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
