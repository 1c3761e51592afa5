"""Makes the example clips in `assets/examples`, from the list in `assets/examples.json`.

Run it from anywhere, with the project's dependencies and the program espeak-ng installed:

    python assets/make_examples.py

Clips whose sound is unchanged are not written again.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from speech import find_program, say, write_if_new

HERE = Path(__file__).resolve().parent
CLIP_LIST = HERE / "examples.json"
CLIP_FOLDER = HERE / "examples"

SAMPLE_RATE = 24_000  # Hz; espeak-ng gives 22,050, which Opus cannot hold
COMPRESSION = 0.9  # about 4 kB a second


def make_clip(program: str, clip: dict) -> np.ndarray:
    """Samples (n,) of one clip of the list, at SAMPLE_RATE."""
    # The recordings that the digits model was trained on are cut tightly.
    margin = 0.02 if clip["checkpoint"] == "digits" else 0.15
    return say(
        program,
        clip["text"],
        clip["voice"],
        clip["words_per_minute"],
        rate=SAMPLE_RATE,
        margin=margin,
    )


def main() -> None:
    """Makes all clips of the list, and prints which have changed."""
    program = find_program()
    clips = json.loads(CLIP_LIST.read_text(encoding="utf-8"))
    CLIP_FOLDER.mkdir(exist_ok=True)
    for clip in clips:
        path = CLIP_FOLDER / clip["file"]
        samples = make_clip(program, clip)
        state = "written" if write_if_new(path, samples, SAMPLE_RATE, COMPRESSION) else "unchanged"
        seconds = len(samples) / SAMPLE_RATE
        print(f"{clip['file']:32} {seconds:5.1f} s {path.stat().st_size / 1024:6.1f} kB  {state}")


if __name__ == "__main__":
    main()
