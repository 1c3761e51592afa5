"""The log mel spectrum of each interval: what the pretext task has the trunk predict."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cabcnn.audio import Samples
from cabcnn.model import INTERVAL_SECONDS

BANDS = 24
LOWEST_HZ = 80.0
WINDOW_SECONDS = 0.032
FLOOR = 1e-2  # added to the band energies of the standardised sound


def log_mel(samples: Samples, rate: int) -> NDArray[np.float16]:
    """Log energies in mel bands around the centre of each interval, of the standardised sound:
    (k,) -> (p, bands)."""
    hop, window = round(INTERVAL_SECONDS * rate), round(WINDOW_SECONDS * rate)
    count = -(-len(samples) // hop)
    wide = (samples - samples.mean(dtype=np.float64)) / max(samples.std(dtype=np.float64), 1e-12)
    lead = (window - hop) // 2
    padded = np.pad(wide, (lead, window + hop * count - len(samples)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop][:count]
    power = np.abs(np.fft.rfft(frames * np.hanning(window))) ** 2
    return np.log(power @ _filters(rate, window).T + FLOOR).astype(np.float16)


def _filters(rate: int, window: int) -> NDArray[np.float64]:
    """Triangular filters of equal width on the mel scale, (bands, window // 2 + 1)."""
    lowest, highest = 2595 * np.log10(1 + np.array([LOWEST_HZ, rate / 2]) / 700)
    edges = 700 * (10 ** (np.linspace(lowest, highest, BANDS + 2) / 2595) - 1)
    frequency = np.arange(window // 2 + 1) * rate / window
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (frequency - low) / (centre - low), (high - frequency) / (high - centre)
    return np.clip(np.minimum(rising, falling), 0, None)
