"""The 4,000 standardised maxima a second of a sound that comes in pieces."""

from __future__ import annotations

import numpy as np

from cabcnn.audio import Samples
from cabcnn.model import VALUES_PER_SECOND
from cabcnn.streaming.resampler import Resampler

# What a running deviation begins with: as if half a second of sound at -26 dB of full scale, a
# usual level of recorded speech, had come before. Without it, the noise before the first word
# would be standardised to the loudness of a voice.
PRIOR_SECONDS = 0.5
PRIOR_DEVIATION = 0.05


class FrontEnd:
    """`audio.front_end` in pieces of any size.

    With `constants`, the mean and the deviation to standardise by, all pieces together are what
    `audio.front_end` gives for a sound with these. Without, each value is standardised by the
    mean and the deviation of all samples up to its own last one, and of the prior above. No value
    depends on how the sound was cut into pieces.
    """

    def __init__(self, rate: int, to: int, constants: tuple[float, float] | None = None) -> None:
        self.rate, self.constants = to, constants
        self._resampler = Resampler(rate, to)
        self._kept = np.zeros(0, np.float32)  # samples of the next sub-interval on
        self._next = 0  # that sub-interval
        prior = PRIOR_SECONDS * to
        self._count, self._sum, self._squares = prior, 0.0, prior * PRIOR_DEVIATION**2

    def push(self, samples: Samples, last: bool = False) -> Samples:
        """The values (L,) that are certain by now; with `last`, all, the last one perhaps of an
        incomplete sub-interval."""
        samples = np.concatenate([self._kept, self._resampler.push(samples, last)])
        first = self._start(self._next)
        ends = self._start(np.arange(self._next + 1, self._after(first + len(samples), last) + 1))
        if not len(ends):
            self._kept = samples
            return np.zeros(0, np.float32)
        ends = np.minimum(ends - first, len(samples))  # only the last one can lie beyond
        starts = np.append(0, ends[:-1])
        used = samples[: ends[-1]]
        highest = np.maximum.reduceat(used, starts)
        self._kept = samples[ends[-1] :].copy()
        self._next += len(ends)
        mean, deviation = self.constants or self._running(used, starts, ends)
        return ((highest - mean) / deviation).astype(np.float32)

    def _running(self, samples: Samples, starts, ends) -> tuple[np.ndarray, np.ndarray]:
        """Mean and deviation (L,) of everything up to the end of each sub-interval."""
        exact = samples.astype(np.float64)
        counts = self._count + ends
        sums = self._sum + np.cumsum(np.add.reduceat(exact, starts))
        squares = self._squares + np.cumsum(np.add.reduceat(exact * exact, starts))
        self._count, self._sum, self._squares = counts[-1], sums[-1], squares[-1]
        means = sums / counts
        return means, np.sqrt(squares / counts - means**2)

    def _start(self, sub_interval):
        return sub_interval * self.rate // VALUES_PER_SECOND

    def _after(self, samples: int, last: bool) -> int:
        """How many sub-intervals so many samples fill, or with `last` begin."""
        if last:
            return -(-samples * VALUES_PER_SECOND // self.rate)
        return ((samples + 1) * VALUES_PER_SECOND - 1) // self.rate
