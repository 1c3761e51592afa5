"""What one clip made the model do: the sum that is its decision, and the sum's regroupings.

    Pr(k) = 1/p * sum over intervals t and classifiers i of attention[t, i] * votes[t, i, k]

Each term is one cell's exact share of the answer, so nothing here is an estimate.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cabcnn.envelope import COLUMNS_PER_INTERVAL
from cabcnn.errors import CabcnnError
from cabcnn.metrics import perplexity
from cabcnn.model import INTERVAL_SECONDS

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture
    from plotly.graph_objects import Figure as Plot

    from cabcnn.audio import Source

Floats = NDArray[np.float64]
APART_SECONDS = 0.25  # two moments nearer than this are heard as one


class Moment(NamedTuple):
    """One interval in which a classifier is trusted: its centre in seconds, its weight, and
    what it votes (m,)."""

    time: float
    attention: float
    votes: Floats


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """A clip's p intervals under n classifiers and m classes (Section 3).

    `attention` (p, n) sums to one over the classifiers, `votes` (p, n, m) over the classes;
    `seconds` is how much sound was analysed, `notices` what to know of the recording, `score`
    how often the model was measured to be right, one sentence. `start` is where in the clip
    these intervals begin: 0 seconds, but for a part cut out by `between`. `muted` are the
    classifiers that `without` left out. `envelope` (about 8p, 2) is the outline of the waveform
    for pictures, of which no sound can be made again (envelope.py).
    """

    labels: tuple[str, ...]
    attention: Floats
    votes: Floats
    seconds: float
    name: str = ""
    model: str = ""
    notices: tuple[str, ...] = ()
    start: float = 0.0
    score: str = ""
    muted: tuple[int, ...] = ()
    envelope: NDArray[np.float32] | None = None

    @cached_property
    def interval_probabilities(self) -> Floats:
        """c_t of Section 3, (p, m): each interval's votes, weighted by its attention."""
        return np.einsum("tn,tnk->tk", self.attention, self.votes)

    @cached_property
    def probabilities(self) -> Floats:
        """The answer (m,): the mean of the interval probabilities."""
        return self.interval_probabilities.mean(0)

    @property
    def label(self) -> str:
        """The class with the largest probability."""
        return self.labels[int(self.probabilities.argmax())]

    @cached_property
    def times(self) -> Floats:
        """The centre of each interval in seconds of the clip, (p,): interval t covers 25 ms from
        25 t on, after `start`.

        The network sees beyond it: 112.75 ms of sound decide what an interval says, centred
        within 6.25 ms of this, depending on the clip's length ("same" padding).
        """
        centres = np.arange(len(self.attention), dtype=np.float64) + 0.5
        return self.start + centres * INTERVAL_SECONDS

    @cached_property
    def shares(self) -> Floats:
        """The terms of the sum (p, n, m): they add up to `probabilities`."""
        return self.attention[:, :, None] * self.votes / len(self.attention)

    @cached_property
    def verdict_so_far(self) -> Floats:
        """Running mean of the interval probabilities, (p, m); its last row is the answer."""
        counts = np.arange(1, len(self.attention) + 1)[:, None]
        return self.interval_probabilities.cumsum(0) / counts

    @cached_property
    def attention_share(self) -> Floats:
        """Each classifier's share of all attention, (n,): sums to one."""
        return self.attention.mean(0)

    @property
    def effective_classifiers(self) -> float:
        """Perplexity of `attention_share`: n if all have as much attention, 1 if one has it all."""
        return perplexity(self.attention_share)

    @cached_property
    def selected(self) -> NDArray[np.int64]:
        """The classifier with the largest attention in each interval, (p,)."""
        return self.attention.argmax(1)

    def evidence(self, label: str, against: str | None = None) -> Floats:
        """Each cell's share in a class's probability, (p, n); or by how much it prefers that
        class to another, which adds up to the difference of the two probabilities.

        Raises CabcnnError for a label that the model does not know.
        """
        for_label = self.shares[:, :, self._index(label)]
        return for_label if against is None else for_label - self.shares[:, :, self._index(against)]

    def strongest_moments(self, classifier: int, count: int = 5) -> list[Moment]:
        """Up to `count` intervals in which a classifier has most attention, strongest first,
        none nearer than a quarter of a second to a stronger one.

        Raises CabcnnError for a classifier that does not exist.
        """
        weights = self.attention[:, self._classifier(classifier)]
        moments: list[Moment] = []
        for t in np.argsort(-weights, kind="stable"):
            time = float(self.times[t])
            if len(moments) == count:
                break
            if all(abs(time - other.time) >= APART_SECONDS for other in moments):
                moments.append(Moment(time, float(weights[t]), self.votes[t, classifier]))
        return moments

    def without(self, classifiers: Iterable[int]) -> Explanation:
        """The same clip with classifiers muted: their attention is zero, that of the others
        is renormalised in each interval (equal, where no other had any).

        Raises CabcnnError where nobody would be left, or for one that does not exist.
        """
        muted = sorted({self._classifier(i) for i in classifiers} | set(self.muted))
        if len(muted) == self.attention.shape[1]:
            raise CabcnnError("All classifiers are muted; leave at least one to decide.")
        heard = np.ones(self.attention.shape[1])
        heard[muted] = 0
        attention = self.attention * heard
        total = attention.sum(1, keepdims=True)
        attention = np.where(
            total > 0, attention / np.where(total > 0, total, 1), heard / heard.sum()
        )
        return replace(self, attention=attention, muted=tuple(muted))

    def at(self, seconds: float) -> Explanation:
        """What the sum said after the first `seconds`: the same intervals, fewer of them.

        This regroups what was computed from the whole clip, whose mean and deviation its
        values keep; to hear the model on a shorter clip, explain that.

        Raises CabcnnError unless `seconds` is above zero.
        """
        if not seconds > 0:
            raise CabcnnError(
                f"A verdict at {seconds:g} s has heard nothing; ask for more than zero."
            )
        if seconds >= self.seconds:
            return self
        kept = max(round(seconds / INTERVAL_SECONDS), 1)
        return replace(self._part(0, kept), seconds=seconds)

    def between(self, start: float, end: float) -> Explanation:
        """What the sum says of the part from `start` to `end` alone: the same intervals, only
        those. The edges are rounded to whole intervals of 25 ms, of which at least one is kept.

        Both are seconds of the clip, as `times` are, here and in the result. As with `at`,
        nothing is computed anew: the answer of `between(0, t)` is that of `at(t)`.

        Raises CabcnnError unless the part begins within the clip and ends after it begins.
        """
        last = self.start + self.seconds
        if not self.start <= start < last:
            raise CabcnnError(
                f"A part that begins at {start:g} s is not within this sound, "
                f"which goes from {self.start:g} to {last:g} s."
            )
        if not end > start:
            raise CabcnnError(
                f"The part from {start:g} to {end:g} s is empty; its end must be after its start."
            )
        p = len(self.attention)
        first = min(round((start - self.start) / INTERVAL_SECONDS), p - 1)
        if end >= last:  # the last interval may be incomplete
            after, ends = p, self.seconds
        else:
            after = max(round((end - self.start) / INTERVAL_SECONDS), first + 1)
            ends = min(after * INTERVAL_SECONDS, self.seconds)
        return replace(
            self._part(first, after),
            start=self.start + first * INTERVAL_SECONDS,
            seconds=ends - first * INTERVAL_SECONDS,
        )

    def figure(self, columns: int = 2) -> Picture:
        """A matplotlib figure for a paper, one or two columns wide (3.4 or 7 inches): waveform,
        attention, selected classifiers, interval probabilities, verdict so far, caption.

        `save` writes it with its fonts embedded. It is no part of pyplot. Raises CabcnnError for
        another number of columns.
        """
        from cabcnn.export import figure

        return figure.draw(self, columns)

    def plot(self) -> Plot:
        """The same as an interactive plotly figure: zoom, and every number under the pointer."""
        from cabcnn.export import interactive

        return interactive.draw(self)

    def save(self, path: str | Path, *, columns: int = 2, sound: Source | None = None) -> None:
        """Writes the kind of file that the name ends in; cabcnn/export/formats.py lists them:
        pictures, a page that works offline, tables, Praat's TextGrid, Audacity's labels.

        `columns` is for pictures. A page can be heard if the clip's `sound` goes with it, which
        then is in the file. Raises CabcnnError for another ending, or where the disk does not
        take the file.
        """
        from cabcnn.export import formats

        formats.write(self, path, columns=columns, sound=sound)

    def __repr__(self) -> str:
        chances = ", ".join(f"{k} {p:.3f}" for k, p in zip(self.labels, self.probabilities))
        return f"<Explanation of {self.name or 'a clip'} by {self.model or 'a model'}: {chances}>"

    def _repr_png_(self) -> tuple[bytes, dict[str, Any]]:
        """How a notebook shows it."""
        from cabcnn.export import figure

        return figure.for_notebook(self)

    def _part(self, first: int, after: int) -> Explanation:
        """Intervals `first` up to `after`, and the outline of the waveform there."""
        heard = slice(first * COLUMNS_PER_INTERVAL, after * COLUMNS_PER_INTERVAL)
        return replace(
            self,
            attention=self.attention[first:after],
            votes=self.votes[first:after],
            envelope=None if self.envelope is None else self.envelope[heard],
        )

    def _index(self, label: str) -> int:
        if label not in self.labels:
            raise CabcnnError(f"The model has no class {label!r}, only {', '.join(self.labels)}.")
        return self.labels.index(label)

    def _classifier(self, number: int) -> int:
        n = self.attention.shape[1]
        if not 0 <= number < n:
            raise CabcnnError(f"There is no classifier {number}; they are numbered 0 to {n - 1}.")
        return int(number)
