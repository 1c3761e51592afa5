"""A visitor's corpus, read and checked before training starts, and described on the page."""

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
from cabcnn.dataset.cache import describe_cached
from cabcnn.runs.plan import Plan
from cabcnn.runs.queue.uploads import CACHE

SECONDS = (5.0, 10.0, 30.0, 60.0)
MAX_SUGGESTED = 30.0  # longer clips take longer to train on and seldom help
MIN_SPEAKERS = 3  # of a class: one each to train, to validate and to test on
SHOWN_FILES = 3  # for each problem
MAX_NAME = 500  # characters of a file's name


@dataclass(frozen=True)
class CorpusSummary:
    """A corpus as it was read, and what is in it: `labels` has a row (label, clips, speakers,
    hours) for each.

    `upload` is the folder of the recordings if they were uploaded.
    """

    corpus: str
    name: str
    labels: tuple[tuple[str, int, int, float], ...]
    seconds: float  # a T that covers nine clips of ten to their end
    speakers_known: bool  # of all clips
    repeated_speakers: bool  # some speaker has several clips
    official_split: bool  # the corpus comes with one
    layout: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[tuple[str, tuple[str, ...]], ...] = ()
    lengths: str = ""
    upload: Path | None = None

    def protocol(self, labels: Sequence[str]) -> str:
        """The most honest test of a model of these labels that the corpus allows."""
        speakers = [row[2] for row in self.labels if row[0] in labels]
        if not self.speakers_known or min(speakers, default=0) < MIN_SPEAKERS:
            return "paper"
        return "both" if self.repeated_speakers else "speaker-disjoint"


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
    """Reads a corpus and decodes every clip; no file outside the folder `inside` is opened.

    Raises CorpusError if it can't be trained on.
    """
    options = {key: value for key, value in (options or {}).items() if value}
    if inside is not None:
        options["inside"] = str(inside)
    clips = corpora.read(corpus, layout, **options)
    corpora.check(clips)

    def report(done: int) -> None:
        progress(done / len(clips))

    if upload is None:
        description = corpora.describe(clips, report)
    else:  # into the cache that training will use, which is removed with the upload
        description = describe_cached(clips, Plan.rate, upload / CACHE, progress=report)
    lengths = description.seconds[description.seconds > 0]
    most = float(np.quantile(lengths, 0.9)) if len(lengths) else 0.0
    return CorpusSummary(
        corpus=corpus,
        name=name,
        labels=tuple((row.label, row.clips, row.speakers, row.hours) for row in description.labels),
        seconds=next((t for t in SECONDS if most <= t <= MAX_SUGGESTED), MAX_SUGGESTED),
        speakers_known=all(clip.speaker for clip in clips),
        repeated_speakers=description.speakers < len(clips),
        official_split={"train", "test"} <= {clip.split for clip in clips},
        layout=layout,
        options=options,
        problems=tuple(
            (problem.sentence, _file_names(problem.details, inside))
            for problem in description.problems
        ),
        lengths=length_range(lengths),
        upload=upload,
    )


@cache
def built_in() -> CorpusSummary:
    """The corpus that comes with the program, decoded once."""
    return inspect(BUILT_IN, name="voices")


def _file_names(details: tuple[str, ...], inside: Path | None) -> tuple[str, ...]:
    """The first few files of a problem, by the names that their owner knows."""
    names = [text.replace(f"{inside}/", "")[:MAX_NAME] for text in details[:SHOWN_FILES]]
    more = len(details) - SHOWN_FILES
    return (*names, f"and {more:,} more") if more > 0 else tuple(names)


def length_range(lengths: np.ndarray) -> str:
    if not len(lengths):
        return ""
    shortest, median, longest = (f"{q:.1f}" for q in np.quantile(lengths, (0, 0.5, 1)))
    if shortest == longest:
        return f"each {median} s long"
    span = f"{shortest} to {longest} s long"
    return span if median in (shortest, longest) else f"{span}, half of them up to {median} s"


def to_html(summary: CorpusSummary) -> str:
    """A table of the classes, and the problems."""
    most = max(clips for _, clips, _, _ in summary.labels)
    body = "".join(
        f"<tr><th scope='row'>{escape(label)}</th>"
        f"<td class='bar' style='--share: {clips / most:.3f}'>{clips:,}</td>"
        f"<td>{f'{speakers:,}' if speakers else '?'}</td><td>{_duration(hours)}</td></tr>"
        for label, clips, speakers, hours in summary.labels
    )
    clips = sum(row[1] for row in summary.labels)
    hours = sum(row[3] for row in summary.labels)
    problems = "".join(
        f"<li>{escape(sentence)}"
        + (f"<small>{escape('; '.join(files))}</small>" if files else "")
        + "</li>"
        for sentence, files in summary.problems
    )
    if not summary.speakers_known:
        problems += (
            "<li>If the file or folder names say who is speaking, choose how under “How to read "
            "them”.</li>"
        )
    classes = len(summary.labels)
    source = "" if summary.corpus == BUILT_IN else f"{escape(summary.name)}: "
    return f"""
<section class="found" aria-label="The recordings">
<p>{source}<b>{clips:,} recordings</b> of {classes} classes, {_duration(hours)} in total;
{summary.lengths}. The first {summary.seconds:g} s of each are used, unless you choose otherwise
below.</p>
<div class="wide" tabindex="0"><table><thead><tr><th scope="col">Class</th>
<th scope="col">Recordings</th><th scope="col">Speakers</th><th scope="col">Length</th></tr></thead>
<tbody>{body}</tbody></table></div>
{f"<ul class='problems'>{problems}</ul>" if problems else ""}
</section>"""


def _duration(hours: float) -> str:
    seconds = hours * 3600
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{hours:.1f} h"
