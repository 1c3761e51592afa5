"""The model's decision on one clip: a sum, and the ways to regroup it.

    Pr(k) = 1/p * sum over intervals t and classifiers i of attention[t, i] * votes[t, i, k]

Each term is the exact share of one classifier in one interval, so nothing here is an estimate.
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
from cabcnn.sureness import CLOSE, Step, find, leads

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Picture
    from plotly.graph_objects import Figure as Plot

    from cabcnn.audio import Source

Floats = NDArray[np.float64]
UNSURE = "unsure"
MIN_SPACING_SECONDS = 0.25  # between moments: closer ones sound like one


class Moment(NamedTuple):
    """An interval in which a classifier has much attention: the interval's centre in seconds, the
    attention weight, and the classifier's votes (m,)."""

    time: float
    attention: float
    votes: Floats


def spaced_maxima(values: Floats, times: Floats, count: int) -> list[int]:
    """Indices of up to `count` of the largest `values` (p,), largest first, none within a quarter
    of a second of a larger one; `times` (p,) are in seconds."""
    chosen: list[int] = []
    for t in np.argsort(-values, kind="stable").tolist():
        if len(chosen) == count:
            break
        if all(abs(times[t] - times[other]) >= MIN_SPACING_SECONDS for other in chosen):
            chosen.append(t)
    return chosen


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """The model's decision on a clip of p intervals, with n classifiers and m classes (Section 3).

    `attention` (p, n) sums to one over the classifiers, `votes` (p, n, m) over the classes.
    `seconds` is how much sound was analysed, `notices` says what is wrong with the recording,
    `score` how accurate the model was measured to be, in one sentence, and `sureness` how often
    answers like this one were right; both are empty where that does not apply: to a part of a clip,
    to muted classifiers, to a clip unlike those it was measured on. `start` is where in the
    clip these intervals begin: at 0 seconds, except for a part that `between` returned. `muted`
    lists the classifiers that `without` muted. `envelope` (about 8p, 2) is the outline of the
    waveform for pictures, too coarse to recover the sound (envelope.py).
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
    sureness: tuple[Step, ...] = ()
    envelope: NDArray[np.float32] | None = None

    @cached_property
    def interval_probabilities(self) -> Floats:
        """Each interval's class probabilities, (p, m): c_t of Section 3, its votes weighted by
        their attention."""
        return np.einsum("tn,tnk->tk", self.attention, self.votes)

    @cached_property
    def probabilities(self) -> Floats:
        """The clip's class probabilities (m,): the mean of the interval probabilities."""
        return self.interval_probabilities.mean(0)

    @property
    def label(self) -> str:
        """The class with the largest probability."""
        return self.labels[int(self.probabilities.argmax())]

    @property
    def lead(self) -> float:
        """How far the first class leads the second, as a difference of probabilities."""
        return float(leads(self.probabilities[None])[0])

    @property
    def sure(self) -> Step | None:
        """How often the model was right on clips that it did not learn from, where its answer was
        this one with such a lead; None where that was not measured."""
        return find(self.sureness, self.label, self.lead)

    @property
    def sure_sentence(self) -> str:
        """The same in words; "" where it was not measured."""
        step = self.sure
        if step is None:
            return ""
        first, second = (self.labels[k] for k in np.argsort(-self.probabilities)[:2])
        points = f"{100 * self.lead:.{0 if self.lead >= 0.1 else 1}f} points"
        many = 100 if step.right >= 0.95 or step.right <= 0.05 else 10
        count = round(many * step.right)
        often = f"{count} of {many}" if count < 100 else "more than 99 of 100"
        times = f"{often} times on people it never heard"
        if step.right < CLOSE:
            return f"Too close to call: {first} or {second}. Right {times} when so close."
        return f"{first}, by {points}: right {times}."

    def answer(self, least: float | None = None) -> str:
        """The label; "unsure" if such answers were right less often than `least`, or nobody has
        measured it."""
        if least is None or (self.sure is not None and self.sure.right >= least):
            return self.label
        return UNSURE

    @cached_property
    def times(self) -> Floats:
        """The centre of each interval, (p,), in seconds of the clip: interval t covers the 25 ms
        from `start` + 25 t ms on.

        The network sees more: an interval's output depends on 112.75 ms of sound, centred within
        6.25 ms of these times, depending on the clip's length ("same" padding).
        """
        centres = np.arange(len(self.attention), dtype=np.float64) + 0.5
        return self.start + centres * INTERVAL_SECONDS

    @cached_property
    def shares(self) -> Floats:
        """The terms of the sum (p, n, m): they add up to `probabilities`."""
        return self.attention[:, :, None] * self.votes / len(self.attention)

    @cached_property
    def verdict_so_far(self) -> Floats:
        """Running mean of the interval probabilities, (p, m); the last row is `probabilities`."""
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
        """The shares (p, n) that add up to a class's probability; with `against`, to the
        difference of the two classes' probabilities.

        Raises CabcnnError for a label that the model does not have.
        """
        for_label = self.shares[:, :, self._index(label)]
        return for_label if against is None else for_label - self.shares[:, :, self._index(against)]

    def strongest_moments(self, classifier: int, count: int = 5) -> list[Moment]:
        """Up to `count` intervals in which a classifier has most attention, strongest first, none
        within a quarter of a second of a stronger one.

        Raises CabcnnError for a classifier that does not exist.
        """
        weights = self.attention[:, self._classifier(classifier)]
        return [
            Moment(float(self.times[t]), float(weights[t]), self.votes[t, classifier])
            for t in spaced_maxima(weights, self.times, count)
        ]

    def without(self, classifiers: Iterable[int]) -> Explanation:
        """The same clip with classifiers muted: their attention is set to zero, and the others'
        renormalised in each interval (made equal, if they had none).

        Raises CabcnnError if no classifier would be left, or for one that does not exist.
        """
        muted = sorted({self._classifier(i) for i in classifiers} | set(self.muted))
        if len(muted) == self.attention.shape[1]:
            raise CabcnnError("All classifiers are muted; leave at least one to decide.")
        active = np.ones(self.attention.shape[1])
        active[muted] = 0
        attention = self.attention * active
        total = attention.sum(1, keepdims=True)
        attention = np.where(
            total > 0, attention / np.where(total > 0, total, 1), active / active.sum()
        )
        # What was measured of the whole model says nothing of a part of it.
        return replace(self, attention=attention, muted=tuple(muted), score="", sureness=())

    def at(self, seconds: float) -> Explanation:
        """The decision after the first `seconds`: the same intervals, but fewer.

        Nothing is computed anew: the clip stays standardised by the mean and standard deviation
        of all of it. To classify a shorter clip, explain that.

        Raises CabcnnError unless `seconds` is above zero.
        """
        if not seconds > 0:
            raise CabcnnError(
                f"There is no decision after {seconds:g} s; choose a time above zero."
            )
        if seconds >= self.seconds:
            return self
        stop = max(round(seconds / INTERVAL_SECONDS), 1)
        return replace(self._part(0, stop), seconds=seconds)

    def between(self, start: float, end: float) -> Explanation:
        """The decision on the part from `start` to `end` alone, rounded to intervals of 25 ms, at
        least one.

        Both are in seconds of the clip, as are `times`, here and in the result. As with `at`,
        nothing is computed anew: `between(0, t)` has the probabilities of `at(t)`.

        Raises CabcnnError unless the part starts within the clip and ends after its start.
        """
        last = self.start + self.seconds
        if not self.start <= start < last:
            raise CabcnnError(
                f"A part that starts at {start:g} s is outside this sound, which is from "
                f"{self.start:g} to {last:g} s."
            )
        if not end > start:
            raise CabcnnError(
                f"The part from {start:g} to {end:g} s is empty; its end must be after its start."
            )
        p = len(self.attention)
        first = min(round((start - self.start) / INTERVAL_SECONDS), p - 1)
        if end >= last:  # the last interval may be incomplete
            stop, seconds = p, self.seconds
        else:
            stop = max(round((end - self.start) / INTERVAL_SECONDS), first + 1)
            seconds = min(stop * INTERVAL_SECONDS, self.seconds)
        return replace(
            self._part(first, stop),
            start=self.start + first * INTERVAL_SECONDS,
            seconds=seconds - first * INTERVAL_SECONDS,
        )

    def figure(self, columns: int = 2) -> Picture:
        """A matplotlib figure for a paper, one or two columns wide (3.4 or 7 inches): waveform,
        attention, selected classifiers, interval probabilities, verdict so far, caption.

        It is not registered with pyplot. `save` writes it with embedded fonts. Raises CabcnnError
        for another number of columns.
        """
        from cabcnn.export import figure

        return figure.draw(self, columns)

    def plot(self) -> Plot:
        """The same as an interactive plotly figure, with zoom and every number on hover."""
        from cabcnn.export import interactive

        return interactive.draw(self)

    def save(self, path: str | Path, *, columns: int = 2, sound: Source | None = None) -> None:
        """Writes a file in the format of the path's extension; cabcnn/export/formats.py lists
        them: pictures, an offline page, tables, Praat TextGrids, Audacity labels.

        `columns` is the width of pictures, as in `figure`. `sound`, the clip, is embedded in a
        page, which then can play it. Raises CabcnnError for another extension, or if the file
        can't be written; AudioError if `sound` can't be read.
        """
        from cabcnn.export import formats

        formats.write(self, path, columns=columns, sound=sound)

    def __repr__(self) -> str:
        chances = ", ".join(f"{k} {p:.3f}" for k, p in zip(self.labels, self.probabilities))
        return f"<Explanation of {self.name or 'a clip'} by {self.model or 'a model'}: {chances}>"

    def _repr_png_(self) -> tuple[bytes, dict[str, Any]]:
        """The picture that notebooks show."""
        from cabcnn.export import figure

        return figure.for_notebook(self)

    def _part(self, first: int, stop: int) -> Explanation:
        """Intervals `first` up to `stop`, and the envelope there."""
        columns = slice(first * COLUMNS_PER_INTERVAL, stop * COLUMNS_PER_INTERVAL)
        return replace(
            self,
            attention=self.attention[first:stop],
            votes=self.votes[first:stop],
            envelope=None if self.envelope is None else self.envelope[columns],
            score="",
            sureness=(),
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
