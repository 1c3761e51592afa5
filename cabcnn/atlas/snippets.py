"""Half a second around a moment, to be listened to."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import soundfile

from cabcnn import audio
from cabcnn.atlas.atlas import Moment

BEFORE, AFTER = 0.25, 0.25  # seconds
FADE = 0.01
RATES = 8_000, 24_000  # what every browser plays, and as much as speech needs


def snippet(path: Path, moment: Moment) -> bytes:
    """A clip from a quarter of a second before a moment to as much after it, as a mono WAV file
    of 16 bits at a peak of -3 dB of full scale, so that quiet moments can be heard as well.

    Raises AudioError where the clip can't be read, or has become shorter than that.
    """
    sound = audio.read(path, moment.time + AFTER)
    low, high = RATES
    rate = min(max(sound.rate, low), high)
    start = max(round((moment.time - BEFORE) * sound.rate), 0)
    samples = audio.resample(sound.samples[start:], sound.rate, rate)
    if not len(samples):
        raise audio.AudioError(
            f"{path.name} has become shorter than it was; compute the atlas again."
        )
    ramp = np.linspace(0, 1, min(round(FADE * rate), len(samples) // 2), dtype=np.float32)
    samples = samples.copy()
    samples[: len(ramp)] *= ramp
    samples[len(samples) - len(ramp) :] *= ramp[::-1]
    peak = np.abs(samples).max()
    file = io.BytesIO()
    soundfile.write(file, samples * (0.708 / peak if peak else 1), rate, "PCM_16", format="WAV")
    return file.getvalue()
