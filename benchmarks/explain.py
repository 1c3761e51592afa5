"""The time of each step from a sound file of 30 s to the data of the page, on one thread.

    python benchmarks/explain.py

Decoding, front end, network and payload, then the network as `keras_style.py` writes it. Every
round runs all of them, so that other load on the machine affects all alike.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
import torch

sys.path.insert(0, str(Path(__file__).parent.parent))  # run from a checkout, nothing installed

from benchmarks.keras_style import KerasStyle
from cabcnn import audio, checkpoint
from cabcnn.classifier import Classifier
from cabcnn.memory import keep_freed_memory
from cabcnn.views.payload import payload

SECONDS, RATE = 30, 44_100


def voice_like() -> np.ndarray:
    """Stereo (k, 2): a buzz of varying pitch with formants, in syllables, with a little noise."""
    random = np.random.default_rng(0)
    at = np.arange(SECONDS * RATE) / RATE
    pitch = 120 * 2 ** np.interp(at, np.arange(0, 31, 0.4), random.normal(0, 0.2, 78))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    formant = np.interp(at, np.arange(0, 31, 0.2), random.uniform(300, 1_500, 155))
    buzz = sum(
        np.exp(-(((k * pitch - formant) / 400) ** 2)) * np.sin(k * phase) for k in range(1, 16)
    )
    syllables = np.clip(np.sin(2 * np.pi * 3.5 * at) + 0.5, 0, 1)
    mono = 0.3 * buzz * syllables + 0.002 * random.standard_normal(len(at))
    return np.stack([mono, 0.8 * mono], 1)


def medians(steps: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The median milliseconds of each step, over rounds of all steps, after two for warming up."""
    taken: dict[str, list[float]] = {name: [] for name in steps}
    for number in range(rounds + 2):
        for name, step in steps.items():
            start = time.perf_counter()
            step()
            if number >= 2:
                taken[name].append(1_000 * (time.perf_counter() - start))
    return {name: statistics.median(times) for name, times in taken.items()}


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--checkpoint", default="accents", help="a model's name or file")
    parser.add_argument("--rounds", type=int, default=30)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()  # as the page and the command line do
    model, card = checkpoint.load(checkpoint.find(arguments.checkpoint))
    classifier = Classifier(model, card)
    plain = KerasStyle(model.classes, model.n).eval()
    plain.load_from(model.state_dict())

    with tempfile.TemporaryDirectory() as folder, torch.inference_mode():
        path = Path(folder) / "voice.wav"
        soundfile.write(path, voice_like(), RATE)
        sound = audio.read(path, SECONDS)
        values = torch.from_numpy(audio.front_end(sound, card.rate, SECONDS))
        x = classifier.explain(path, SECONDS)

        def pack() -> dict[str, object]:
            return payload(x, sound, card.title)

        times = medians(
            {
                "decode": lambda: audio.read(path, SECONDS),
                "front end": lambda: audio.front_end(sound, card.rate, SECONDS),
                "network": lambda: model([values]),
                "payload": pack,
                "plain": lambda: plain(values[None]),
            },
            arguments.rounds,
        )
        apart = float((model([values]).probabilities - plain(values[None])).abs().max())

    sent = len(json.dumps(pack()))
    slow = times.pop("plain")
    total = sum(times.values())
    print(
        f"{SECONDS} s of {RATE:,} Hz stereo: {len(x.attention):,} intervals, "
        f"{model.n} classifiers, {model.classes} classes; one thread, "
        f"medians of {arguments.rounds} rounds, "
        f"torch {torch.__version__}\n"
    )
    print(f"{'step':<36}{'ms':>8}{'share':>9}")
    for name, milliseconds in times.items():
        print(f"{name:<36}{milliseconds:8.1f}{milliseconds / total:9.0%}")
    print(f"{'together':<36}{total:8.1f}")
    print(f"{'payload as sent, kB':<36}{sent / 1_000:8.1f}")
    print(f"\n{'network as keras_style.py writes it':<36}{slow:8.1f}")
    print(f"{'times as long as ours':<36}{slow / times['network']:8.2f}")
    print(f"{'largest difference of a probability':<36}{apart:8.0e}")


if __name__ == "__main__":
    main()
