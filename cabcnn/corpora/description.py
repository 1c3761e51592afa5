"""A description of a corpus: clips, speakers and hours of each label, lengths, problems."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cabcnn.corpora.table import Clip, Clips, look_alikes
from cabcnn.errors import AudioError
from cabcnn.threads import cpu_count, ordered_map

if TYPE_CHECKING:
    from cabcnn.audio import Sound

DECODED_SECONDS = 900.0  # of each recording: one of several hours would not fit into memory
DIGITS = 3


class LabelFacts(NamedTuple):
    """One label's part of a corpus. `hours` counts the clips that can be read."""

    label: str
    clips: int
    speakers: int
    hours: float


class Problem(NamedTuple):
    """Something to correct, or to know, before training."""

    kind: str  # one of KINDS
    sentence: str
    details: tuple[str, ...]  # the files or labels it is about


# The kinds of problems in the order in which they are listed, with a sentence for one and for n.
KINDS = {
    "not a sound": (
        "One file was left out: its ending is not that of a sound.",
        "{n} files were left out: their endings are not those of sounds.",
    ),
    "no recordings": (
        "One folder holds no recordings, so there is no such class.",
        "{n} folders hold no recordings, so there are no such classes.",
    ),
    "not one label": (
        "Recordings that have none of the labels, or several, were left out.",
        "Recordings that have none of the labels, or several, were left out, for {n} reasons.",
    ),
    "missing": (
        "One recording of the list is missing and was left out.",
        "{n} recordings of the list are missing and were left out.",
    ),
    "other names": (
        "One recording was left out: its name is not like those of this corpus.",
        "{n} recordings were left out: their names are not like those of this corpus.",
    ),
    "not listed": (
        "The recordings of one speaker were left out: the list does not say their accent.",
        "The recordings of {n} speakers were left out: the list does not say their accents.",
    ),
    "second microphone": (
        "One recording was left out: it is a second microphone's of the same sentence.",
        "{n} recordings were left out: they are a second microphone's of the same sentences.",
    ),
    "encoding": (
        "The list is in neither UTF-8 nor UTF-16, and its encoding is a guess; save it in UTF-8 if "
        "names are wrong.",
        "{n} lists are in neither UTF-8 nor UTF-16, and their encoding is a guess; save them in "
        "UTF-8 if names are wrong.",
    ),
    "quotes": (
        "One row has a quotation mark without a partner, so all of the list's are read as text.",
        "{n} rows have a quotation mark without a partner, so all of the list's are read as text.",
    ),
    "unicode": (
        "One name comes in several Unicode forms, which are taken for one.",
        "{n} names come in several Unicode forms each, which are taken for one.",
    ),
    "own split": (
        "Its folders name a part of an official split, which is no class.",
        "Its folders name {n} parts of an official split, which are no classes.",
    ),
    "unreadable": (
        "One recording can't be read; training leaves it out.",
        "{n} recordings can't be read; training leaves them out.",
    ),
    "damaged": (
        "One recording is damaged; what could be decoded of it is used.",
        "{n} recordings are damaged; what could be decoded of them is used.",
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
        "One recording is longer than 15 minutes, which is all that is counted of it.",
        "{n} recordings are longer than 15 minutes, which is all that is counted of each.",
    ),
    "duplicate": (
        "One recording is there more than once; keep one copy, or a model may be tested on what it "
        "learned.",
        "{n} recordings are there more than once; keep one copy of each, or a model may be tested "
        "on what it learned.",
    ),
    "one speaker": (
        "One class has a single speaker; a model can learn the voice instead of the class.",
        "{n} classes have one speaker each; a model can learn the voice instead of the class.",
    ),
    "unknown speaker": (
        "One recording has no known speaker. It can be trained on all the same; only a test on "
        "voices that the model never heard needs every speaker to be known.",
        "{n} recordings have no known speaker. They can be trained on all the same; only a test on "
        "voices that the model never heard needs every speaker to be known.",
    ),
    "alike": (
        "Some classes differ only in case, spaces or Unicode form; give them one spelling.",
        "{n} groups of classes differ only in case, spaces or Unicode form; give each group one "
        "spelling.",
    ),
}


@dataclass(frozen=True)
class Description:
    """N clips: the length of each in seconds (N,), 0 for those that can't be read; the number of
    clips with each sample rate; the facts of each label, alphabetically; the problems."""

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
        """Everything but the lengths of single clips, for JSON."""
        lengths = self.seconds[self.seconds > 0]
        quantiles = np.quantile(lengths, (0, 0.25, 0.5, 0.75, 1)) if len(lengths) else np.zeros(5)
        names = ("shortest", "quarter", "median", "three_quarters", "longest")
        return {
            "clips": self.clips,
            "speakers": self.speakers,
            "hours": round(self.hours, DIGITS),
            "labels": [
                facts._asdict() | {"hours": round(facts.hours, DIGITS)} for facts in self.labels
            ],
            "seconds": {name: round(float(q), DIGITS) for name, q in zip(names, quantiles)},
            "rates": {str(rate): count for rate, count in self.rates.items()},
            "problems": [
                problem._asdict() | {"details": list(problem.details)} for problem in self.problems
            ],
        }


