"""A corpus as sound in one small file: what every network of the study reads is made from it.

Spectrograms need the sound itself, not the maxima that CAB-CNN reads. Eight bits a sample on the
mu-law scale of telephony keep a corpus small enough to be sent to a machine that can decode no
sound files; both CAB-CNN's values and the rivals' images come from these bytes, so that nobody
hears better than the others.
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
from cabcnn.dataset.arrays import Arrays, moments
from cabcnn.dataset.spectra import BANDS
from cabcnn.errors import CabcnnError, CorpusError

MU = 255.0
ZERO, STEPS = 128, 127  # bytes from 1 to 255, so that silence stays silence
LONGEST_SECONDS = 60.0  # the longest T of the paper


@dataclass(frozen=True)
class Waves:
    """N clips: `sound` (V,) bytes of all of them one after the other, `lengths` (N,) of each.

    `names` (N,) are the files' names, "" for an unknown one of `speakers` and `splits`. `layout`
    is how the corpus lay on disk, one of `corpora.LAYOUTS`, "" where nobody told.
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
        """What tells one corpus from another, or from itself prepared otherwise."""
        known = hashlib.sha256(" ".join([*self.label_names, *self.names, *self.speakers]).encode())
        for numbers in (self.lengths, self.labels, self.sound):
            known.update(np.ascontiguousarray(numbers).tobytes())
        return known.hexdigest()[:16]

    def samples(self, clip: int, seconds: float | None = None) -> audio.Samples:
        """The first `seconds` of a clip, (k,), its loudest sample at 1."""
        start, end = int(self._starts[clip]), int(self._starts[clip + 1])
        if seconds is not None:
            end = min(end, start + round(seconds * self.rate))
        return decoded(self.sound[start:end])

    def arrays(self) -> Arrays:
        """What CAB-CNN trains on."""
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
        """What the rivals' images are drawn from: (N, bins, 256) bytes of N clips' first T."""
        return np.stack(
            [spectrogram(self.samples(int(clip), seconds), self.rate) for clip in clips]
        )

    def save(self, path: Path) -> None:
        """Writes a compressed .npz, whole or not at all.

        Raises CabcnnError where the disk does not take it.
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
    def load(cls, path: str | Path) -> Waves:
        """Reads what `save` wrote. Raises CorpusError where it did not."""
        try:
            with np.load(path, allow_pickle=False) as file:
                fields = {name: file[name] for name in file.files}
            fields["label_names"] = tuple(str(name) for name in fields["label_names"])
            fields["rate"], fields["corpus"] = int(fields["rate"]), str(fields["corpus"])
            fields["layout"] = str(fields.get("layout", ""))  # earlier files do not tell it
            return cls(**fields)
        except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
            raise CorpusError(
                f"{path} is no corpus prepared for the study ({error}); prepare it again."
            ) from error


def drawn(clips: Sequence[Clip], count: int, seed: int = 0) -> list[Clip]:
    """`count` of the clips, each label keeping its share of them; those of `seed`.

    Raises CorpusError where that leaves a label without one.
    """
    if count >= len(clips):
        return list(clips)
    own: dict[str, list[int]] = {}
    for place, clip in enumerate(clips):
        own.setdefault(clip.label, []).append(place)
    names = sorted(own)
    exact = np.array([count * len(own[name]) / len(clips) for name in names])
    shares = np.floor(exact).astype(int)
    # What rounding down left over goes to those that have none, then to those that lost most.
    order = np.lexsort((shares - exact, shares > 0))
    shares[order[: count - int(shares.sum())]] += 1
    if not shares.all():
        lost = names[int(np.argmin(shares))]
        raise CorpusError(f"{count} clips are too few: none of {lost} would be left.")
    random = np.random.default_rng(seed)
    kept: list[int] = []
    for name, share in zip(names, shares, strict=True):
        kept += random.permutation(own[name])[:share].tolist()
    return [clips[place] for place in sorted(kept)]


def prepare(
    clips: Sequence[Clip],
    corpus: str,
    rate: int = 8000,
    progress: Callable[[int], None] = lambda done: None,
    layout: str = "",
) -> Waves:
    """Decodes the first minute of every clip at `rate`, a multiple of 4,000.

    Raises CorpusError where there are fewer than two labels, or naming the file that can't be
    used.
    """
    names = tuple(sorted({clip.label for clip in clips}))
    if len(names) < 2:
        raise CorpusError(f"A comparison needs two labels or more; this corpus has {len(names)}.")
    parts = []
    for done, clip in enumerate(clips):
        try:
            sound = audio.read(clip.path, LONGEST_SECONDS)
            samples, _, _ = audio.prepare(sound, rate, LONGEST_SECONDS)
        except CabcnnError as error:
            raise CorpusError(f"{clip.path}: {error}") from error
        parts.append(encoded(samples))
        progress(done + 1)
    return Waves(
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


def encoded(samples: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Samples (k,) as bytes on the mu-law scale, the loudest at its end."""
    share = np.asarray(samples, np.float64) / (np.abs(samples).max(initial=0) or 1)
    height = np.sign(share) * np.log1p(MU * np.abs(share)) / np.log1p(MU)
    return (np.rint(STEPS * height) + ZERO).astype(np.uint8)


def decoded(sound: NDArray[np.uint8]) -> audio.Samples:
    """The samples (k,) that bytes stand for, from -1 to 1."""
    height = (sound.astype(np.float64) - ZERO) / STEPS
    return (np.sign(height) * np.expm1(np.abs(height) * np.log1p(MU)) / MU).astype(np.float32)
