"""An explanation as annotations of the sound, for Praat and Audacity."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from cabcnn.explanation import Explanation, spaced_maxima
from cabcnn.export.canvas import NOT_TEXT, REPLACEMENT
from cabcnn.export.spans import Span, edges, predicted, spans_of

MOMENTS = 10


class Mark(NamedTuple):
    """A labelled point in time, in seconds."""

    time: float
    text: str


def to_textgrid(explanation: Explanation) -> bytes:
    """A TextGrid in Praat's long text format, UTF-8.

    Interval tiers: the predicted class of each interval, the predicted class so far, and the
    number of the selected classifier; equal neighbours are merged. A point tier has the moments
    with the highest probability of the verdict: class, probability, classifier.
    """
    x = explanation
    leading = [x.labels[k] for k in x.verdict_so_far.argmax(1)]
    start, end = edges(x)[[0, -1]]
    tiers = [
        _interval_tier("predicted class", spans_of(x, predicted(x))),
        _interval_tier("verdict so far", spans_of(x, leading)),
        _interval_tier("selected classifier", spans_of(x, x.selected.tolist())),
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
    """A label track for Audacity: start, end and predicted class, equal neighbours merged."""
    return _track(spans_of(explanation, predicted(explanation)))


def to_classifier_labels(explanation: Explanation) -> bytes:
    """A label track for Audacity: start, end and the number of the selected classifier."""
    return _track(spans_of(explanation, explanation.selected.tolist()))


def strongest(explanation: Explanation, count: int = MOMENTS) -> list[Mark]:
    """Up to `count` intervals with the highest probability of the verdict, in order of time, none
    within a quarter of a second of a higher one: class, probability, selected classifier."""
    x = explanation
    probabilities = x.interval_probabilities[:, int(x.probabilities.argmax())]
    end = edges(x)[-1]
    return [
        Mark(
            min(float(x.times[t]), float(end)),
            f"{_one_line(x.label)} {probabilities[t]:.2f} by classifier {x.selected[t]}",
        )
        for t in sorted(spaced_maxima(probabilities, x.times, count))
    ]


def _interval_tier(name: str, spans: Iterable[Span]) -> tuple[str, str, list[list[str]]]:
    entries = [
        [f"xmin = {span.start:.10g}", f"xmax = {span.end:.10g}", f"text = {_quoted(span.value)}"]
        for span in spans
    ]
    return "IntervalTier", name, entries


def _point_tier(name: str, marks: Iterable[Mark]) -> tuple[str, str, list[list[str]]]:
    entries = [[f"number = {mark.time:.10g}", f"mark = {_quoted(mark.text)}"] for mark in marks]
    return "TextTier", name, entries


def _quoted(value: object) -> str:
    return '"' + _one_line(value).replace('"', '""') + '"'


def _track(spans: Iterable[Span]) -> bytes:
    lines = [f"{span.start:.6f}\t{span.end:.6f}\t{_one_line(span.value)}\n" for span in spans]
    return "".join(lines).encode()


def _one_line(value: object) -> str:
    """Text without line breaks and tabs, which separate fields, and other control characters."""
    return NOT_TEXT.sub(REPLACEMENT, re.sub(r"\s+", " ", str(value))).strip()
