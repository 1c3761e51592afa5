"""What an atlas holds: a model's classifiers, one by one, as a corpus showed them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Sound(NamedTuple):
    """A clip that a moment is of: its path from the corpus' folder on, with / between the parts,
    its label, and who speaks ("" where nobody knows)."""

    name: str
    label: str
    speaker: str = ""


class Moment(NamedTuple):
    """One interval in which a classifier is trusted: which of the atlas' sounds, the interval's
    centre in seconds, the attention weight, and what it votes (m,)."""

    sound: int
    time: float
    weight: float
    votes: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Atlas:
    """What the n classifiers of a model of m classes did in a corpus of l labels.

    All means are over intervals of 25 ms, so that a long clip counts more than a short one.

    `use` (n,) is each classifier's share of all attention and sums to one; `use_by_label` (n, l)
    the same among the intervals of each label, whose columns sum to one; `intervals` (l,) how
    many there are. `loudest` (n,) is the share of intervals in which its weight is the largest.
    `votes` (n, m) is what it votes on average, each vote weighted by its attention; it sums to
    one over the classes. `specialisation` (n,) and `chance` (n,) are explained in
    specialisation.py. `correlation` (n, n) is Pearson's r between the weights of two
    classifiers over all intervals, zero where a weight never changes; `order` (n,) puts
    classifiers with alike weights side by side. `moments` are the strongest of each classifier.
    `left_out` names the clips that could not be used, and why.

    `weights` is the fingerprint of the model (shelf.py), `seconds` T (None: whole clips).
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
        """How a classifier's attention would be spread over the labels, did each last equally
        long: (n, l), rows sum to one. A classifier without any attention is spread evenly."""
        return spread_of(self.use_by_label.T).T

    @property
    def argues_for(self) -> NDArray[np.int64]:
        """The class that each classifier votes for most, (n,)."""
        return self.votes.argmax(1)


def spread_of(mean: Floats) -> Floats:
    """Mean attention (l, n) by label, as shares (l, n) that sum to one over the labels."""
    total = mean.sum(0)
    return np.where(total > 0, mean / np.where(total > 0, total, 1), 1 / len(mean))
