"""Half a second of sound around a moment."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cabcnn import audio
from cabcnn.atlas.atlas import Moment

BEFORE, AFTER = 0.25, 0.25  # seconds
FADE = 0.01  # seconds
MAX_RATE = 24_000  # as much as speech needs
PEAK = 10 ** (-3 / 20)  # -3 dB of full scale


def snippet(path: Path, moment: Moment) -> bytes:
    """A clip from a quarter of a second before a moment to a quarter after it, as a mono WAV file
    with a peak of -3 dB of full scale, so that quiet moments are audible too.

    Raises AudioError if the clip can't be read, or is shorter than when the atlas was computed.
    """
    sound = audio.read(path, moment.time + AFTER)
    start = max(round((moment.time - BEFORE) * sound.rate), 0)
    part = audio.playable(sound._replace(samples=sound.samples[start:]), MAX_RATE)
    if not len(part.samples):
        raise audio.AudioError(
            f"{path.name} is shorter than when the atlas was computed; compute it again."
        )
    samples = part.samples.copy()
    ramp = np.linspace(0, 1, min(round(FADE * part.rate), len(samples) // 2), dtype=np.float32)
    samples[: len(ramp)] *= ramp
    samples[len(samples) - len(ramp) :] *= ramp[::-1]
    peak = np.abs(samples).max()
    return audio.to_wav(part._replace(samples=samples * (PEAK / peak if peak else 1)))
