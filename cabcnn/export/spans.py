"""Intervals that follow each other and say the same, as one stretch of time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from cabcnn.explanation import Explanation
from cabcnn.model import INTERVAL_SECONDS

Value = TypeVar("Value")


class Run(NamedTuple, Generic[Value]):
    """From `start` to `end`, in seconds, every interval has the same `value`."""

    start: float
    end: float
    value: Value


def edges(explanation: Explanation) -> NDArray[np.float64]:
    """Where the p intervals begin, and where the last ends: (p + 1,) in seconds, the last where
    the sound ends (the last interval may be incomplete)."""
    x = explanation
    starts = (x.times - INTERVAL_SECONDS / 2).round(6)
    end = starts[0] + x.seconds
    if not end > starts[-1]:
        end = starts[-1] + INTERVAL_SECONDS
    return np.append(starts, end)


def runs(explanation: Explanation, values: Sequence[Value]) -> Iterator[Run[Value]]:
    """The values of the p intervals, equal neighbours joined: no gap, no overlap."""
    places = edges(explanation)
    first = 0
    for t in range(1, len(values) + 1):
        if t == len(values) or values[t] != values[first]:
            yield Run(float(places[first]), float(places[t]), values[first])
            first = t


def predicted(explanation: Explanation) -> list[str]:
    """The class that each interval favours, (p,)."""
    return [explanation.labels[k] for k in explanation.interval_probabilities.argmax(1)]
