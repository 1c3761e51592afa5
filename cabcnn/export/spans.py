"""Spans of time: adjacent intervals with the same value, merged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from cabcnn.explanation import Explanation
from cabcnn.model import INTERVAL_SECONDS

Value = TypeVar("Value")


class Span(NamedTuple, Generic[Value]):
    """All intervals from `start` to `end`, in seconds, have the same `value`."""

    start: float
    end: float
    value: Value


def edges(explanation: Explanation) -> NDArray[np.float64]:
    """The starts of the p intervals and the end of the sound, (p + 1,), in seconds: the last
    interval may be incomplete."""
    x = explanation
    starts = (x.times - INTERVAL_SECONDS / 2).round(6)
    end = starts[0] + x.seconds
    if not end > starts[-1]:
        end = starts[-1] + INTERVAL_SECONDS
    return np.append(starts, end)


def spans_of(explanation: Explanation, values: Sequence[Value]) -> Iterator[Span[Value]]:
    """The values of the p intervals, with equal neighbours merged: no gaps and no overlaps."""
    times = edges(explanation)
    first = 0
    for t in range(1, len(values) + 1):
        if t == len(values) or values[t] != values[first]:
            yield Span(float(times[first]), float(times[t]), values[first])
            first = t


def predicted(explanation: Explanation) -> list[str]:
    """The predicted class of each interval, (p,)."""
    return [explanation.labels[k] for k in explanation.interval_probabilities.argmax(1)]
