"""An atlas: how each of a model's classifiers behaves over a corpus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Sound(NamedTuple):
    """A clip: its path relative to the corpus folder, with forward slashes, its label, and its
    speaker ("" if unknown)."""

    name: str
    label: str
    speaker: str = ""


class Moment(NamedTuple):
    """An interval in which a classifier has much attention: the index of the clip in the atlas'
    `sounds`, the interval's centre in seconds, the attention weight, and the votes (m,)."""

    sound: int
    time: float
    weight: float
    votes: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Atlas:
    """Statistics of a model's n classifiers, with m classes, over a corpus with l labels.

    All means are over intervals of 25 ms, so long clips count more than short ones.

    `use` (n,) is each classifier's share of all attention and sums to one; `use_by_label` (n, l)
    is the same among the intervals of each label, so its columns sum to one; `intervals` (l,)
    counts them. `loudest` (n,) is the share of intervals in which the classifier's weight is the
    largest. `votes` (n, m) are its mean votes, weighted by its attention; they sum to one over
    the classes. `specialisation` (n,) and `chance` (n,) are explained in specialisation.py.
    `correlation` (n, n) is Pearson's r between the weights of two classifiers over all intervals,
    zero if a weight is constant; `order` (n,) puts classifiers with correlated weights next to
    each other. `moments` are each classifier's strongest. `left_out` lists the clips that could
    not be used, each with the reason.

    `weights` is the fingerprint of the model (fingerprint.py), `seconds` T (None: whole clips).
    """

    model: str
    weights: str
    classes: tuple[str, ...]
    seconds: float | None
    corpus: str
    labels: tuple[str, ...]
    clips: int
    speakers: int
    intervals: NDArray[np.int64]
    use: Floats
    use_by_label: Floats
    loudest: Floats
    votes: Floats
    specialisation: Floats
    chance: Floats
    correlation: Floats
    order: NDArray[np.int64]
    sounds: tuple[Sound, ...]
    moments: tuple[tuple[Moment, ...], ...]
    left_out: tuple[tuple[str, str], ...]
    version: str
    date: str

    @property
    def spread(self) -> Floats:
        """How a classifier's attention is distributed over the labels, if each had as many
        intervals: (n, l), rows sum to one. Without any attention, it is uniform."""
        return label_shares(self.use_by_label.T).T

    @property
    def argues_for(self) -> NDArray[np.int64]:
        """The class with most of each classifier's votes, (n,)."""
        return self.votes.argmax(1)


def label_shares(mean: Floats) -> Floats:
    """Mean attention (l, n) by label, as shares (l, n) that sum to one over the labels."""
    total = mean.sum(0)
    return np.where(total > 0, mean / np.where(total > 0, total, 1), 1 / len(mean))
