"""The envelope of a waveform: enough to draw it, too coarse to play it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cabcnn.model import INTERVAL_SECONDS

COLUMNS_PER_INTERVAL = 8  # 3.125 ms each


def envelope(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """Minimum and maximum of every 3.125 ms: samples (k,) at `rate` Hz -> (c, 2).

    Column j covers samples floor(j w) up to floor((j + 1) w) for w = rate / 320; the last may be
    incomplete. A clip of p intervals has about 8p columns.
    """
    width = rate * INTERVAL_SECONDS / COLUMNS_PER_INTERVAL
    starts = np.floor(np.arange(np.ceil(len(samples) / width)) * width).astype(np.int64)
    return _extremes(samples, samples, starts)


def outline(samples: NDArray[np.float32], columns: int) -> NDArray[np.float32]:
    """Minimum and maximum of each of `columns` columns of nearly equal width, or of each sample if
    there are fewer: (k,) -> (c, 2)."""
    return _extremes(samples, samples, _starts(len(samples), columns))


def downsample(envelope: NDArray[np.float32], columns: int) -> NDArray[np.float32]:
    """An envelope (c, 2) reduced to at most `columns` columns."""
    return _extremes(envelope[:, 0], envelope[:, 1], _starts(len(envelope), columns))


def _starts(length: int, columns: int) -> NDArray[np.int64]:
    """The first index of each of at most `columns` columns of nearly equal width."""
    columns = min(columns, length)
    return np.arange(columns, dtype=np.int64) * length // columns


def _extremes(
    low: NDArray[np.float32], high: NDArray[np.float32], starts: NDArray[np.int64]
) -> NDArray[np.float32]:
    pairs = np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)
    return np.stack(pairs, 1).astype(np.float32, copy=False)
