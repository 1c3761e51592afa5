"""Resampling a sound that arrives in pieces."""

from __future__ import annotations

import math

import numpy as np

from cabcnn import audio
from cabcnn.audio import Samples

# How far soxr's filter looks ahead and back, in samples of the lower rate, with a margin: beyond
# 90, the response to a unit impulse is below 1e-6.
REACH = 128


class Resampler:
    """`audio.resample` in pieces of any size: together they equal resampling all at once, to 1e-6
    of full scale.

    soxr's own stream gives the same numbers but holds sound back to fill its blocks: up to 157 ms
    from 48 to 8 kHz, too long for a view that follows a voice. Here each piece is resampled at
    once within its surroundings, as far as the filter reaches: 16 ms for a model at 8 kHz.
    """

    def __init__(self, rate: int, target_rate: int) -> None:
        self.rate, self.target_rate = rate, target_rate
        # Samples of both rates coincide once a period, so windows start at multiples of it.
        self._period = rate // math.gcd(rate, target_rate)
        self._reach = -(-REACH * rate // min(rate, target_rate))
        self._buffer = np.zeros(0, np.float32)
        self._start = 0  # index of the buffer's first sample, a multiple of the period
        self._produced = 0  # samples of the target rate

    def push(self, samples: Samples, last: bool = False) -> Samples:
        """The samples (k,) at the target rate that are final by now; with `last`, the rest."""
        if self.rate == self.target_rate:
            return samples
        buffer = np.concatenate([self._buffer, samples])
        final = (self._start + len(buffer) - self._reach) * self.target_rate // self.rate
        output = np.zeros(0, np.float32)
        if len(buffer) and (last or final > self._produced):
            offset = self._start * self.target_rate // self.rate
            window = audio.resample(buffer, self.rate, self.target_rate)
            output = window[self._produced - offset : None if last else final - offset]
            self._produced += len(output)
        needed = self._produced * self.rate // self.target_rate - self._reach
        start = max(needed // self._period * self._period, self._start)
        self._buffer, self._start = buffer[start - self._start :].copy(), start
        return output
