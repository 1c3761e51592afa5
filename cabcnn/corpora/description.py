"""What is in a corpus: clips, speakers and hours of each label, lengths, and what is wrong."""

from __future__ import annotations

import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cabcnn.corpora.table import Clip, look_alikes
from cabcnn.errors import AudioError

HEARD_SECONDS = 900.0  # of a recording: one of hours would not fit into memory
AT_ONCE = 1024  # clips handed to the threads together
ROUND = 3


class LabelFacts(NamedTuple):
    """One label's share of a corpus. `hours` are those of the clips that can be read."""

    label: str
    clips: int
    speakers: int
    hours: float


class Problem(NamedTuple):
    """Something a person should mend, or know, before training."""

    kind: str  # one of KINDS
    sentence: str
    details: tuple[str, ...]  # the files or labels it is about


# The kinds of problems in the order they are told in, each of one thing and of n.
KINDS = {
    "unreadable": (
        "One recording can't be read; training leaves it out.",
        "{n} recordings can't be read; training leaves them out.",
    ),
    "damaged": (
        "One recording is damaged; what comes before the damage is used.",
        "{n} recordings are damaged; what comes before the damage is used.",
    ),
    "silent": (
        "One recording is silent; training leaves it out.",
        "{n} recordings are silent; training leaves them out.",
    ),
    "short": (
        "One recording is shorter than one interval of 25 ms; training leaves it out.",
        "{n} recordings are shorter than one interval of 25 ms; training leaves them out.",
    ),
    "long": (
        "One recording goes on after 15 minutes, which is all that is counted of it.",
        "{n} recordings go on after 15 minutes, which is all that is counted of each.",
    ),
    "duplicate": (
        "One sound is there more than once; keep one copy, or a model may be tested on what it "
        "learned.",
        "{n} sounds are there more than once; keep one copy of each, or a model may be tested on "
        "what it learned.",
    ),
    "one speaker": (
        "One label has a single speaker; a model can learn the voice in its place.",
        "{n} labels have a single speaker each; a model can learn the voice in their place.",
    ),
    "unknown speaker": (
        "One recording has no known speaker; without all of them there is no score on unseen "
        "speakers.",
        "{n} recordings have no known speaker; without all of them there is no score on unseen "
        "speakers.",
    ),
    "alike": (
        "Some labels differ only in case or blanks; give them one spelling.",
        "{n} groups of labels differ only in case or blanks; give each one spelling.",
    ),
}


@dataclass(frozen=True)
class Description:
    """N clips: how long each is, in seconds (N,), 0 for those that can't be read; how many have
    each sample rate; each label's facts in the order of the alphabet; what is wrong."""

    seconds: NDArray[np.float64]
    rates: dict[int, int]
    speakers: int
    labels: tuple[LabelFacts, ...]
    problems: tuple[Problem, ...]

    @property
    def clips(self) -> int:
        return len(self.seconds)

    @property
    def hours(self) -> float:
        return float(self.seconds.sum()) / 3600

    def as_dict(self) -> dict[str, Any]:
        """Everything but the single lengths, ready for JSON."""
        heard = self.seconds[self.seconds > 0]
        quantiles = np.quantile(heard, (0, 0.25, 0.5, 0.75, 1)) if len(heard) else np.zeros(5)
        names = ("shortest", "quarter", "median", "three_quarters", "longest")
        return {
            "clips": self.clips,
            "speakers": self.speakers,
            "hours": round(self.hours, ROUND),
            "labels": [
                facts._asdict() | {"hours": round(facts.hours, ROUND)} for facts in self.labels
            ],
            "seconds": {name: round(float(q), ROUND) for name, q in zip(names, quantiles)},
            "rates": {str(rate): count for rate, count in self.rates.items()},
            "problems": [
                problem._asdict() | {"details": list(problem.details)} for problem in self.problems
            ],
        }


