"""A decoded corpus as arrays, small enough to be copied to another machine.

They hold what the front end of any excerpt needs: the raw maxima, and for each interval the sum
and the sum of squares of its samples, so that an excerpt is standardised by exactly its own mean
and standard deviation without its samples.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import DTypeLike, NDArray

from cabcnn import audio, files
from cabcnn.corpora.table import Clip
from cabcnn.dataset.spectra import BANDS, log_mel
from cabcnn.errors import CabcnnError, CorpusError
from cabcnn.model import STRIDE, VALUES_PER_SECOND


class Pieces:
    """Several arrays, such as memory maps of several files, read as one (V,).

    A slice within one piece is a view; one across several pieces is a copy.
    """

    def __init__(self, pieces: Sequence[NDArray[np.floating]]) -> None:
        self.pieces = pieces
        self._ends = np.cumsum([len(piece) for piece in pieces])

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __getitem__(self, places: slice) -> NDArray[np.floating]:
        first, last, _ = places.indices(len(self))
        number = int(np.searchsorted(self._ends, first, "right"))
        parts = []
        while first < last:
            piece, end = self.pieces[number], int(self._ends[number])
            begin = end - len(piece)
            parts.append(piece[first - begin : last - begin])
            first, number = end, number + 1
        if not parts:
            return np.zeros(0, np.float32)
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def __array__(
        self, dtype: DTypeLike | None = None, copy: bool | None = None
    ) -> NDArray[np.floating]:
        return np.concatenate(self.pieces, dtype=dtype, casting="unsafe")


@dataclass(frozen=True)
class Arrays:
    """N clips: `maxima` (V,) and `moments` (I, 3) of all clips one after the other.

    A row of `moments` is an interval's number of samples, their sum and their sum of squares. A
    row of `spectra` (I, bands) is its log spectrum; there are none unless the pretext task needs
    them. `values` (N,) is the number of each clip's maxima. `labels` (N,) index `label_names`.
    """

    maxima: NDArray[np.floating] | Pieces
    moments: NDArray[np.float64]
    spectra: NDArray[np.float16]
    values: NDArray[np.int64]
    labels: NDArray[np.int64]
    label_names: tuple[str, ...]
    speakers: NDArray[np.str_]
    splits: NDArray[np.str_]
    rate: int

    @cached_property
    def intervals(self) -> NDArray[np.int64]:
        """The number of intervals of each clip, (N,)."""
        return -(-self.values // STRIDE)

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        return np.concatenate([[0], np.cumsum(self.values)])

    @cached_property
    def _interval_starts(self) -> NDArray[np.int64]:
        return np.concatenate([[0], np.cumsum(self.intervals)])

    def __len__(self) -> int:
        return len(self.values)

    def excerpt(
        self,
        clip: int,
        start: int = 0,
        length: int | None = None,
        gain: NDArray[np.floating] | None = None,
    ) -> NDArray[np.float32]:
        """Standardised values (L,) of `length` intervals of a clip from interval `start` on.

        `gain` (length,) has a positive factor for each interval; the result is exactly that of
        the sound with its samples multiplied by them.
        """
        first = start * STRIDE
        last = int(self.values[clip]) if length is None else first + length * STRIDE
        last = min(last, int(self.values[clip]))
        raw = self._raw(clip, first, last)
        at = self._interval_starts[clip]
        moments = self.moments[at + start : at + -(-last // STRIDE)]
        if gain is not None:
            factors = np.asarray(gain, np.float64)[: len(moments)]
            moments = moments * np.stack([np.ones_like(factors), factors, factors**2], 1)
            raw = raw * np.repeat(factors, STRIDE)[: len(raw)]  # a factor > 0 keeps the maximum
        count, total, squares = moments.sum(0)
        mean = total / count
        deviation = np.sqrt(max(squares / count - mean * mean, 0.0))
        if not deviation > 0:
            return np.zeros(len(raw), np.float32)  # an excerpt of digital silence
        return ((raw - mean) / deviation).astype(np.float32)

    def spectrum(self, clip: int, start: int, length: int) -> NDArray[np.float32]:
        """Log spectra (length, bands) of a clip's intervals from `start` on."""
        first = self._interval_starts[clip] + start
        return self.spectra[first : first + length].astype(np.float32)

    def energies(self, clip: int) -> NDArray[np.float64]:
        """The sum of squares of the samples of each of a clip's intervals, (p,)."""
        first = int(self._interval_starts[clip])
        return self.moments[first : first + int(self.intervals[clip]), 2]

    def digests(self) -> list[str]:
        """A hash of each clip's sound, (N,): equal if two clips are the same sound."""
        return [
            hashlib.sha256(self._raw(clip).astype(np.float16).tobytes()).hexdigest()
            for clip in range(len(self))
        ]

    def _raw(self, clip: int, first: int = 0, last: int | None = None) -> NDArray[np.floating]:
        start = int(self._starts[clip])
        last = int(self.values[clip]) if last is None else last
        return self.maxima[start + first : start + last]

    def save(self, path: str | Path) -> None:
        """Writes a compressed .npz, the maxima as float16.

        Raises CabcnnError if the file can't be written.
        """
        with files.atomic(Path(path)) as temporary, temporary.open("wb") as file:
            np.savez_compressed(
                file,
                maxima=np.asarray(self.maxima, np.float16),
                moments=self.moments,
                spectra=self.spectra,
                values=self.values,
                labels=self.labels,
                label_names=np.array(self.label_names),
                speakers=self.speakers,
                splits=self.splits,
                rate=self.rate,
            )

    @classmethod
    def load(cls, path: str | Path) -> Arrays:
        """Reads what `save` wrote. Raises CorpusError for any other file."""
        try:
            with np.load(path, allow_pickle=False) as file:
                fields = {name: file[name] for name in file.files}
            return cls(
                maxima=fields["maxima"].astype(np.float32),
                moments=fields["moments"],
                spectra=fields["spectra"],
                values=fields["values"],
                labels=fields["labels"],
                label_names=tuple(str(name) for name in fields["label_names"]),
                speakers=fields["speakers"],
                splits=fields["splits"],
                rate=int(fields["rate"]),
            )
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise CorpusError(f"{path} is not a file of prepared arrays: {error}.") from error


