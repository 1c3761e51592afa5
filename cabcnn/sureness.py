"""How often a model was right on clips that it did not learn from, by how far its first class led.

The mean over the intervals is flat by nature: a verdict of 39 % may be as good as certain. What it
is worth was measured: the more the first class leads the second, the more often it was right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from cabcnn.schema import PRINTABLE, Between, Length

LEAST_CLIPS = 40  # that got a label as their answer, for steps of that label's own
LEAST_IN_STEP = 15  # clips
CLOSE = 0.5  # a lead that was right less often than this is too close to call
Z = 1.96  # of a 95 % interval


@dataclass(frozen=True)
class Step:
    """Of `clips` that got `label` as their answer ("": a label without steps of its own), with a
    lead from `lead` up to that of the label's next step, the share `right` was right."""

    label: Annotated[str, Length(0, 1_000), PRINTABLE]
    lead: Annotated[float, Between(0, 1)]
    right: Annotated[float, Between(0, 1)]
    clips: Annotated[int, Between(1, 10**9)]

    @property
    def interval(self) -> tuple[float, float]:
        """In which the share lies with 95 % confidence (Wilson)."""
        n, p = self.clips, self.right
        centre = (p + Z**2 / (2 * n)) / (1 + Z**2 / n)
        half = Z / (1 + Z**2 / n) * (p * (1 - p) / n + Z**2 / (4 * n**2)) ** 0.5
        return max(centre - half, 0.0), min(centre + half, 1.0)


def leads(probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    """How far the first class of each clip leads the second: (N, m) -> (N,)."""
    ordered = np.sort(np.asarray(probabilities, np.float64), 1)
    return ordered[:, -1] - ordered[:, -2]


def measure(
    labels: NDArray[np.integer], probabilities: NDArray[np.floating], names: Sequence[str]
) -> tuple[Step, ...]:
    """Steps from the answers (N, m) to N clips whose right classes are `labels` (N,): for each
    class that was the answer often enough, and for all others together. A larger lead is never
    taken to be right less often (isotonic regression); few clips give no step.
    """
    answers = np.argmax(probabilities, 1)
    right, lead = answers == np.asarray(labels), leads(probabilities)
    steps: list[Step] = []
    others = np.ones(len(answers), np.bool_)
    for k, name in enumerate(names):
        own = answers == k
        if own.sum() >= LEAST_CLIPS:
            steps += _steps(name, lead[own], right[own])
            others &= ~own
    return (*_steps("", lead[others], right[others]), *steps)


def _steps(label: str, lead: NDArray[np.float64], right: NDArray[np.bool_]) -> list[Step]:
    if len(lead) < LEAST_IN_STEP:
        return []
    from sklearn.isotonic import IsotonicRegression

    order = np.argsort(lead, kind="stable")
    lead, was_right = lead[order], right[order].astype(np.float64)
    shares = IsotonicRegression().fit_transform(lead, was_right)
    edges = [0, *(np.flatnonzero(np.diff(shares)) + 1).tolist(), len(lead)]
    # Small steps go to the one below, the first to the one above.
    kept = [0]
    for edge in edges[1:-1]:
        if edge - kept[-1] >= LEAST_IN_STEP and len(lead) - edge >= LEAST_IN_STEP:
            kept.append(edge)
    ends = [*kept[1:], len(lead)]
    return [
        Step(
            label,
            round(float(lead[start]), 5) if start else 0.0,
            round(float(was_right[start:end].mean()), 4),
            end - start,
        )
        for start, end in zip(kept, ends, strict=True)
    ]


def find(steps: Sequence[Step], label: str, lead: float) -> Step | None:
    """The step of an answer with such a lead; None where nothing was measured."""
    own = [one for one in steps if one.label == label] or [one for one in steps if not one.label]
    return max((one for one in own if one.lead <= lead), key=lambda one: one.lead, default=None)


def calibration_error(
    labels: NDArray[np.integer],
    probabilities: NDArray[np.floating],
    names: Sequence[str],
    parts: NDArray[np.integer],
) -> float:
    """By how much, on average over clips, the share that the steps say differs from the share that
    was right, where the steps of each of `parts` (N,) come from the other parts only."""
    said = np.full(len(labels), np.nan)
    answers, lead = np.argmax(probabilities, 1), leads(probabilities)
    for part in np.unique(parts):
        others = parts != part
        steps = measure(labels[others], probabilities[others], names)
        for i in np.flatnonzero(parts == part):
            if step := find(steps, str(names[int(answers[i])]), float(lead[i])):
                said[i] = step.right
    known = np.isfinite(said)
    if not known.any():
        return float("nan")
    bins = np.minimum((10 * said[known]).astype(int), 9)
    right = (answers == labels)[known]
    gaps = [
        abs(said[known][bins == b].mean() - right[bins == b].mean()) * (bins == b).sum()
        for b in np.unique(bins)
    ]
    return float(sum(gaps) / known.sum())
