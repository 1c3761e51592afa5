"""One clip's evidence put to the test: moments silenced, strongest evidence first, weakest
first, and at places that have nothing to do with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cabcnn import audio
from cabcnn.classifier import Classifier
from cabcnn.errors import CabcnnError
from cabcnn.faithfulness.silencing import Floats, Mask, answers

FRACTIONS = (0.0, 0.05, *(tenths / 10 for tenths in range(1, 11)))
DRAWS = 100
LEVEL = 0.05  # how rarely chance may do as well, for the evidence to hold
ORDERS = ("strongest", "random", "weakest")
Order = Literal["strongest", "random", "weakest"]
Outcome = Literal["holds", "in part", "does not hold", "too short"]


@dataclass(frozen=True, eq=False)
class Faithfulness:
    """What a clip's answer becomes as more of it falls silent.

    `strongest` and `weakest` (F, m) are the class probabilities when the moments with the
    strongest, or the weakest, evidence for `label` go first, at each of `fractions` (F,) of the
    clip's moments; `random` (R, F, m) those of R draws. A draw silences the same pattern of
    moments as `strongest`, moved round the clip by a random time: strong moments lie in clumps,
    and moments strewn singly would cut into more of what the network sees for the same amount
    of silence. At 0 the answer is that of `Classifier.explain`, at 1 the whole clip is silent.
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
        """The probability of `label` by ORDERS, (3, F); of random draws the mean."""
        k = self._index
        return np.stack([self.strongest[:, k], self.random[..., k].mean(0), self.weakest[:, k]])

    @property
    def silence(self) -> Floats:
        """What the model says of silence, (m,)."""
        return self.strongest[-1]

    @property
    def drop(self) -> float:
        """How far `strongest` lies below `random`, on average over all amounts: the area
        between the two curves, a difference of probabilities. Below 0 where it lies above."""
        return float(np.diff(self._areas[:2])[0])

    @property
    def rise(self) -> float:
        """How far `weakest` lies above `random`, as `drop`."""
        return float(np.diff(self._areas[1:])[0])

    @property
    def chance(self) -> tuple[float, float]:
        """How often a random place would do as well as `strongest`, and as `weakest`, by area:
        permutation p values, at least 1 / (R + 1)."""
        drawn = self._area(self.random[..., self._index])
        strongest, _, weakest = self._areas
        lower, higher = (drawn <= strongest).sum(), (drawn >= weakest).sum()
        return (1 + int(lower)) / (1 + len(drawn)), (1 + int(higher)) / (1 + len(drawn))

    @property
    def outcome(self) -> Outcome:
        """Whether the strongest moments matter more, and the weakest less, than chance would
        have it at LEVEL; "in part" where one of the two does."""
        if 1 / (1 + len(self.random)) > LEVEL:
            return "too short"
        passed = sum(p <= LEVEL for p in self.chance)
        return ("does not hold", "in part", "holds")[passed]

    def turns(self, order: Order) -> float | None:
        """The first of `fractions` at which the answer is another class than at 0; None where
        it never is. Of random draws, the first at which it is in more than half of them."""
        said = getattr(self, order).argmax(-1)
        other = said != said[..., :1]
        changed = other.mean(0) > 0.5 if order == "random" else other
        return float(self.fractions[changed.argmax()]) if changed.any() else None

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
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Faithfulness:
    """Silences moments of a clip and asks the model again (see silencing.py for what silence
    is). Sound, T and name are as for `Classifier.explain`.

    Evidence is that of each interval for `label`, else for the answer: how much of its
    prediction (c_t of Section 3) goes to that class and not to the rest. There are no more
    than p - 1 other places to move a pattern of p moments to, and so no more draws (a single
    moment stays where it is).

    Raises AudioError as `explain` does, CabcnnError for a label that the model does not know
    or no draw at all.
    """
    if draws < 1:
        raise CabcnnError(f"{draws} random draws are none; ask for at least one.")
    seconds = classifier.card.seconds if seconds is None else seconds
    sound = audio.read(source, seconds)
    x = classifier.explain(sound, seconds, name=name)
    label = x.label if label is None else label
    if label not in x.labels:
        raise CabcnnError(f"The model has no class {label!r}, only {', '.join(x.labels)}.")
    found = answers(
        classifier.model, audio.front_end(sound, classifier.card.rate, seconds), progress
    )
    evidence = x.interval_probabilities[:, x.labels.index(label)]
    strongest, weakest = removals(evidence)
    p = len(evidence)
    places = np.arange(1, p) if p > 1 else np.zeros(1, np.int64)
    moves = np.random.default_rng(seed).permutation(places)[:draws]
    moved = [np.roll(strongest, move, 1) for move in moves]
    random = np.array([found.probabilities(one) for one in moved])
    curves = [found.probabilities(strongest), found.probabilities(weakest)]
    for curve in (*curves, *random):
        curve[0] = x.probabilities
    return Faithfulness(
        labels=x.labels,
        label=label,
        fractions=np.array(FRACTIONS),
        strongest=curves[0],
        weakest=curves[1],
        random=random.reshape(len(moves), len(FRACTIONS), len(x.labels)),
        name=x.name,
        model=x.model,
        seconds=x.seconds,
    )


def removals(evidence: NDArray) -> tuple[Mask, Mask]:
    """Which of p moments are silent at each of FRACTIONS, strongest first and weakest first,
    (F, p) each; of equal ones the earlier counts as stronger."""
    p = len(evidence)
    rank = np.empty(p, np.int64)
    rank[np.argsort(-evidence, kind="stable")] = np.arange(p)
    counts = np.rint(np.array(FRACTIONS) * p)[:, None]
    return rank < counts, rank >= p - counts
