"""The Speech Accent Archive, heard: everybody reads the same paragraph."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from cabcnn.corpora import read_speech_accent_archive
from cabcnn.corpora.table import Clip
from cabcnn.dataset.arrays import Arrays, prepare
from cabcnn.errors import CabcnnError
from cabcnn.model import CLASSIFIERS
from cabcnn.shipped.parts import RATE, prepared, say
from cabcnn.shipped.pretraining.alignment import sounds
from cabcnn.shipped.pretraining.pretext import pretrain
from cabcnn.shipped.pretraining.speaker_augmentation import augmented_speaker
from cabcnn.training.recipe import Recipe

SECONDS = 30.0
COPIES = 3  # disguised ones of every recording
FINE_SOUNDS = 150
PRETEXT = Recipe(
    batch_size=24,
    learning_rate=3e-3,
    anneal=True,
    max_epochs=45,
    crop_seconds=5.0,
    recalibrate=True,
)
DATA = (
    "http://accent.gmu.edu; Weinberger, S. (2015), Speech Accent Archive, George Mason University"
)
LICENCE = "CC BY-NC-SA 2.0, the data and these weights: not for commercial use, share alike"


def everybody(corpus: Path) -> list[Clip]:
    """All the archive's clips, labelled with the speaker's first language."""
    return read_speech_accent_archive(corpus, "first-language")


def versions(corpus: Path, work: Path) -> list[Arrays]:
    """All recordings as they are, then their disguised copies, in the same order."""
    clips = everybody(corpus)

    def make(copy: int) -> Arrays:
        random = np.random.default_rng(copy)
        if not copy:
            return prepare(clips, RATE, SECONDS, spectra=True)
        change = partial(augmented_speaker, rate=RATE, random=random)
        return prepare(clips, RATE, SECONDS, spectra=True, change=change)

    return [prepared(work / f"archive-{k}.npz", partial(make, k)) for k in range(1 + COPIES)]


def heard(
    heard_by: Sequence[Arrays],
    clips: NDArray[np.int64],
    recipe: Recipe,
    path: Path,
    device: str,
) -> dict[str, Tensor]:
    """Weights that learned to hear from some speakers, from a file that is made first where it
    is missing.

    Raises CabcnnError where the file is of other speakers, who may be those to be tested, or of
    another recipe.
    """
    made = hashlib.sha256(f"{clips.tolist()} {recipe.as_dict()}".encode()).hexdigest()
    if not path.exists():
        arrays = heard_by[0]
        english = [i for i in clips if arrays.label_names[arrays.labels[i]] == "english"]
        lengths = arrays.intervals[english]
        reference = int(english[int(np.argmin(np.abs(lengths - np.median(lengths))))])
        found = sounds(arrays, clips.tolist(), reference, CLASSIFIERS, FINE_SOUNDS)

        def tell(epoch: int, numbers: dict[str, float]) -> None:
            told = " ".join(f"{name} {value:.4f}" for name, value in numbers.items())
            say(f"{path.stem} epoch {epoch}: {told}")

        weights = pretrain(heard_by, clips.tolist(), found, recipe, device=device, on_epoch=tell)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        tensors = {name: value.cpu().contiguous() for name, value in weights.items()}
        save_file(tensors, part, {"made": made})
        part.replace(path)
    with safe_open(path, "pt") as file:
        if (file.metadata() or {}).get("made") != made:
            raise CabcnnError(f"{path} learned from other speakers or otherwise; remove it.")
    return load_file(path)


def settings(pretext: Recipe, block: object) -> dict:
    """What a card and a kept score say of how a model was made."""
    return {
        "pretext": pretext.as_dict(),
        "block": asdict(block),  # pyright: ignore[reportArgumentType]
        "copies": COPIES,
    }
