"""Finished intervals of a live recording as bytes for the browser (history.js unpacks them)."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from cabcnn.streaming import StreamOutput

FULL_WEIGHT = 255
FULL_PROBABILITY = 65535


class Rows:
    """All intervals of a recording so far, which can be sent from any of them on.

    A row for each interval, little-endian: the n attention weights as uint8 (255 is 1), the m
    interval probabilities as uint16 (65535 is 1), then the top classifier, the one with the
    largest weight, and the class that it votes for, both as uint16.
    """

    def __init__(self, n: int, m: int) -> None:
        self.n, self.m = n, m
        self._row = np.dtype(
            [
                ("attention", "u1", (n,)),
                ("probabilities", "<u2", (m,)),
                ("top_classifier", "<u2"),
                ("top_class", "<u2"),
            ]
        )
        self._bytes = bytearray()

    @property
    def count(self) -> int:
        """Intervals so far."""
        return len(self._bytes) // self._row.itemsize

    def add(self, output: StreamOutput) -> None:
        rows = np.zeros(len(output.attention), self._row)
        top = output.attention.argmax(1)
        with np.errstate(invalid="ignore"):  # of NaN, which a session answers with an error
            rows["attention"] = np.rint(output.attention * FULL_WEIGHT)
            rows["probabilities"] = np.rint(output.interval_probabilities * FULL_PROBABILITY)
        rows["top_classifier"] = top
        rows["top_class"] = output.votes[np.arange(len(rows)), top].argmax(1)
        self._bytes += rows.tobytes()

    def since(self, first: int) -> dict[str, Any]:
        """The intervals from number `first` on, in base64, and their numbers."""
        first = min(first, self.count)
        data = bytes(self._bytes[first * self._row.itemsize :])
        return {
            "first": first,
            "count": self.count,
            "n": self.n,
            "m": self.m,
            "data": base64.b64encode(data).decode("ascii"),
        }
