"""Recordings made worse: what a model hears of a test clip outside a quiet room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from cabcnn.audio import Samples
from cabcnn.corpora.table import Clip
from cabcnn.dataset.arrays import Arrays, prepare

TURN_SECONDS = 1.0  # between two points at which loudness may turn


def noisy(samples: Samples, decibels: float, random: np.random.Generator) -> Samples:
    """The samples (k,) under pink noise, as rooms have it, so many dB below the clip's power."""
    spectrum = np.fft.rfft(random.standard_normal(len(samples)))
    pink = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1)), len(samples))
    wanted = np.std(samples) * 10 ** (-decibels / 20)
    return (samples + pink * (wanted / max(np.std(pink), 1e-12))).astype(np.float32)


def wandering(samples: Samples, decibels: float, rate: int, random: np.random.Generator) -> Samples:
    """The samples (k,) as of a speaker who moves: between -x and x dB, in straight lines."""
    at = np.arange(len(samples)) / (rate * TURN_SECONDS)
    points = random.uniform(-decibels, decibels, 2 + int(at[-1]))
    return (samples * 10 ** (np.interp(at, np.arange(len(points)), points) / 20)).astype(np.float32)


CONDITIONS: dict[str, Callable[..., Samples]] = {
    "noise_20_db": lambda samples, rate, random: noisy(samples, 20, random),
    "noise_10_db": lambda samples, rate, random: noisy(samples, 10, random),
    "wandering_10_db": lambda samples, rate, random: wandering(samples, 10, rate, random),
}


def worse(clips: Sequence[Clip], rate: int, seconds: float | None) -> dict[str, Arrays]:
    """The same clips in the same order under each condition; the same noise at every call."""
    return {
        name: prepare(
            clips, rate, seconds, change=partial(change, rate=rate, random=np.random.default_rng(0))
        )
        for name, change in CONDITIONS.items()
    }
