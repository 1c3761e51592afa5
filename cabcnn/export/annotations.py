"""What a model heard when, for programs that mark sound: Praat and Audacity."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from cabcnn.explanation import APART_SECONDS, Explanation
from cabcnn.export.spans import Run, edges, predicted, runs

MOMENTS = 10


class Mark(NamedTuple):
    """A moment, in seconds, and what to say of it."""

    time: float
    text: str


def to_textgrid(explanation: Explanation) -> bytes:
    """A TextGrid in Praat's long text format, UTF-8.

    Interval tiers: the class that each interval favours, the class that leads so far, and the
    number of the selected classifier; neighbours that are equal are one interval. A point tier
    has the moments that speak loudest for the verdict: class, probability, classifier.
    """
    x = explanation
    leading = [x.labels[k] for k in x.verdict_so_far.argmax(1)]
    start, end = edges(x)[[0, -1]]
    tiers = [
        _interval_tier("predicted class", runs(x, predicted(x))),
        _interval_tier("verdict so far", runs(x, leading)),
        _interval_tier("selected classifier", runs(x, x.selected.tolist())),
        _point_tier("strongest moments", strongest(x)),
    ]
    span = [f"xmin = {start:.10g}", f"xmax = {end:.10g}"]
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        *span,
        "tiers? <exists>",
        f"size = {len(tiers)}",
        "item []:",
    ]
    for number, (kind, name, entries) in enumerate(tiers, 1):
        count = "intervals" if kind == "IntervalTier" else "points"
        lines.append(f"    item [{number}]:")
        head = [f'class = "{kind}"', f'name = "{name}"', *span, f"{count}: size = {len(entries)}"]
        lines += [f"        {line}" for line in head]
        for place, entry in enumerate(entries, 1):
            lines.append(f"        {count} [{place}]:")
            lines += [f"            {line}" for line in entry]
    return ("\n".join(lines) + "\n").encode()


def to_labels(explanation: Explanation) -> bytes:
    """A label track for Audacity: start, end and the favoured class, equal neighbours joined."""
    return _track(runs(explanation, predicted(explanation)))


def to_classifier_labels(explanation: Explanation) -> bytes:
    """A label track for Audacity: start, end and the number of the selected classifier."""
    return _track(runs(explanation, explanation.selected.tolist()))


def strongest(explanation: Explanation, count: int = MOMENTS) -> list[Mark]:
    """Up to `count` intervals that speak loudest for the verdict, in order of time, none within
    a quarter of a second of a louder one: its class, its probability, the selected classifier."""
    x = explanation
    chances = x.interval_probabilities[:, int(x.probabilities.argmax())]
    kept: list[int] = []
    for t in np.argsort(-chances, kind="stable"):
        if len(kept) == count:
            break
        if all(abs(x.times[t] - x.times[other]) >= APART_SECONDS for other in kept):
            kept.append(int(t))
    end = edges(x)[-1]
    return [
        Mark(
            min(float(x.times[t]), float(end)),
            f"{_plain(x.label)} {chances[t]:.2f} by classifier {x.selected[t]}",
        )
        for t in sorted(kept)
    ]


def _interval_tier(name: str, found: Iterable[Run]) -> tuple[str, str, list[list[str]]]:
    entries = [
        [f"xmin = {run.start:.10g}", f"xmax = {run.end:.10g}", f"text = {_quoted(run.value)}"]
        for run in found
    ]
    return "IntervalTier", name, entries


def _point_tier(name: str, marks: Iterable[Mark]) -> tuple[str, str, list[list[str]]]:
    entries = [[f"number = {mark.time:.10g}", f"mark = {_quoted(mark.text)}"] for mark in marks]
    return "TextTier", name, entries


def _quoted(value: object) -> str:
    return '"' + _plain(value).replace('"', '""') + '"'


def _track(found: Iterable[Run]) -> bytes:
    lines = [f"{run.start:.6f}\t{run.end:.6f}\t{_plain(run.value)}\n" for run in found]
    return "".join(lines).encode()


def _plain(value: object) -> str:
    """On one line, without what separates fields."""
    return re.sub(r"\s+", " ", str(value)).strip()
