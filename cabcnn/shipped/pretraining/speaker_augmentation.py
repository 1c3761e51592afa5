"""Augmentation that makes a recording sound like another speaker in another room.

With a few hundred speakers and one recording each, a network can recognise every speaker by vocal
tract length and every room by its frequency response. Training on changed copies prevents that.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cabcnn import audio
from cabcnn.audio import Samples

LARGEST_CHANGE = 0.08  # of tempo, pitch and formants together, up or down
KNOTS, STEP_DB = 8, 2.5  # of the filter's response: a random walk over that many frequencies


def augmented_speaker(samples: Samples, rate: int, random: np.random.Generator) -> Samples:
    """Samples (about k,): those given (k,) at a slightly different speed, and gently filtered."""
    factor = 1 + random.uniform(-LARGEST_CHANGE, LARGEST_CHANGE)
    changed = audio.resample(samples, rate, round(rate * factor))
    spectrum = np.fft.rfft(changed)
    filtered = spectrum * response(len(spectrum), random)
    return np.fft.irfft(filtered, len(changed)).astype(np.float32)


def response(bins: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Factors (bins,) from 0 Hz up, in finer steps at low frequencies."""
    decibels = np.cumsum(random.normal(0, STEP_DB, KNOTS))
    places = np.sqrt(np.linspace(0, 1, bins))
    return 10 ** (np.interp(places, np.linspace(0, 1, KNOTS), decibels - decibels.mean()) / 20)
