"""What a visitor wants to train on: read, listened to, and told before training starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from cabcnn import corpora
from cabcnn.corpora.layouts import BUILT_IN

SECONDS = (5.0, 10.0, 30.0, 60.0)
SUGGESTED = 30.0  # at most: longer clips take longer to learn and seldom tell more
FEW_SPEAKERS = 3  # of a label: one each to learn from, to validate and to test
SHOWN = 3  # files that are named of each problem
NAMES_TELL = "If the files' names tell who speaks, say how under “How to read them”."
BEGINNING = 500  # characters at most of a file's name


@dataclass(frozen=True)
class CorpusSummary:
    """A corpus as it was read, and what is in it: `labels` has (name, clips, speakers, hours).

    `upload` is the folder of the recordings, where they were brought for this.
    """

    corpus: str
    name: str
    labels: tuple[tuple[str, int, int, float], ...]
    seconds: float  # T that hears nine clips of ten to their end
    known: bool  # every clip's speaker
    several: bool  # clips of a speaker
    official: bool  # a split of the corpus's own
    layout: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[tuple[str, tuple[str, ...]], ...] = ()
    lengths: str = ""
    upload: Path | None = None

    def protocol(self, labels: Sequence[str]) -> str:
        """How to test a model of these labels, as honestly as they allow."""
        speakers = [row[2] for row in self.labels if row[0] in labels]
        if not self.known or min(speakers, default=0) < FEW_SPEAKERS:
            return "paper"
        return "both" if self.several else "speaker-disjoint"


def inspect(
    corpus: str,
    *,
    name: str,
    layout: str | None = None,
    options: Mapping[str, Any] | None = None,
    inside: Path | None = None,
    upload: Path | None = None,
    progress: Callable[[float], object] = lambda share: None,
) -> CorpusSummary:
    """Reads a corpus and listens to every clip; nothing outside the folder `inside` is opened.

    Raises CorpusError where it can't be trained on.
    """
    given = {key: value for key, value in (options or {}).items() if value}
    if inside is not None:
        given["inside"] = str(inside)
    clips = corpora.read(corpus, layout, **given)
    corpora.check(clips)

    def heard_so_far(done: int) -> None:
        progress(done / len(clips))

    told = corpora.describe(clips, heard_so_far)
    heard = told.seconds[told.seconds > 0]
    long = float(np.quantile(heard, 0.9)) if len(heard) else 0.0
    return CorpusSummary(
        corpus=corpus,
        name=name,
        labels=tuple((one.label, one.clips, one.speakers, one.hours) for one in told.labels),
        seconds=next((t for t in SECONDS if long <= t <= SUGGESTED), SUGGESTED),
        known=all(clip.speaker for clip in clips),
        several=told.speakers < len(clips),
        official={"train", "test"} <= {clip.split for clip in clips},
        layout=layout,
        options=given,
        problems=tuple((one.sentence, _named(one.details, inside)) for one in told.problems),
        lengths=_lengths(heard),
        upload=upload,
    )


@cache
def built_in() -> CorpusSummary:
    """The corpus that came with the program; listened to once."""
    return inspect(BUILT_IN, name="voices")


def _named(details: tuple[str, ...], inside: Path | None) -> tuple[str, ...]:
    """The first few files of a problem, called as their owner calls them."""
    shown = [text.replace(f"{inside}/", "")[:BEGINNING] for text in details[:SHOWN]]
    if more := len(details) - SHOWN:
        shown += [f"and {more:,} more"] if more > 0 else []
    return tuple(shown)


def _lengths(heard: np.ndarray) -> str:
    if not len(heard):
        return ""
    low, middle, high = np.quantile(heard, (0, 0.5, 1))
    return f"{low:.1f} to {high:.1f} s long, half of them up to {middle:.1f} s"


def describe(found: CorpusSummary) -> str:
    """What was found, as HTML."""
    most = max(clips for _, clips, _, _ in found.labels)
    body = "".join(
        f"<tr><th scope='row'>{escape(label)}</th>"
        f"<td class='bar' style='--share: {clips / most:.3f}'>{clips:,}</td>"
        f"<td>{f'{speakers:,}' if speakers else '?'}</td><td>{_duration(hours)}</td></tr>"
        for label, clips, speakers, hours in found.labels
    )
    clips = sum(row[1] for row in found.labels)
    hours = sum(row[3] for row in found.labels)
    troubles = "".join(
        f"<li>{escape(sentence)}"
        + (f"<small>{escape('; '.join(files))}</small>" if files else "")
        + "</li>"
        for sentence, files in found.problems
    )
    if not found.known:
        troubles += (
            "<li>If the files' names tell who speaks, say how under “How to read them”.</li>"
        )
    return f"""
<section class="found" aria-label="What was found">
<p><b>{clips:,} recordings</b> of {len(found.labels)} classes, {_duration(hours)} together;
{found.lengths}.</p>
<div class="wide" tabindex="0"><table><thead><tr><th scope="col">Class</th>
<th scope="col">Recordings</th><th scope="col">Speakers</th><th scope="col">Length</th></tr></thead>
<tbody>{body}</tbody></table></div>
{f"<ul class='problems'>{troubles}</ul>" if troubles else ""}
</section>"""


def _duration(hours: float) -> str:
    seconds = hours * 3600
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{hours:.1f} h"