def prepare(
    clips: Sequence[Clip],
    rate: int,
    seconds: float | None = None,
    label_names: Sequence[str] | None = None,
    spectra: bool = False,
    progress: Callable[[int], None] = lambda done: None,
    change: Callable[[audio.Samples], audio.Samples] = lambda samples: samples,
) -> Arrays:
    """Decodes the first `seconds` of every clip at `rate`, a multiple of 4,000.

    `label_names` is the order of the classes, alphabetical if left out. With `spectra`, the log
    spectra are computed too. `change` is applied to the samples (k,) first. `progress` is called
    with the number of clips done.

    Raises CorpusError if there are fewer than two classes, or a clip can't be used, which it
    names.
    """
    names = tuple(label_names or sorted({clip.label for clip in clips}))
    if len(names) < 2:
        raise CorpusError(f"A classifier needs two classes or more; this corpus has {len(names)}.")
    for clip in clips:
        if clip.label not in names:
            raise CorpusError(
                f"{clip.path} is labelled {clip.label}, which is none of {', '.join(names)}."
            )
    if rate % VALUES_PER_SECOND:
        raise ValueError(f"{rate} Hz is not a multiple of {VALUES_PER_SECOND}")
    parts, rows, spectrum = [], [], []
    for done, samples in enumerate(read_samples(clips, rate, seconds)):
        samples = change(samples)
        parts.append(audio.maxima(samples, rate))
        rows.append(moments(samples, rate))
        if spectra:
            spectrum.append(log_mel(samples, rate))
        progress(done + 1)
    return Arrays(
        maxima=np.concatenate(parts),
        moments=np.concatenate(rows),
        spectra=np.concatenate(spectrum) if spectra else np.zeros((0, BANDS), np.float16),
        values=np.array([len(part) for part in parts]),
        labels=np.array([names.index(clip.label) for clip in clips]),
        label_names=names,
        speakers=np.array([clip.speaker for clip in clips]),
        splits=np.array([clip.split for clip in clips]),
        rate=rate,
    )


def read_samples(
    clips: Sequence[Clip], rate: int, seconds: float | None
) -> Iterator[audio.Samples]:
    """The samples (k,) of the first `seconds` of each clip, mono and resampled to `rate`.

    Raises CorpusError for a clip that can't be used, with its path.
    """
    for clip in clips:
        try:
            yield audio.prepare(audio.read(clip.path, seconds), rate, seconds)[0]
        except CabcnnError as error:
            raise CorpusError(f"{clip.path}: {error}") from error


def moments(samples: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    """(k,) -> (I, 3): the number of samples of each interval, their sum and sum of squares."""
    starts = np.arange(0, len(samples), STRIDE * rate // VALUES_PER_SECOND)
    wide = samples.astype(np.float64)
    counts = np.diff(np.append(starts, len(samples)))
    sums, squares = np.add.reduceat(wide, starts), np.add.reduceat(wide * wide, starts)
    return np.column_stack([counts, sums, squares])
