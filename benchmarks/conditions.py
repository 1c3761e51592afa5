"""Test clips under worse conditions: with noise, and with varying loudness."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from cabcnn.audio import Samples
from cabcnn.corpora.table import Clip
from cabcnn.dataset.arrays import Arrays, prepare

KNOT_SECONDS = 1.0  # between two points of the loudness contour


def noisy(samples: Samples, decibels: float, random: np.random.Generator) -> Samples:
    """Samples (k,) with pink noise at a signal-to-noise ratio of `decibels`."""
    spectrum = np.fft.rfft(random.standard_normal(len(samples)))
    pink = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1)), len(samples))
    level = np.std(samples) * 10 ** (-decibels / 20)
    return (samples + pink * (level / max(np.std(pink), 1e-12))).astype(np.float32)


def wandering(samples: Samples, decibels: float, rate: int, random: np.random.Generator) -> Samples:
    """Samples (k,) with a gain that varies between -x and x dB, linearly between random points, as
    if the speaker moved."""
    at = np.arange(len(samples)) / (rate * KNOT_SECONDS)
    points = random.uniform(-decibels, decibels, 2 + int(at[-1]))
    return (samples * 10 ** (np.interp(at, np.arange(len(points)), points) / 20)).astype(np.float32)


CONDITIONS: dict[str, Callable[..., Samples]] = {
    "noise_20_db": lambda samples, rate, random: noisy(samples, 20, random),
    "noise_10_db": lambda samples, rate, random: noisy(samples, 10, random),
    "wandering_10_db": lambda samples, rate, random: wandering(samples, 10, rate, random),
}


def under_conditions(clips: Sequence[Clip], rate: int, seconds: float | None) -> dict[str, Arrays]:
    """The same clips in the same order under each condition, with the same noise in every call."""
    return {
        name: prepare(
            clips, rate, seconds, change=partial(change, rate=rate, random=np.random.default_rng(0))
        )
        for name, change in CONDITIONS.items()
    }
