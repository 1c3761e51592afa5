"""The outline of a waveform: enough to draw it, too little to hear it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cabcnn.model import INTERVAL_SECONDS

COLUMNS_PER_INTERVAL = 8  # 3.125 ms each


def envelope(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """Lowest and highest sample of every 3.125 ms: (k,) at `rate` Hz -> (c, 2).

    Column j covers samples floor(j w) up to floor((j + 1) w) for w = rate / 320; the last may be
    incomplete. A clip of p intervals has about 8p columns.
    """
    width = rate * INTERVAL_SECONDS / COLUMNS_PER_INTERVAL
    starts = np.floor(np.arange(np.ceil(len(samples) / width)) * width).astype(np.int64)
    pairs = np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)
    return np.stack(pairs, 1).astype(np.float32)


def coarser(outline: NDArray[np.float32], columns: int) -> NDArray[np.float32]:
    """An envelope (c, 2) in at most so many columns, of nearly equal width."""
    starts = np.unique(np.arange(columns) * len(outline) // columns)
    low = np.minimum.reduceat(outline[:, 0], starts)
    return np.stack([low, np.maximum.reduceat(outline[:, 1], starts)], 1)
