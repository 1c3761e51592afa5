"""A sound with noise added."""

from __future__ import annotations

import numpy as np

from cabcnn.audio import Sound

PEAK = 0.99  # of what comes out, where it would be louder than a file can be


def with_noise(sound: Sound, decibels: float, seed: int = 0) -> Sound:
    """A sound with white Gaussian noise `decibels` below it, the same for the same seed: the
    ratio is that of the variances over the whole sound (SNR). Turned down as a whole where it
    would exceed full scale; the network hears no loudness. A silent sound stays as it is.
    """
    samples = sound.samples.astype(np.float64)
    deviation = samples.std() * 10 ** (-decibels / 20)
    noisy = samples + deviation * np.random.default_rng(seed).standard_normal(len(samples))
    peak = np.abs(noisy).max(initial=0.0)
    if peak > 1 and deviation:
        noisy *= PEAK / peak
    return sound._replace(samples=noisy.astype(np.float32))
