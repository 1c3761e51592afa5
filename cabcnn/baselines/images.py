"""Spectrogram images: the input of the baselines (Section 4).

The paper gives their sizes and says that they are coloured, but not the window, frequency scale,
dynamic range and colour map. Chosen here, the same for all five: short-time Fourier
transforms of a Hann window of 32 ms, 256 of them from the clip's first sample to its last
whatever its length, so that every clip fills the image; a linear frequency axis up to half the
sample rate, low frequencies at the bottom; decibels below the clip's loudest point, down to -80.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

WINDOW_SECONDS = 0.032
RANGE_DB = 80.0
COLUMNS = 256
# viridis at 17 even steps, red, green and blue: colours between them are interpolated.
COLOURS = (
    (68, 1, 84),
    (72, 24, 106),
    (71, 45, 123),
    (66, 64, 134),
    (59, 82, 139),
    (51, 99, 141),
    (44, 114, 142),
    (38, 130, 142),
    (33, 145, 140),
    (31, 160, 136),
    (40, 174, 128),
    (63, 188, 115),
    (94, 201, 98),
    (132, 212, 75),
    (173, 220, 48),
    (216, 226, 25),
    (253, 231, 37),
)


class ImageFormat(NamedTuple):
    """The input of a network: `size` x `size` pixels, in colour or grey."""

    size: int
    colour: bool

    @property
    def channels(self) -> int:
        return 3 if self.colour else 1


def spectrogram(samples: NDArray[np.floating], rate: int) -> NDArray[np.uint8]:
    """Samples (k,) -> levels (bins, 256) as bytes: 0 for -80 dB and below, 255 for the maximum.

    The first row is the highest frequency. A silent clip is all zeros.
    """
    window = round(WINDOW_SECONDS * rate)
    wide = np.pad(np.asarray(samples, np.float64), window // 2)
    starts = np.round(np.linspace(0, len(wide) - window, COLUMNS)).astype(np.int64)
    frames = wide[starts[:, None] + np.arange(window)]
    power = np.abs(np.fft.rfft(frames * np.hanning(window), axis=1)) ** 2
    loudest = power.max()
    if not loudest > 0:
        return np.zeros((power.shape[1], COLUMNS), np.uint8)
    decibels = 10 * np.log10(np.maximum(power / loudest, 10 ** (-RANGE_DB / 10)))
    return np.round(255 * (1 + decibels / RANGE_DB)).astype(np.uint8).T[::-1]


def images(spectrograms: Tensor, image_format: ImageFormat) -> Tensor:
    """Spectrograms (B, bins, 256) as bytes -> images (B, channels, size, size), from -1 to 1."""
    grey = spectrograms.unsqueeze(1).float() / 255
    size = (image_format.size, image_format.size)
    grey = F.interpolate(grey, size, mode="bilinear", align_corners=False, antialias=True)
    if not image_format.colour:
        return 2 * grey - 1
    table = _colours().to(grey.device)
    place = grey.clamp(0, 1) * (len(table) - 1)
    left = place.floor().clamp(max=len(table) - 2).long()
    below, above = table[left.squeeze(1)], table[left.squeeze(1) + 1]
    mixed = below + (above - below) * (place - left).squeeze(1).unsqueeze(3)
    return 2 * mixed.permute(0, 3, 1, 2).contiguous() - 1


@cache
def _colours() -> Tensor:
    return torch.tensor(COLOURS) / 255