class _Heard(NamedTuple):
    """What one recording turned out to be."""

    seconds: float = 0.0
    rate: int = 0
    digest: bytes = b""
    kinds: tuple[str, ...] = ()
    why: str = ""


def describe(
    clips: Sequence[Clip],
    progress: Callable[[int], None] = lambda done: None,
    workers: int | None = None,
) -> Description:
    """Decodes every clip, up to 15 minutes of each, in several threads, and tells what is there.

    `progress` is told how many clips are done. No problem raises an error, not even that there
    is no clip: `check` is for that.
    """
    heard = []
    for done, one in enumerate(_in_threads(_listen, [clip.path for clip in clips], workers), 1):
        heard.append(one)
        progress(done)
    by_label: dict[str, list[int]] = defaultdict(list)
    for place, clip in enumerate(clips):
        by_label[clip.label].append(place)
    facts = tuple(
        LabelFacts(
            label,
            len(places),
            len({clips[i].speaker for i in places} - {""}),
            sum(heard[i].seconds for i in places) / 3600,
        )
        for label, places in sorted(by_label.items())
    )
    return Description(
        seconds=np.array([one.seconds for one in heard], np.float64),
        rates=dict(sorted(Counter(one.rate for one in heard if one.rate).items())),
        speakers=len({clip.speaker for clip in clips} - {""}),
        labels=facts,
        problems=tuple(_problems(clips, heard, facts)),
    )


def _listen(path: Path) -> _Heard:
    from cabcnn import audio  # brings torch, which takes seconds and nothing else here needs

    try:
        sound = audio.read(path, HEARD_SECONDS)
    except AudioError as error:
        return _Heard(kinds=("unreadable",), why=str(error))
    samples = sound.samples
    kinds = [kind for kind, so in (("damaged", sound.damaged), ("long", sound.truncated)) if so]
    if len(samples) < round(audio.INTERVAL_SECONDS * sound.rate):
        kinds.append("short")
    if samples.min() == samples.max():
        kinds.append("silent")
    digest = hashlib.blake2b(samples.data, digest_size=16).digest()
    return _Heard(sound.seconds, sound.rate, digest, tuple(kinds))


def _problems(
    clips: Sequence[Clip], heard: Sequence[_Heard], facts: Sequence[LabelFacts]
) -> Iterator[Problem]:
    found: dict[str, list[str]] = {kind: [] for kind in KINDS}
    same: dict[bytes, list[str]] = defaultdict(list)
    for clip, one in zip(clips, heard):
        for kind in one.kinds:
            found[kind].append(f"{clip.path}: {one.why}" if one.why else str(clip.path))
        if not clip.speaker:
            found["unknown speaker"].append(str(clip.path))
        if one.digest and "silent" not in one.kinds:
            same[one.digest].append(f"{clip.path} ({clip.label})")
    found["duplicate"] = [" = ".join(files) for files in same.values() if len(files) > 1]
    unknown = {clip.label for clip in clips if not clip.speaker}
    found["one speaker"] = [
        one.label for one in facts if one.speakers == 1 and one.label not in unknown
    ]
    found["alike"] = [
        " = ".join(repr(label) for label in group)
        for group in look_alikes([label.label for label in facts])
    ]
    for kind, details in found.items():
        if details:
            one, many = KINDS[kind]
            sentence = one if len(details) == 1 else many.format(n=f"{len(details):,}")
            yield Problem(kind, sentence, tuple(details))


def _in_threads(
    work: Callable[[Path], _Heard], paths: Sequence[Path], workers: int | None
) -> Iterator[_Heard]:
    """`work` on each path, results in order: decoding and hashing let other threads run."""
    pool = ThreadPoolExecutor(workers or os.cpu_count() or 1)
    try:
        for start in range(0, len(paths), AT_ONCE):
            yield from pool.map(work, paths[start : start + AT_ONCE])
    finally:
        pool.shutdown(cancel_futures=True)
