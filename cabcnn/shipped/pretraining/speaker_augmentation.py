"""The same reading by another throat through another microphone.

A few hundred speakers, one recording each: a network can know each by the size of the throat
and the colour of the room. Training on disguised copies leaves it what they say.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cabcnn import audio
from cabcnn.audio import Samples

LARGEST_CHANGE = 0.08  # of tempo, pitch and resonances together, either way
KNOTS, WANDER_DB = 8, 2.5  # of the equaliser: a random walk over so many frequencies


def augmented_speaker(samples: Samples, rate: int, random: np.random.Generator) -> Samples:
    """The samples (k,) played a little faster or slower, and filtered gently: (about k,)."""
    factor = 1 + random.uniform(-LARGEST_CHANGE, LARGEST_CHANGE)
    played = audio.resample(samples, rate, round(rate * factor))
    spectrum = np.fft.rfft(played)
    return np.fft.irfft(spectrum * _equaliser(len(spectrum), random), len(played)).astype(
        np.float32
    )


def _equaliser(bins: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Factors (bins,) from 0 Hz up, denser in low frequencies, as ears are."""
    decibels = np.cumsum(random.normal(0, WANDER_DB, KNOTS))
    places = np.sqrt(np.linspace(0, 1, bins))
    return 10 ** (np.interp(places, np.linspace(0, 1, KNOTS), decibels - decibels.mean()) / 20)
