"""The Speech Accent Archive as training data, and a trunk pretrained on its speakers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.torch import load_file, save
from torch import Tensor

from cabcnn import files
from cabcnn.audio import Samples
from cabcnn.corpora import read_speech_accent_archive
from cabcnn.corpora.table import Clip
from cabcnn.dataset.arrays import Arrays, prepare
from cabcnn.errors import CabcnnError
from cabcnn.model import CLASSIFIERS
from cabcnn.shipped.experiments import RATE, load_or_prepare, print_line
from cabcnn.shipped.pretraining.alignment import speech_units
from cabcnn.shipped.pretraining.pretext import pretrain
from cabcnn.shipped.pretraining.speaker_augmentation import augmented_speaker
from cabcnn.shipped.recording_conditions import disturbed, with_pauses
from cabcnn.training.recipe import Recipe

SECONDS = 30.0
COPIES = 3  # augmented ones of every recording
PAUSED = 0.6  # share of the disturbed recordings that get pauses
PAUSES = 0.1, 0.5  # share of the time that these take
FINE_UNITS = 150
PRETEXT = Recipe(
    batch_size=24,
    learning_rate=3e-3,
    anneal=True,
    max_epochs=45,
    crop_seconds=5.0,
    recalibrate=True,
)
# The trunk goes on from PRETEXT's and hears disturbed recordings; the rest begins anew.
CONDITIONS = replace(PRETEXT, max_epochs=15, learning_rate=2e-3)
DATA = (
    "http://accent.gmu.edu; Weinberger, S. (2015), Speech Accent Archive, George Mason University"
)
LICENCE = "CC BY-NC-SA 2.0, the data and these weights: not for commercial use, share alike"


def all_clips(corpus: Path) -> list[Clip]:
    """All clips of the archive, labelled with the speaker's first language."""
    return read_speech_accent_archive(corpus, "first-language")


def augmented_copies(corpus: Path, work: Path) -> list[Arrays]:
    """All clips as recorded, then COPIES times with speaker augmentation, always in one order."""
    clips = all_clips(corpus)

    def make(copy: int) -> Arrays:
        if not copy:
            return prepare(clips, RATE, SECONDS, spectra=True)
        random = np.random.default_rng(copy)
        change = partial(augmented_speaker, rate=RATE, random=random)
        return prepare(clips, RATE, SECONDS, spectra=True, change=change)

    return [load_or_prepare(work / f"archive-{k}.npz", partial(make, k)) for k in range(1 + COPIES)]


class DisturbedCopy(NamedTuple):
    """All clips, augmented and with pauses: `clean`, in which the pauses are digital silence, and
    as `heard` under random recording conditions, interval by interval the same."""

    clean: Arrays
    heard: Arrays


def disturbed_copy(clips: Sequence[Clip], work: Path, name: str, seed: int) -> DisturbedCopy:
    """A disturbed copy of some clips, kept in the folder `work` under `name`."""

    def change(samples: Samples, random: np.random.Generator) -> Samples:
        samples = augmented_speaker(samples, RATE, random)
        if random.uniform() < PAUSED:
            samples = with_pauses(samples, RATE, random, random.uniform(*PAUSES))
        return samples

    def clean() -> Arrays:
        own = partial(change, random=np.random.default_rng([seed, 0]))
        return prepare(clips, RATE, SECONDS, spectra=True, change=own)

    def heard() -> Arrays:
        own, conditions = np.random.default_rng([seed, 0]), np.random.default_rng([seed, 1])
        return prepare(
            clips,
            RATE,
            SECONDS,
            change=lambda samples: disturbed(change(samples, own), RATE, conditions),
        )

    return DisturbedCopy(
        load_or_prepare(work / f"{name}-{seed}-clean.npz", clean),
        load_or_prepare(work / f"{name}-{seed}-heard.npz", heard),
    )


def pretrained_weights(
    copies: Sequence[Arrays],
    clips: NDArray[np.int64],
    recipe: Recipe,
    path: Path,
    device: str,
    heard: Sequence[Arrays] = (),
    start: Mapping[str, Tensor] = MappingProxyType({}),
) -> dict[str, Tensor]:
    """Weights pretrained on `clips`, from the file `path`, which is written first if missing.
    `heard` are the copies under other recording conditions and `start` the weights to go on from,
    as for `pretrain`.

    Raises CabcnnError if the file is of other clips, whose speakers may be those to be tested, or
    of another recipe.
    """
    made = hashlib.sha256(f"{clips.tolist()} {recipe.as_dict()}".encode()).hexdigest()
    if not path.exists():
        arrays = copies[0]
        english = [i for i in clips if arrays.label_names[arrays.labels[i]] == "english"]
        lengths = arrays.intervals[english]
        reference = int(english[int(np.argmin(np.abs(lengths - np.median(lengths))))])
        units = speech_units(arrays, clips.tolist(), reference, CLASSIFIERS, FINE_UNITS)

        def report(epoch: int, numbers: dict[str, float]) -> None:
            values = " ".join(f"{name} {value:.4f}" for name, value in numbers.items())
            print_line(f"{path.stem} epoch {epoch}: {values}")

        weights = pretrain(
            copies,
            clips.tolist(),
            units,
            recipe,
            heard=heard,
            start=start,
            device=device,
            on_epoch=report,
        )
        tensors = {name: value.cpu().contiguous() for name, value in weights.items()}
        files.make_folder(path.parent)
        files.write(path, save(tensors, {"made": made}))
    with safe_open(path, "pt") as file:
        if (file.metadata() or {}).get("made") != made:
            raise CabcnnError(
                f"{path} was pretrained on other clips or by another recipe; remove it."
            )
    return load_file(path)


def training_settings(pretext: Recipe, block: object) -> dict:
    """How a model was made, for its card and beside its scores."""
    return {
        "pretext": pretext.as_dict(),
        "block": asdict(block),  # pyright: ignore[reportArgumentType]
        "copies": COPIES,
    }
