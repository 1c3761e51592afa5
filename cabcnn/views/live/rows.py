"""Decided intervals as bytes for the browser (js/history.js unpacks them)."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from cabcnn.streaming import StreamOutput

FULL = 255  # of an attention weight
WHOLE = 65535  # of a probability


class Rows:
    """All intervals of a recording so far, ready to be sent from any of them on.

    One row an interval, little-endian: the n attention weights as uint8 of `FULL`, the m interval
    probabilities as uint16 of `WHOLE`, then, uint16 each, the selected classifier (the one with
    the largest weight) and the class that it votes for.
    """

    def __init__(self, n: int, m: int) -> None:
        self.n, self.m = n, m
        self._row = np.dtype(
            [
                ("attention", "u1", (n,)),
                ("probabilities", "<u2", (m,)),
                ("selected", "<u2"),
                ("favourite", "<u2"),
            ]
        )
        self._bytes = bytearray()

    @property
    def count(self) -> int:
        """Intervals so far."""
        return len(self._bytes) // self._row.itemsize

    def add(self, heard: StreamOutput) -> None:
        rows = np.zeros(len(heard.attention), self._row)
        selected = heard.attention.argmax(1)
        rows["attention"] = np.rint(heard.attention * FULL)
        rows["probabilities"] = np.rint(heard.interval_probabilities * WHOLE)
        rows["selected"] = selected
        rows["favourite"] = heard.votes[np.arange(len(rows)), selected].argmax(1)
        self._bytes += rows.tobytes()

    def since(self, first: int) -> dict[str, Any]:
        """The intervals from number `first` on, and which these are."""
        first = min(first, self.count)
        data = bytes(self._bytes[first * self._row.itemsize :])
        return {
            "first": first,
            "count": self.count,
            "n": self.n,
            "m": self.m,
            "data": base64.b64encode(data).decode("ascii"),
        }
