"""Speech synthesis with espeak-ng, as small Ogg/Opus files.

To install it: `sudo apt install espeak-ng` on Debian and Ubuntu, `brew install espeak-ng` on macOS.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import soxr

PEAK = 10 ** (-3 / 20)  # -3 dBFS
SILENCE = 10 ** (-45 / 20)  # of the clip's own peak: quieter edges are cut
SAME = 0.02  # of a clip's RMS; encoding on two kinds of processor differed by 0.0006
LOUDNESS = 60  # espeak-ng's amplitude; at its default of 100, several voices clip


def find_program() -> str:
    """The path of espeak-ng. Ends the script if it is not installed."""
    program = shutil.which("espeak-ng")
    if program is None:
        sys.exit("espeak-ng is not installed: see the first lines of assets/speech.py.")
    return program


def say(
    program: str,
    text: str,
    voice: str,
    words_per_minute: int,
    *,
    rate: int,
    margin: float,
    data: Path | None = None,
) -> np.ndarray:
    """Samples (n,) at `rate` Hz of espeak-ng saying `text`, with a peak of PEAK.

    Silence at both ends is cut to `margin` seconds. `data` is a folder with a copy of
    espeak-ng-data that has further voices.
    """
    command = [program, "-v", voice, "-s", str(words_per_minute)]
    if data is not None:
        command.append(f"--path={data}")
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "speech.wav"
        command += ["-a", str(LOUDNESS), "-w", str(sound), text]
        subprocess.run(command, check=True, capture_output=True)
        samples, spoken_rate = soundfile.read(sound, dtype="float32")
    if np.abs(samples).max() >= 0.999:
        raise RuntimeError(f"espeak-ng clipped the voice {voice}: lower LOUDNESS")
    samples = trim(soxr.resample(samples, spoken_rate, rate), round(margin * rate))
    return samples * (PEAK / np.abs(samples).max())


def trim(samples: np.ndarray, margin: int) -> np.ndarray:
    """Cuts the silence at both ends of samples (n,) to `margin` samples."""
    loud = np.flatnonzero(np.abs(samples) > SILENCE * np.abs(samples).max())
    return samples[max(loud[0] - margin, 0) : loud[-1] + 1 + margin]


def write_if_new(path: Path, samples: np.ndarray, rate: int, compression: float) -> bool:
    """Writes samples (n,) as Ogg/Opus unless `path` has the same sound. Returns whether it did.

    Writing them again would change the file but not the sound: every Ogg file has a random stream
    number, and Opus rounds differently on each kind of processor. `compression` is libsndfile's,
    from 0 to 1 for 256 to 6 kbit/s.
    """
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / path.name
        soundfile.write(
            fresh, samples, rate, format="OGG", subtype="OPUS", compression_level=compression
        )
        if path.exists() and sound_alike(soundfile.read(path)[0], soundfile.read(fresh)[0]):
            return False
        shutil.copyfile(fresh, path)
    return True


def sound_alike(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two clips (n,) are the same but for rounding."""
    if len(one) != len(other):
        return False
    return bool(np.mean((one - other) ** 2) <= SAME**2 * np.mean(one**2))
