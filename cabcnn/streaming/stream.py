"""Classifying a sound as it arrives: samples go in, finished intervals come out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from cabcnn import audio
from cabcnn.checkpoint import Card
from cabcnn.decoding import Balance
from cabcnn.errors import AudioError
from cabcnn.model import FEATURES, INTERVAL_SECONDS, CabCnn, check_finite
from cabcnn.streaming import trunk as trunks
from cabcnn.streaming.front_end import FrontEnd
from cabcnn.streaming.trunk import Trunk

CHUNK_SECONDS = 10.0  # longer pieces are processed in chunks, which bounds memory


class StreamOutput(NamedTuple):
    """The next k intervals of a sound, numbered from `first` on.

    `attention` (k, n), `votes` (k, n, m) and `interval_probabilities` (k, m) are those of an
    `Explanation`.
    """

    first: int
    attention: NDArray[np.float32]
    votes: NDArray[np.float32]
    interval_probabilities: NDArray[np.float32]

    @property
    def times(self) -> NDArray[np.float64]:
        """(k,) centre of each interval, in seconds from the start of the sound."""
        centres = np.arange(len(self.attention), dtype=np.float64) + self.first + 0.5
        return centres * INTERVAL_SECONDS


class Stream:
    """A model classifying a sound while it goes on (Section 3, one interval after the other).

    The state carried from piece to piece is bounded, however long the sound, and no result
    depends on how the sound is divided into pieces. Interval t is finished 75 ms after its start,
    which is how far it sees ahead, and 16 ms later if the sound has to be resampled.

    **Standardisation.** The paper subtracts a clip's mean and divides by its standard deviation,
    which are unknown before its end. With `mean_std`, a mean and a standard deviation at the
    model's rate as `audio.prepare` returns them, all intervals equal the offline ones that use
    these, to 1e-5, for a clip of complete intervals; the last one is padded with zeros. Without,
    each value is standardised by the running mean and standard deviation, which start as if half
    a second of sound at -26 dB of full scale had come before (front_end.py). That matters most at
    the start, before the speaker's level is known. Measured on 48 speakers of the Speech Accent
    Archive (19 s each, `accents`): after the last word the probabilities were within 0.011 of the
    exact ones for 95 of 100 clips, and the predicted class was the same for all 48; after 5 s
    within 0.017, the same class for 44. With a second of a quiet room before the first word,
    0.013 (46 of 48) and 0.038 (38); recorded at a third of the level as well, 0.029 (46) and
    0.079 (37). The probabilities of that model's classes are often as close as that.

    A clip whose length is no multiple of 25 ms is also padded slightly differently offline
    (trunk.py), which moves what its intervals see by a few milliseconds.

    Not to be shared by threads.

    Raises AudioError for a rate or samples that no recording has.
    """

    def __init__(
        self,
        model: CabCnn,
        card: Card,
        rate: int,
        mean_std: tuple[float, float] | None = None,
    ) -> None:
        self.labels = card.labels
        self.rate = audio.check_rate(rate)
        self.intervals = 0
        self._model = model
        self._front_end = FrontEnd(self.rate, card.rate, mean_std)
        self._trunk = Trunk(model)
        self._sum = np.zeros(model.classes)
        self._finished = False
        self._balance = Balance()
        self._bits = 0  # of integers, the most that were needed so far

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """(m,) the mean over all intervals so far; NaN before the first."""
        return self._sum / self.intervals if self.intervals else np.full(len(self._sum), np.nan)

    def push(self, samples: NDArray[Any]) -> StreamOutput:
        """Takes the next samples, (k,) or (k, channels), floats or integers; returns the
        intervals that they finish, possibly none.

        Raises AudioError for samples that are not finite numbers, and where the channels have
        cancelled each other out for a second, CabcnnError if the model's
        answers are not numbers, ValueError after `finish`.
        """
        return _finite(push_batch([self], [samples])[0])

    def finish(self) -> StreamOutput:
        """Ends the sound; returns the remaining intervals. Raises CabcnnError as `push` does."""
        if self._finished:
            return _classify([self], [self._no_features()])[0]
        self._finished = True
        with torch.inference_mode():
            rest = self._trunk.push(self._values(np.zeros(0, np.float32), last=True))
            return _finite(_classify([self], [torch.cat([rest, self._trunk.finish()])])[0])

    def _chunks(self, samples: NDArray) -> list[audio.Samples]:
        if self._finished:
            raise ValueError("a finished stream takes no more samples; start another")
        floats, self._bits, _ = audio.to_floats(samples, self._bits)
        if not len(floats):
            return []
        # Always the mean: what a piece alone shows of its channels could differ from the next.
        mean = self._mean(floats.astype(np.float64)) if floats.ndim == 2 else floats
        mono_samples = audio.read((mean, self.rate)).samples
        step = round(CHUNK_SECONDS * self.rate)
        return [mono_samples[start : start + step] for start in range(0, len(mono_samples), step)]

    def _mean(self, floats: NDArray[np.float64]) -> NDArray[np.float64]:
        mean = self._balance.add(floats)
        if self._balance.cancelled and self._balance.count >= self.rate:
            raise AudioError(
                "The channels cancel each other out, as if one were inverted; push one of them."
            )
        return mean

    def _values(self, samples: audio.Samples, last: bool = False) -> torch.Tensor:
        return torch.from_numpy(self._front_end.push(samples, last)).to(self._model.device)

    def _no_features(self) -> torch.Tensor:
        return self._model.norm.weight.new_zeros(0, FEATURES)

    def _add(
        self, attention: NDArray[np.float32], votes: NDArray[np.float32], probabilities: NDArray
    ) -> StreamOutput:
        """Adds k more intervals to the sum."""
        first = self.intervals
        self.intervals += len(probabilities)
        self._sum += probabilities.sum(0, dtype=np.float64)
        return StreamOutput(first, attention, votes, probabilities)


def push_batch(streams: Sequence[Stream], pieces: Sequence[NDArray[Any]]) -> list[StreamOutput]:
    """`Stream.push` of several streams, each once, with its piece. Streams of one model are
    computed together, which costs little more than one. Answers that are not numbers are left in:
    an error would fail the other streams too."""
    chunks = [stream._chunks(piece) for stream, piece in zip(streams, pieces, strict=True)]
    outputs: dict[int, StreamOutput] = {}
    by_model: dict[int, list[int]] = {}
    for index, stream in enumerate(streams):
        by_model.setdefault(id(stream._model), []).append(index)
    with torch.inference_mode():
        for indices in by_model.values():
            features: dict[int, list[torch.Tensor]] = {index: [] for index in indices}
            for turn in range(max(len(chunks[index]) for index in indices)):
                active = [index for index in indices if turn < len(chunks[index])]
                values = [streams[index]._values(chunks[index][turn]) for index in active]
                rows = trunks.push_batch([streams[index]._trunk for index in active], values)
                for index, row in zip(active, rows, strict=True):
                    features[index].append(row)
            joined = [torch.cat([streams[i]._no_features(), *features[i]]) for i in indices]
            results = _classify([streams[index] for index in indices], joined)
            outputs |= dict(zip(indices, results, strict=True))
    return [outputs[index] for index in range(len(streams))]


def _finite(output: StreamOutput) -> StreamOutput:
    check_finite(output.interval_probabilities)
    return output


def _classify(streams: Sequence[Stream], features: Sequence[torch.Tensor]) -> list[StreamOutput]:
    """The classifier block on the features (k, 128) of each of several streams of one model."""
    model = streams[0]._model
    attention = np.zeros((0, model.n), np.float32)
    votes = np.zeros((0, model.n, model.classes), np.float32)
    probabilities = votes[:, 0]
    counts = [len(part) for part in features]
    if any(counts):
        output = model.classify(torch.cat(list(features)), [sum(counts)])
        attention, votes = output.attention.cpu().numpy(), output.votes.cpu().numpy()
        probabilities = output.interval_probabilities.cpu().numpy()
    ends = np.cumsum(counts)
    return [
        stream._add(*(rows[end - count : end] for rows in (attention, votes, probabilities)))
        for stream, count, end in zip(streams, counts, ends, strict=True)
    ]
