"""Make the example clips in `assets/examples` again, from `assets/examples.json`.

Run from anywhere, with the project's dependencies installed and the program espeak-ng
(Debian and Ubuntu: `sudo apt install espeak-ng`; macOS: `brew install espeak-ng`):

    python assets/make_examples.py

The list of clips is the JSON file; this script only speaks it. A clip whose sound is already
the same is left alone: every Ogg file carries a random stream number, so writing it again
would change its bytes and nothing that can be heard.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import soxr

HERE = Path(__file__).resolve().parent
CLIP_LIST = HERE / "examples.json"
CLIP_FOLDER = HERE / "examples"

SAMPLE_RATE = 24_000  # Hz; espeak-ng gives 22,050, which Opus cannot hold
PEAK = 10 ** (-3 / 20)  # -3 dBFS
SILENCE = 10 ** (-45 / 20)  # of the clip's own peak: quieter edges are cut
LOUDNESS = 60  # espeak-ng's amplitude: at its default, 100, several voices clip inside it
COMPRESSION = 0.9  # libsndfile's scale from 0 to 1; at 0.9 about 4 kB a second


def speak(program: str, text: str, voice: str, words_per_minute: int) -> tuple[np.ndarray, int]:
    """Let espeak-ng say `text`; returns samples (n,) in -1..1 and their rate in Hz."""
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "speech.wav"
        command = [program, "-v", voice, "-s", str(words_per_minute), "-a", str(LOUDNESS)]
        subprocess.run([*command, "-w", str(sound), text], check=True, capture_output=True)
        samples, rate = soundfile.read(sound, dtype="float32")
    if np.abs(samples).max() >= 0.999:
        raise RuntimeError(f"espeak-ng clipped the voice {voice}: lower LOUDNESS")
    return samples, rate


def trim(samples: np.ndarray, margin: int) -> np.ndarray:
    """Cut the silent edges of samples (n,), keeping `margin` samples on either side."""
    loud = np.flatnonzero(np.abs(samples) > SILENCE * np.abs(samples).max())
    return samples[max(loud[0] - margin, 0) : loud[-1] + 1 + margin]


def make_clip(program: str, clip: dict) -> np.ndarray:
    """Samples (n,) of one clip of the list, at SAMPLE_RATE, peak at PEAK before coding."""
    samples, rate = speak(program, clip["text"], clip["voice"], clip["words_per_minute"])
    samples = soxr.resample(samples, rate, SAMPLE_RATE)
    # The recorded digits that the digits model knows are cut tightly; sentences may breathe.
    margin = 0.02 if clip["checkpoint"] == "digits" else 0.15
    samples = trim(samples, round(margin * SAMPLE_RATE))
    return samples * (PEAK / np.abs(samples).max())


def write_if_new(path: Path, samples: np.ndarray) -> bool:
    """Write samples (n,) as Ogg/Opus unless `path` already sounds the same; True if written."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / path.name
        soundfile.write(
            fresh,
            samples,
            SAMPLE_RATE,
            format="OGG",
            subtype="OPUS",
            compression_level=COMPRESSION,
        )
        if path.exists() and np.array_equal(soundfile.read(path)[0], soundfile.read(fresh)[0]):
            return False
        shutil.copyfile(fresh, path)
    return True


def main() -> None:
    """Make every clip of the list, telling which ones changed."""
    program = shutil.which("espeak-ng")
    if program is None:
        sys.exit("espeak-ng is not installed: see the first lines of this script.")
    clips = json.loads(CLIP_LIST.read_text(encoding="utf-8"))
    CLIP_FOLDER.mkdir(exist_ok=True)
    for clip in clips:
        path = CLIP_FOLDER / clip["file"]
        samples = make_clip(program, clip)
        state = "written" if write_if_new(path, samples) else "unchanged"
        seconds = len(samples) / SAMPLE_RATE
        print(f"{clip['file']:32} {seconds:5.1f} s {path.stat().st_size / 1024:6.1f} kB  {state}")


if __name__ == "__main__":
    main()
