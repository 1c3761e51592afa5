"""Samples of a sound that comes in pieces, at another rate."""

from __future__ import annotations

import math

import numpy as np

from cabcnn import audio
from cabcnn.audio import Samples

# Samples of the lower rate that soxr's filter looks ahead or back, and more: beyond 90, a single
# sample of 1 leaves less than 1e-6.
REACH = 128


class Resampler:
    """`audio.resample` in pieces of any size: all pieces together are what it gives at once, to
    1e-6 of full scale.

    soxr has a stream of its own, which gives the same numbers but holds sound back while it fills
    its blocks: up to 157 ms from 48 to 8 kHz, too long for a picture that follows a voice. Here
    each piece is resampled at once within the sound around it, as far as the filter reaches:
    16 ms for a model at 8 kHz.
    """

    def __init__(self, rate: int, to: int) -> None:
        self.rate, self.to = rate, to
        # After so many samples, those of both rates lie alike again: windows start there.
        self._period = rate // math.gcd(rate, to)
        self._reach = -(-REACH * rate // min(rate, to))
        self._kept = np.zeros(0, np.float32)
        self._start = 0  # of what is kept, in samples; a multiple of the period
        self._given = 0  # samples of the other rate

    def push(self, samples: Samples, last: bool = False) -> Samples:
        """The samples (k,) of the other rate that are certain by now; with `last`, all."""
        if self.rate == self.to:
            return samples
        kept = np.concatenate([self._kept, samples])
        certain = (self._start + len(kept) - self._reach) * self.to // self.rate
        found = np.zeros(0, np.float32)
        if len(kept) and (last or certain > self._given):
            skipped = self._start * self.to // self.rate
            window = audio.resample(kept, self.rate, self.to)
            found = window[self._given - skipped : None if last else certain - skipped]
            self._given += len(found)
        needed = self._given * self.rate // self.to - self._reach
        start = max(needed // self._period * self._period, self._start)
        self._kept, self._start = kept[start - self._start :].copy(), start
        return found
