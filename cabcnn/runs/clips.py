"""The clips of a run: listed when it starts, and from then on fixed, even if the corpus changes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from cabcnn import corpora, files, schema
from cabcnn.corpora.description import Description, LabelFacts, Problem, notes
from cabcnn.corpora.table import Clip
from cabcnn.dataset.arrays import Arrays
from cabcnn.dataset.cache import LeftOut, Prepared, find_cached, prepare_cached
from cabcnn.errors import CabcnnError
from cabcnn.model import VALUES_PER_SECOND
from cabcnn.runs.card import check_labels
from cabcnn.runs.journal import Journal
from cabcnn.runs.plan import Plan

CLIPS = "clips.json"
CORPUS = "corpus.json"
POLL_SECONDS = 0.2


Row = tuple[str, str, str, str, str]  # path, label, speaker, split; a hash or a reason


@dataclass(frozen=True)
class _Listing:
    """What clips.json holds."""

    clips: tuple[Row, ...]
    left_out: tuple[Row, ...] = ()


class RunClips(NamedTuple):
    """The clips that are used, the hashes of their files (`keys`), and the clips left out."""

    clips: list[Clip]
    keys: list[str]
    left_out: list[LeftOut]


def prepare_run(
    plan: Plan, journal: Journal, cache: Path | None
) -> tuple[Arrays, list[Clip], list[LeftOut]]:
    """The plan's clips, decoded, and those that can't be used. A run that is resumed uses the clips
    it began with.

    Raises CabcnnError if those are no longer available, or the corpus can't be used.
    """
    earlier = _read(journal.folder)
    if earlier is not None:
        arrays = _from(earlier, plan, cache)
        if arrays is not None:
            return arrays, earlier.clips, earlier.left_out
    listed = corpora.read(plan.corpus, plan.layout, **plan.options)
    check_labels(clip.label for clip in listed)
    journal.update("preparing", "Decoding the recordings", done=0, total=len(listed))
    prepared = prepare_cached(
        listed,
        plan.rate,
        plan.seconds,
        cache,
        progress=lambda done: journal.count(done, len(listed)),
    )
    if earlier is None:
        files.write_json(journal.folder / CORPUS, _description(prepared, notes(listed)).as_dict())
        _write(journal.folder, RunClips(prepared.clips, prepared.keys, prepared.left_out))
    elif _rows(earlier.clips, earlier.keys) != _rows(prepared.clips, prepared.keys):
        raise _changed(plan)
    return prepared.arrays, prepared.clips, prepared.left_out


def follow_run(
    plan: Plan, folder: Path, cache: Path | None
) -> tuple[Arrays, list[Clip], list[LeftOut]]:
    """The same in a process that does not lead: waits for the leader's list in `folder`, which all
    processes must see. On a machine with another cache the clips are decoded again.
    """
    while (listing := _read(folder)) is None:
        time.sleep(POLL_SECONDS)
    arrays = _from(listing, plan, cache)
    if arrays is None:
        prepared = prepare_cached(listing.clips, plan.rate, plan.seconds, cache)
        if prepared.keys != listing.keys:
            raise _changed(plan)
        arrays = prepared.arrays
    return arrays, listing.clips, listing.left_out


def _from(listing: RunClips, plan: Plan, cache: Path | None) -> Arrays | None:
    return find_cached(listing.clips, listing.keys, plan.rate, plan.seconds, cache)


def _changed(plan: Plan) -> CabcnnError:
    return CabcnnError(
        f"{plan.corpus} has changed since this run began, and the recordings decoded then are "
        "gone; start a new run under another name."
    )


def _read(folder: Path) -> RunClips | None:
    path = folder / CLIPS
    advice = "start a new run under another name"
    try:
        content = schema.read(path, advice)
    except FileNotFoundError:
        return None
    try:
        listing = schema.build(_Listing, content)
    except CabcnnError as error:
        raise CabcnnError(f"{path} is damaged ({error}); {advice}.") from error
    clips = [Clip(Path(row[0]), *row[1:4]) for row in listing.clips]
    left_out = [LeftOut(Clip(Path(row[0]), *row[1:4]), row[4]) for row in listing.left_out]
    return RunClips(clips, [row[4] for row in listing.clips], left_out)


def _write(folder: Path, listing: RunClips) -> None:
    reasons = [one.reason for one in listing.left_out]
    facts = {
        "clips": _rows(listing.clips, listing.keys),
        "left_out": _rows([one.clip for one in listing.left_out], reasons),
    }
    files.write_json(folder / CLIPS, facts)


def _rows(clips: Sequence[Clip], last: Sequence[str]) -> list[list[str]]:
    return [[str(one.path), one.label, one.speaker, one.split, x] for one, x in zip(clips, last)]


def _description(prepared: Prepared, problems: list[Problem]) -> Description:
    """The corpus as this run uses it: the decoded part of each usable clip, and `problems` from
    reading it."""
    arrays = prepared.arrays
    seconds = arrays.values / VALUES_PER_SECOND
    facts = []
    for number, name in enumerate(arrays.label_names):
        own = arrays.labels == number
        speakers = len(set(arrays.speakers[own].tolist()) - {""})
        facts.append(LabelFacts(name, int(own.sum()), speakers, float(seconds[own].sum()) / 3600))
    if count := len(prepared.left_out):
        sentence = f"{count:,} recording{' is' if count == 1 else 's are'} left out."
        details = tuple(f"{one.clip.path}: {one.reason}" for one in prepared.left_out)
        problems.append(Problem("left out", sentence, details))
    speakers = len(set(arrays.speakers.tolist()) - {""})
    return Description(seconds, {}, speakers, tuple(facts), tuple(problems))
