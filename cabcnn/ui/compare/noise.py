"""A sound with noise added."""

from __future__ import annotations

import numpy as np

from cabcnn.audio import Sound

PEAK = 0.99  # of the result, if it would exceed full scale otherwise


def with_noise(sound: Sound, snr: float, seed: int = 0) -> Sound:
    """A sound with white Gaussian noise added at a signal-to-noise ratio of `snr` dB (of the
    variances over the whole sound), the same noise for the same seed.

    The result is scaled down if it would exceed full scale, which changes nothing for the
    network: it does not hear loudness. A silent sound is returned as it is.
    """
    samples = sound.samples.astype(np.float64)
    deviation = samples.std() * 10 ** (-snr / 20)
    noisy = samples + deviation * np.random.default_rng(seed).standard_normal(len(samples))
    peak = np.abs(noisy).max(initial=0.0)
    if peak > 1 and deviation:
        noisy *= PEAK / peak
    return sound._replace(samples=noisy.astype(np.float32))
