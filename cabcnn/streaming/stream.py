"""A model that listens: samples go in as they come, intervals come out as they are decided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from cabcnn import audio
from cabcnn.checkpoint import Card
from cabcnn.model import FEATURES, INTERVAL_SECONDS, CabCnn
from cabcnn.streaming import trunk as trunks
from cabcnn.streaming.front_end import FrontEnd
from cabcnn.streaming.trunk import Trunk

AT_ONCE = 10.0  # seconds: a longer piece is worked off in several, so that memory stays bounded


class StreamOutput(NamedTuple):
    """k more intervals of a sound, the first of which is its interval number `first`.

    `attention` (k, n), `votes` (k, n, m) and `interval_probabilities` (k, m) are those of an
    `Explanation`.
    """

    first: int
    attention: NDArray[np.float32]
    votes: NDArray[np.float32]
    interval_probabilities: NDArray[np.float32]

    @property
    def times(self) -> NDArray[np.float64]:
        """(k,) centre of each interval, in seconds from the beginning of the sound."""
        centres = np.arange(len(self.attention), dtype=np.float64) + self.first + 0.5
        return centres * INTERVAL_SECONDS


class Stream:
    """What a model makes of a sound while it goes on (Section 3, one interval after the other).

    What carries from piece to piece is bounded, whatever the length of the sound, and no number
    depends on how the sound is cut into pieces. Interval t is decided 75 ms after its beginning,
    which is as far as it sees ahead, and 16 ms later where the sound has to be resampled.

    **Standardisation.** The paper subtracts a clip's mean and divides by its standard deviation,
    which nobody knows before its end. With `constants`, a mean and a deviation at the model's
    rate as `audio.analysed` gives them, all intervals are those of the offline run with these, to
    1e-5, for a clip of whole intervals; the last one is filled up with zeros. Without, each
    value is standardised by the running mean and deviation of all samples so far, which begin as
    if half a second of sound at -26 dB of full scale had come before (front_end.py). That changes
    the picture most at its beginning, before a voice's own level is known. Measured on 48 speakers
    of the Speech Accent Archive (19 s each, `accents`): after the last word the verdict lay within
    0.011 of the exact probabilities in 95 of 100 clips and named the same class in all 48; after
    5 s within 0.017, the same class in 44. With a second of a quiet room before the first word,
    0.013 (46 of 48) and 0.038 (38); recorded at a third of the level besides, 0.029 (46) and 0.079
    (37). That model's classes often lie as close as that.

    A clip that is no multiple of 25 ms long is also padded a little differently at once
    (trunk.py), which moves what its intervals see by a few milliseconds.

    Not for several threads at once.

    Raises AudioError for a rate or samples that are none of a recording.
    """

    def __init__(
        self,
        model: CabCnn,
        card: Card,
        rate: int,
        constants: tuple[float, float] | None = None,
    ) -> None:
        self.labels = card.labels
        self.rate = audio.checked_rate(rate)
        self.intervals = 0
        self._model = model
        self._front_end = FrontEnd(self.rate, card.rate, constants)
        self._trunk = Trunk(model)
        self._sum = np.zeros(model.classes)
        self._finished = False

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """(m,) the verdict so far: the mean over all intervals; not a number before the first."""
        return self._sum / self.intervals if self.intervals else np.full(len(self._sum), np.nan)

    def push(self, samples: NDArray) -> StreamOutput:
        """Takes the next samples, (k,) or (k, channels), floats or integers; returns the
        intervals that are decided by now, perhaps none."""
        return push_together([self], [samples])[0]

    def finish(self) -> StreamOutput:
        """Says that the sound is over; returns the intervals that waited for more."""
        if self._finished:
            return _decide([self], [self._no_rows()])[0]
        self._finished = True
        with torch.inference_mode():
            rest = self._trunk.push(self._values(np.zeros(0, np.float32), last=True))
            return _decide([self], [torch.cat([rest, self._trunk.finish()])])[0]

    def _parts(self, samples: NDArray) -> list[audio.Samples]:
        if self._finished:
            raise ValueError("a finished stream takes no more sound; start another")
        if not len(samples):
            return []
        heard = audio.read((samples, self.rate)).samples
        step = round(AT_ONCE * self.rate)
        return [heard[start : start + step] for start in range(0, len(heard), step)]

    def _values(self, samples: audio.Samples, last: bool = False) -> torch.Tensor:
        values = torch.from_numpy(self._front_end.push(samples, last))
        return values.to(self._model.norm.weight.device)

    def _no_rows(self) -> torch.Tensor:
        return self._model.norm.weight.new_zeros(0, FEATURES)

    def _heard(
        self, attention: NDArray[np.float32], votes: NDArray[np.float32], decided: NDArray
    ) -> StreamOutput:
        """Counts k more intervals in."""
        first = self.intervals
        self.intervals += len(decided)
        self._sum += decided.sum(0, dtype=np.float64)
        return StreamOutput(first, attention, votes, decided)


def push_together(streams: Sequence[Stream], pieces: Sequence[NDArray]) -> list[StreamOutput]:
    """`Stream.push` of several streams, none of them twice, each with its piece: those of one
    model share the network's work, which costs little more for many than for one."""
    parts = [stream._parts(piece) for stream, piece in zip(streams, pieces, strict=True)]
    heard: dict[int, StreamOutput] = {}
    models: dict[int, list[int]] = {}
    for place, stream in enumerate(streams):
        models.setdefault(id(stream._model), []).append(place)
    with torch.inference_mode():
        for places in models.values():
            features: dict[int, list[torch.Tensor]] = {place: [] for place in places}
            for turn in range(max(len(parts[place]) for place in places)):
                now = [place for place in places if turn < len(parts[place])]
                values = [streams[place]._values(parts[place][turn]) for place in now]
                found = trunks.push_together([streams[place]._trunk for place in now], values)
                for place, rows in zip(now, found, strict=True):
                    features[place].append(rows)
            joined = [torch.cat([streams[p]._no_rows(), *features[p]]) for p in places]
            decided = _decide([streams[place] for place in places], joined)
            heard |= dict(zip(places, decided, strict=True))
    return [heard[place] for place in range(len(streams))]


def _decide(streams: Sequence[Stream], features: Sequence[torch.Tensor]) -> list[StreamOutput]:
    """What the classifier block makes of the features (k, 128) of each of one model's streams."""
    model = streams[0]._model
    attention = np.zeros((0, model.n), np.float32)
    votes = np.zeros((0, model.n, model.classes), np.float32)
    decided = votes[:, 0]
    counts = [len(part) for part in features]
    if any(counts):
        output = model.classify(torch.cat(list(features)), [sum(counts)])
        attention, votes = output.attention.cpu().numpy(), output.votes.cpu().numpy()
        decided = output.interval_probabilities.cpu().numpy()
    ends = np.cumsum(counts)
    return [
        stream._heard(*(rows[end - count : end] for rows in (attention, votes, decided)))
        for stream, count, end in zip(streams, counts, ends, strict=True)
    ]