class _Recording(NamedTuple):
    """What decoding one recording has shown; `kinds` are those of its problems."""

    seconds: float = 0.0
    rate: int = 0
    digest: bytes = b""
    kinds: tuple[str, ...] = ()
    reason: str = ""


def describe(
    clips: Sequence[Clip],
    progress: Callable[[int], None] = lambda done: None,
    workers: int | None = None,
    read: Callable[[Path], Sound] | None = None,
) -> Description:
    """Describes a corpus by decoding up to 15 minutes of every clip, in several threads. The
    problems include what `corpora.read` left out, merged or guessed.

    `progress` is called with the number of clips done. `read` decodes a file, or raises
    AudioError; `audio.read` if left out. Problems raise no error, not even that there is no clip:
    `check` is for that.
    """
    recordings = []
    threads = workers or cpu_count()
    inspected = ordered_map(
        lambda clip: _inspect(clip.path, read or _read), clips, threads, 4 * threads
    )
    for done, recording in enumerate(inspected, 1):
        recordings.append(recording)
        progress(done)
    by_label: dict[str, list[int]] = defaultdict(list)
    for place, clip in enumerate(clips):
        by_label[clip.label].append(place)
    facts = tuple(
        LabelFacts(
            label,
            len(places),
            len({clips[i].speaker for i in places} - {""}),
            sum(recordings[i].seconds for i in places) / 3600,
        )
        for label, places in sorted(by_label.items())
    )
    return Description(
        seconds=np.array([one.seconds for one in recordings], np.float64),
        rates=dict(sorted(Counter(one.rate for one in recordings if one.rate).items())),
        speakers=len({clip.speaker for clip in clips} - {""}),
        labels=facts,
        problems=tuple(_problems(clips, recordings, facts)),
    )


def notes(clips: Sequence[Clip]) -> list[Problem]:
    """What `corpora.read` left out, merged or guessed when it read these clips."""
    return list(_worded(clips.notes)) if isinstance(clips, Clips) else []


def _read(path: Path) -> Sound:
    from cabcnn import audio  # imports torch, which takes seconds

    return audio.read(path, DECODED_SECONDS)


def _inspect(path: Path, read: Callable[[Path], Sound]) -> _Recording:
    from cabcnn import audio

    try:
        sound = read(path)
    except AudioError as error:
        return _Recording(kinds=("unreadable",), reason=str(error))
    samples = sound.samples
    kinds = [kind for kind, so in (("damaged", sound.damaged), ("long", sound.truncated)) if so]
    if len(samples) < round(audio.INTERVAL_SECONDS * sound.rate):
        kinds.append("short")
    if samples.min() == samples.max():
        kinds.append("silent")
    digest = hashlib.blake2b(samples.data, digest_size=16).digest()
    return _Recording(sound.seconds, sound.rate, digest, tuple(kinds))


def _problems(
    clips: Sequence[Clip], recordings: Sequence[_Recording], facts: Sequence[LabelFacts]
) -> Iterator[Problem]:
    details_of: dict[str, list[str]] = {kind: [] for kind in KINDS}
    details_of |= clips.notes if isinstance(clips, Clips) else {}
    same: dict[bytes, list[str]] = defaultdict(list)
    for clip, one in zip(clips, recordings):
        for kind in one.kinds:
            details_of[kind].append(f"{clip.path}: {one.reason}" if one.reason else str(clip.path))
        if not clip.speaker:
            details_of["unknown speaker"].append(str(clip.path))
        if one.digest and "silent" not in one.kinds:
            same[one.digest].append(f"{clip.path} ({clip.label})")
    details_of["duplicate"] = [" = ".join(files) for files in same.values() if len(files) > 1]
    unknown = {clip.label for clip in clips if not clip.speaker}
    details_of["one speaker"] = [
        one.label for one in facts if one.speakers == 1 and one.label not in unknown
    ]
    details_of["alike"] = [
        " = ".join(repr(label) for label in group)
        for group in look_alikes([label.label for label in facts])
    ]
    yield from _worded(details_of)


def _worded(details_of: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    for kind, (one, many) in KINDS.items():
        if details := details_of.get(kind):
            sentence = one if len(details) == 1 else many.format(n=f"{len(details):,}")
            yield Problem(kind, sentence, tuple(details))
