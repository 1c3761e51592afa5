"""Faithfulness of one clip's evidence: moments silenced strongest evidence first, weakest first,
and at random times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cabcnn import audio
from cabcnn.classifier import Classifier
from cabcnn.errors import CabcnnError
from cabcnn.faithfulness.silencing import Floats, Mask, run_cases

FRACTIONS = (0.0, 0.05, *(tenths / 10 for tenths in range(1, 11)))
DRAWS = 100
LEVEL = 0.05  # of significance
ORDERS = ("strongest", "random", "weakest")
Order = Literal["strongest", "random", "weakest"]
Outcome = Literal["holds", "in part", "does not hold", "too short"]


@dataclass(frozen=True, eq=False)
class Faithfulness:
    """A clip's probabilities as more and more of it is silenced.

    `strongest` and `weakest` (F, m) are the class probabilities when the moments with the
    strongest, or weakest, evidence for `label` are silenced first, at each of `fractions` (F,) of
    the clip's moments; `random` (R, F, m) those of R random draws. A draw silences the same
    pattern of moments as `strongest`, shifted cyclically by a random time: strong moments come in
    clusters, and the same number of scattered moments would affect more intervals. At fraction 0
    the probabilities are those of `Classifier.explain`, at 1 the whole clip is silent.
    """

    labels: tuple[str, ...]
    label: str
    fractions: Floats
    strongest: Floats
    weakest: Floats
    random: Floats
    name: str = ""
    model: str = ""
    seconds: float = 0.0

    @property
    def curves(self) -> Floats:
        """The probability of `label` in each of ORDERS, (3, F); the mean over random draws."""
        k = self._index
        return np.stack([self.strongest[:, k], self.random[..., k].mean(0), self.weakest[:, k]])

    @property
    def silence(self) -> Floats:
        """The probabilities (m,) of a silent clip."""
        return self.strongest[-1]

    @property
    def drop(self) -> float:
        """The mean distance of `strongest` below `random`: the area between the two curves, a
        difference of probabilities; negative if it lies above."""
        return float(np.diff(self._areas[:2])[0])

    @property
    def rise(self) -> float:
        """The mean distance of `weakest` above `random`, as for `drop`."""
        return float(np.diff(self._areas[1:])[0])

    @property
    def p_values(self) -> tuple[float, float]:
        """Of permutation tests that the areas below `strongest` and above `weakest` are no smaller
        than those of random draws; at least 1 / (R + 1)."""
        areas = self._area(self.random[..., self._index])
        strongest, _, weakest = self._areas
        lower, higher = (areas <= strongest).sum(), (areas >= weakest).sum()
        return (1 + int(lower)) / (1 + len(areas)), (1 + int(higher)) / (1 + len(areas))

    @property
    def outcome(self) -> Outcome:
        """Whether the strongest moments matter more than random ones, and the weakest less, each
        significant at LEVEL; "in part" if one of the two, "too short" for too few draws."""
        if 1 / (1 + len(self.random)) > LEVEL:
            return "too short"
        passed = sum(p <= LEVEL for p in self.p_values)
        return ("does not hold", "in part", "holds")[passed]

    def flip_fraction(self, order: Order) -> float | None:
        """The first of `fractions` at which the predicted class differs from that at 0, None if
        it never does. For random draws, the first at which it differs in more than half of them."""
        predicted = getattr(self, order).argmax(-1)
        differs = predicted != predicted[..., :1]
        flipped = differs.mean(0) > 0.5 if order == "random" else differs
        return float(self.fractions[flipped.argmax()]) if flipped.any() else None

    @property
    def _index(self) -> int:
        return self.labels.index(self.label)

    def _area(self, curve: Floats) -> Floats:
        return np.asarray(np.trapezoid(curve, self.fractions))

    @property
    def _areas(self) -> Floats:
        return self._area(self.curves)


def measure(
    classifier: Classifier,
    source: audio.Source,
    seconds: float | None = None,
    *,
    label: str | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    name: str | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Faithfulness:
    """Silences moments of a clip and classifies it again (see silencing.py for what silence is).
    `source`, `seconds` and `name` are as for `Classifier.explain`.

    An interval's evidence is its probability (c_t of Section 3) of `label`, the predicted class if
    None. There are at most p - 1 random `draws`, the number of ways to shift a pattern of p
    moments. `progress` is called with the number of runs of the network done and in total.

    Raises AudioError as `explain` does, CabcnnError for a label that the model does not have or
    for fewer than one draw.
    """
    if draws < 1:
        raise CabcnnError(f"{draws} random draws are too few; use at least one.")
    seconds = classifier.card.seconds if seconds is None else seconds
    sound = audio.read(source, seconds)
    x = classifier.explain(sound, seconds, name=name)
    label = x.label if label is None else label
    if label not in x.labels:
        raise CabcnnError(f"The model has no class {label!r}, only {', '.join(x.labels)}.")
    values = audio.front_end(sound, classifier.card.rate, seconds)
    outputs = run_cases(classifier.model, values, progress)
    evidence = x.interval_probabilities[:, x.labels.index(label)]
    strongest, weakest = removal_masks(evidence)
    p = len(evidence)
    shifts = np.arange(1, p) if p > 1 else np.zeros(1, np.int64)  # one moment stays where it is
    shifts = np.random.default_rng(seed).permutation(shifts)[:draws]
    shifted = [np.roll(strongest, shift, 1) for shift in shifts]
    random = np.array([outputs.probabilities(mask) for mask in shifted])
    curves = [outputs.probabilities(strongest), outputs.probabilities(weakest)]
    for curve in (*curves, *random):
        curve[0] = x.probabilities
    return Faithfulness(
        labels=x.labels,
        label=label,
        fractions=np.array(FRACTIONS),
        strongest=curves[0],
        weakest=curves[1],
        random=random.reshape(len(shifts), len(FRACTIONS), len(x.labels)),
        name=x.name,
        model=x.model,
        seconds=x.seconds,
    )


def removal_masks(evidence: NDArray) -> tuple[Mask, Mask]:
    """Which of p moments are silent at each of FRACTIONS, strongest `evidence` (p,) first and
    weakest first, (F, p) each. Of equal ones the earlier counts as stronger."""
    p = len(evidence)
    rank = np.empty(p, np.int64)
    rank[np.argsort(-evidence, kind="stable")] = np.arange(p)
    counts = np.rint(np.array(FRACTIONS) * p)[:, None]
    return rank < counts, rank >= p - counts
