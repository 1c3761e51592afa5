"""A corpus as sound in one small file, from which every network's input in a study is computed.

Spectrograms need the sound itself, not the maxima that CAB-CNN reads. Eight-bit mu-law samples, as
in telephony, keep a corpus small enough to be sent to a machine that can't decode sound files.
CAB-CNN's values and the baselines' images are both computed from them, so that all networks have
the same information.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from cabcnn import audio, files
from cabcnn.baselines.images import spectrogram
from cabcnn.corpora.table import Clip
from cabcnn.dataset.arrays import Arrays, moments, read_samples
from cabcnn.dataset.spectra import BANDS
from cabcnn.errors import CorpusError

MU = 255.0
ZERO, STEPS = 128, 127  # bytes from 1 to 255, so that zero is represented exactly
LONGEST_SECONDS = 60.0  # the longest T of the paper


@dataclass(frozen=True)
class PreparedCorpus:
    """N clips: `sound` (V,) is their concatenated bytes, `lengths` (N,) the number of each.

    `names` (N,) are file names; `speakers` and `splits` (N,) are "" if unknown. `layout` is the
    corpus's layout on disk, one of `corpora.LAYOUTS`, "" if unknown.
    """

    sound: NDArray[np.uint8]
    lengths: NDArray[np.int64]
    labels: NDArray[np.int64]
    label_names: tuple[str, ...]
    speakers: NDArray[np.str_]
    splits: NDArray[np.str_]
    names: NDArray[np.str_]
    rate: int
    corpus: str
    layout: str = ""

    def __len__(self) -> int:
        return len(self.lengths)

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        return np.concatenate([[0], np.cumsum(self.lengths)])

    @property
    def digest(self) -> str:
        """Identifies the corpus and how it was prepared."""
        digest = hashlib.sha256(" ".join([*self.label_names, *self.names, *self.speakers]).encode())
        for numbers in (self.lengths, self.labels, self.sound):
            digest.update(np.ascontiguousarray(numbers).tobytes())
        return digest.hexdigest()[:16]

    def samples(self, clip: int, seconds: float | None = None) -> audio.Samples:
        """The first `seconds` of a clip, (k,), with a peak of 1."""
        start, end = int(self._starts[clip]), int(self._starts[clip + 1])
        if seconds is not None:
            end = min(end, start + round(seconds * self.rate))
        return decode(self.sound[start:end])

    def arrays(self) -> Arrays:
        """CAB-CNN's training data."""
        clips = [self.samples(clip) for clip in range(len(self))]
        maxima = [audio.maxima(samples, self.rate) for samples in clips]
        return Arrays(
            maxima=np.concatenate(maxima),
            moments=np.concatenate([moments(samples, self.rate) for samples in clips]),
            spectra=np.zeros((0, BANDS), np.float16),
            values=np.array([len(part) for part in maxima]),
            labels=self.labels,
            label_names=self.label_names,
            speakers=self.speakers,
            splits=self.splits,
            rate=self.rate,
        )

    def spectrograms(self, clips: Sequence[int], seconds: float | None) -> NDArray[np.uint8]:
        """The spectrograms of the first `seconds` of N clips for the baselines, (N, bins, 256)."""
        return np.stack(
            [spectrogram(self.samples(int(clip), seconds), self.rate) for clip in clips]
        )

    def save(self, path: Path) -> None:
        """Writes a compressed .npz, atomically.

        Raises CabcnnError if the file can't be written.
        """
        with files.atomic(path) as part, part.open("wb") as file:
            np.savez_compressed(
                file,
                sound=self.sound,
                lengths=self.lengths,
                labels=self.labels,
                label_names=np.array(self.label_names),
                speakers=self.speakers,
                splits=self.splits,
                names=self.names,
                rate=self.rate,
                corpus=np.array(self.corpus),
                layout=np.array(self.layout),
            )

    @classmethod
    def load(cls, path: str | Path) -> PreparedCorpus:
        """Reads a file that `save` wrote. Raises CorpusError for any other."""
        try:
            with np.load(path, allow_pickle=False) as file:
                fields = {name: file[name] for name in file.files}
            fields["label_names"] = tuple(str(name) for name in fields["label_names"])
            fields["rate"], fields["corpus"] = int(fields["rate"]), str(fields["corpus"])
            fields["layout"] = str(fields.get("layout", ""))  # missing from earlier files
            return cls(**fields)
        except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
            raise CorpusError(
                f"{path} is not a corpus prepared for a study ({error}); prepare it again."
            ) from error


def sample_clips(clips: Sequence[Clip], count: int, seed: int = 0) -> list[Clip]:
    """A random sample of `count` clips, with each label in proportion.

    Raises CorpusError if a label would be left without clips.
    """
    if count >= len(clips):
        return list(clips)
    by_label: dict[str, list[int]] = {}
    for index, clip in enumerate(clips):
        by_label.setdefault(clip.label, []).append(index)
    names = sorted(by_label)
    exact = np.array([count * len(by_label[name]) / len(clips) for name in names])
    shares = np.floor(exact).astype(int)
    # The remainder goes to labels that have none, then to those that rounding down cost most.
    order = np.lexsort((shares - exact, shares > 0))
    shares[order[: count - int(shares.sum())]] += 1
    if not shares.all():
        missing = names[int(np.argmin(shares))]
        raise CorpusError(f"{count} clips are too few: none of {missing} would be left.")
    random = np.random.default_rng(seed)
    kept: list[int] = []
    for name, share in zip(names, shares, strict=True):
        kept += random.permutation(by_label[name])[:share].tolist()
    return [clips[index] for index in sorted(kept)]


def prepare(
    clips: Sequence[Clip],
    corpus: str,
    rate: int = 8000,
    progress: Callable[[int], None] = lambda done: None,
    layout: str = "",
) -> PreparedCorpus:
    """Decodes the first minute of every clip at `rate`, a multiple of 4,000.

    Raises CorpusError for fewer than two labels, or for a file that can't be used, with its name.
    """
    names = tuple(sorted({clip.label for clip in clips}))
    if len(names) < 2:
        raise CorpusError(f"A study needs at least two labels; this corpus has {len(names)}.")
    parts = []
    for done, samples in enumerate(read_samples(clips, rate, LONGEST_SECONDS)):
        parts.append(encode(samples))
        progress(done + 1)
    return PreparedCorpus(
        sound=np.concatenate(parts),
        lengths=np.array([len(part) for part in parts]),
        labels=np.array([names.index(clip.label) for clip in clips]),
        label_names=names,
        speakers=np.array([clip.speaker for clip in clips]),
        splits=np.array([clip.split for clip in clips]),
        names=np.array([clip.path.name for clip in clips]),
        rate=rate,
        corpus=corpus,
        layout=layout,
    )


def encode(samples: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Samples (k,), normalised to a peak of 1, as mu-law bytes."""
    x = np.asarray(samples, np.float64) / (np.abs(samples).max(initial=0) or 1)
    compressed = np.sign(x) * np.log1p(MU * np.abs(x)) / np.log1p(MU)
    return (np.rint(STEPS * compressed) + ZERO).astype(np.uint8)


def decode(sound: NDArray[np.uint8]) -> audio.Samples:
    """The samples (k,), from -1 to 1, of mu-law bytes."""
    compressed = (sound.astype(np.float64) - ZERO) / STEPS
    expanded = np.expm1(np.abs(compressed) * np.log1p(MU)) / MU
    return (np.sign(compressed) * expanded).astype(np.float32)
