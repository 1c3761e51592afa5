"""Speech from the program espeak-ng, as small Ogg/Opus files.

To have it: `sudo apt install espeak-ng` on Debian and Ubuntu, `brew install espeak-ng` on macOS.
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
SAME = 0.02  # of a clip's RMS; two processors that coded the example clips differ by 0.0006
LOUDNESS = 60  # espeak-ng's amplitude: at its default, 100, several voices clip inside it


def find_program() -> str:
    """The path of espeak-ng; ends the script where there is none."""
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
    """Samples (n,) at `rate` Hz of espeak-ng saying `text`, their peak at PEAK.

    Silent edges are cut but for `margin` seconds. `data` is a folder that holds a copy of
    espeak-ng-data with voices of one's own, instead of the program's.
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
    """Cut the silent edges of samples (n,), keeping `margin` samples on either side."""
    loud = np.flatnonzero(np.abs(samples) > SILENCE * np.abs(samples).max())
    return samples[max(loud[0] - margin, 0) : loud[-1] + 1 + margin]


def write_if_new(path: Path, samples: np.ndarray, rate: int, compression: float) -> bool:
    """Write samples (n,) as Ogg/Opus unless `path` already sounds the same; True if written.

    Writing it again would change its bytes and nothing that can be heard: every Ogg file
    carries a random stream number, and Opus rounds a little differently on each kind of
    processor. `compression` is libsndfile's, from 0 to 1: 256 kbit/s down to 6 kbit/s.
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
    """Whether two clips (n,) differ by no more than rounding."""
    if len(one) != len(other):
        return False
    return bool(np.mean((one - other) ** 2) <= SAME**2 * np.mean(one**2))
