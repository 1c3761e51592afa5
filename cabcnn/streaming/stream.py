"""A model that listens: samples go in as they come, intervals come out as they are decided."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from cabcnn import audio
from cabcnn.checkpoint import Card
from cabcnn.model import INTERVAL_SECONDS, CabCnn

from .front_end import FrontEnd
from .trunk import Trunk

AT_ONCE = 10.0  # seconds: a longer piece is worked off in several, so that memory stays bounded


class Heard(NamedTuple):
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

    def push(self, samples: NDArray) -> Heard:
        """Takes the next samples, (k,) or (k, channels), floats or integers; returns the
        intervals that are decided by now, perhaps none."""
        if self._finished:
            raise ValueError("a finished stream takes no more sound; start another")
        if not len(samples):
            return self._decide([])
        heard = audio.read((samples, self.rate)).samples
        step = round(AT_ONCE * self.rate)
        parts = (heard[start : start + step] for start in range(0, len(heard), step))
        with torch.inference_mode():
            return self._decide([self._features(part) for part in parts])

    def finish(self) -> Heard:
        """Says that the sound is over; returns the intervals that waited for more."""
        if self._finished:
            return self._decide([])
        self._finished = True
        with torch.inference_mode():
            rest = self._features(np.zeros(0, np.float32), last=True)
            return self._decide([rest, self._trunk.finish()])

    def _features(self, samples: audio.Samples, last: bool = False) -> torch.Tensor:
        values = torch.from_numpy(self._front_end.push(samples, last))
        return self._trunk.push(values.to(self._model.norm.weight.device))

    def _decide(self, features: list[torch.Tensor]) -> Heard:
        first, n, m = self.intervals, self._model.n, self._model.classes
        rows = sum(len(part) for part in features)
        if not rows:
            nothing = np.zeros((0, n, m), np.float32)
            return Heard(first, nothing[:, :, 0], nothing, nothing[:, 0])
        output = self._model.decide(torch.cat(features), [rows])
        self.intervals += rows
        decided = output.interval_probabilities.cpu().numpy()
        self._sum += decided.sum(0, dtype=np.float64)
        return Heard(first, output.attention.cpu().numpy(), output.votes.cpu().numpy(), decided)
