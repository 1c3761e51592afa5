"""The 4,000 standardised maxima a second of a sound that arrives in pieces."""

from __future__ import annotations

import numpy as np

from cabcnn.audio import Samples
from cabcnn.model import VALUES_PER_SECOND
from cabcnn.streaming.resampler import Resampler

# The running standard deviation starts as if half a second of sound at -26 dB of full scale, a
# usual level of recorded speech, had come before. Without this prior, the noise before the first
# word would be standardised to the loudness of a voice.
PRIOR_SECONDS = 0.5
PRIOR_STD = 0.05


class FrontEnd:
    """`audio.front_end` in pieces of any size, from `rate` to `target_rate` Hz.

    With `mean_std`, the mean and standard deviation to standardise by, all pieces together are
    what `audio.front_end` gives for a sound that has these. Without, each value is standardised
    by the running mean and standard deviation up to its last sample, starting from the prior
    above. Values do not depend on how the sound was divided into pieces.
    """

    def __init__(
        self, rate: int, target_rate: int, mean_std: tuple[float, float] | None = None
    ) -> None:
        self.rate, self.mean_std = target_rate, mean_std
        self._resampler = Resampler(rate, target_rate)
        self._pending = np.zeros(0, np.float32)  # samples from the next sub-interval on
        self._next = 0  # index of that sub-interval
        prior = PRIOR_SECONDS * target_rate
        self._count, self._sum, self._squares = prior, 0.0, prior * PRIOR_STD**2

    def push(self, samples: Samples, last: bool = False) -> Samples:
        """The values (L,) that are complete by now; with `last`, all that remain, the final one
        perhaps of an incomplete sub-interval."""
        samples = np.concatenate([self._pending, self._resampler.push(samples, last)])
        first = self._start(self._next)
        stop = self._complete(first + len(samples), last)
        ends = self._start(np.arange(self._next + 1, stop + 1))
        if not len(ends):
            self._pending = samples
            return np.zeros(0, np.float32)
        ends = np.minimum(ends - first, len(samples))  # only the final one can lie beyond
        starts = np.append(0, ends[:-1])
        used = samples[: ends[-1]]
        maxima = np.maximum.reduceat(used, starts)
        self._pending = samples[ends[-1] :].copy()
        self._next += len(ends)
        mean, std = self.mean_std or self._running_mean_std(used, starts, ends)
        return ((maxima - mean) / std).astype(np.float32)

    def _running_mean_std(self, samples: Samples, starts, ends) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation (L,) of everything up to the end of each sub-interval."""
        exact = samples.astype(np.float64)
        counts = self._count + ends
        sums = self._sum + np.cumsum(np.add.reduceat(exact, starts))
        squares = self._squares + np.cumsum(np.add.reduceat(exact * exact, starts))
        self._count, self._sum, self._squares = counts[-1], sums[-1], squares[-1]
        means = sums / counts
        return means, np.sqrt(squares / counts - means**2)

    def _start(self, sub_interval):
        return sub_interval * self.rate // VALUES_PER_SECOND

    def _complete(self, samples: int, last: bool) -> int:
        """How many sub-intervals this many samples complete, or with `last` begin."""
        if last:
            return -(-samples * VALUES_PER_SECOND // self.rate)
        return ((samples + 1) * VALUES_PER_SECOND - 1) // self.rate
