"""The clips of a run: found once, and from then on those, whatever becomes of the corpus."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cabcnn import corpora, files
from cabcnn.corpora.description import Description, LabelFacts, Problem
from cabcnn.corpora.table import Clip
from cabcnn.dataset.arrays import Arrays
from cabcnn.dataset.cache import LeftOut, Prepared, prepare_cached, prepared_before
from cabcnn.errors import CabcnnError
from cabcnn.model import VALUES_PER_SECOND
from cabcnn.runs.journal import Journal
from cabcnn.runs.plan import Plan

CLIPS = "clips.json"
CORPUS = "corpus.json"
LOOK_SECONDS = 0.2


class RunClips(NamedTuple):
    """The clips that are used, what their files hold, and the clips that can't be used."""

    clips: list[Clip]
    keys: list[str]
    left_out: list[LeftOut]


def prepare_run(
    plan: Plan, journal: Journal, cache: Path | None
) -> tuple[Arrays, list[Clip], list[LeftOut]]:
    """The plan's clips, decoded. A run that goes on takes those that it began with.

    Raises CabcnnError where that is no longer possible, or the corpus can't be used.
    """
    earlier = _read(journal.folder)
    if earlier is not None:
        arrays = _from(earlier, plan, cache)
        if arrays is not None:
            return arrays, earlier.clips, earlier.left_out
    found = corpora.read(plan.corpus, plan.layout, **plan.options)
    journal.tell("preparing", "Decoding the recordings", done=0, total=len(found))
    prepared = prepare_cached(
        found,
        plan.rate,
        plan.seconds,
        cache,
        progress=lambda done: journal.count(done, len(found)),
    )
    if earlier is None:
        files.write_json(journal.folder / CORPUS, _found(prepared).as_dict())
        _write(journal.folder, RunClips(prepared.clips, prepared.keys, prepared.left_out))
    elif _rows(earlier.clips, earlier.keys) != _rows(prepared.clips, prepared.keys):
        raise _changed(plan)
    return prepared.arrays, prepared.clips, prepared.left_out


def follow_run(
    plan: Plan, folder: Path, cache: Path | None
) -> tuple[Arrays, list[Clip], list[LeftOut]]:
    """The same for a process that does not lead: it waits for the leader's list.

    `folder` is one that all processes see; on a machine with a cache of its own the clips are
    decoded there too.
    """
    while (listing := _read(folder)) is None:
        time.sleep(LOOK_SECONDS)
    arrays = _from(listing, plan, cache)
    if arrays is None:
        prepared = prepare_cached(listing.clips, plan.rate, plan.seconds, cache)
        if prepared.keys != listing.keys:
            raise _changed(plan)
        arrays = prepared.arrays
    return arrays, listing.clips, listing.left_out


def _from(listing: RunClips, plan: Plan, cache: Path | None) -> Arrays | None:
    return prepared_before(listing.clips, listing.keys, plan.rate, plan.seconds, cache)


def _changed(plan: Plan) -> CabcnnError:
    return CabcnnError(
        f"{plan.corpus} has changed since this run began, and what was decoded of it is gone; "
        "start a new run under another name."
    )


def _read(folder: Path) -> RunClips | None:
    path = folder / CLIPS
    if not path.exists():
        return None
    facts = json.loads(path.read_bytes())
    clips = [Clip(Path(row[0]), *row[1:4]) for row in facts["clips"]]
    left_out = [LeftOut(Clip(Path(row[0]), *row[1:4]), row[4]) for row in facts["left_out"]]
    return RunClips(clips, [row[4] for row in facts["clips"]], left_out)


def _write(folder: Path, listing: RunClips) -> None:
    reasons = [one.reason for one in listing.left_out]
    facts = {
        "clips": _rows(listing.clips, listing.keys),
        "left_out": _rows([one.clip for one in listing.left_out], reasons),
    }
    files.write_json(folder / CLIPS, facts)


def _rows(clips: Sequence[Clip], last: Sequence[str]) -> list[list[str]]:
    return [[str(one.path), one.label, one.speaker, one.split, x] for one, x in zip(clips, last)]


def _found(prepared: Prepared) -> Description:
    """What is in the corpus, as this run uses it: of each clip what is decoded."""
    arrays = prepared.arrays
    seconds = arrays.values / VALUES_PER_SECOND
    facts = []
    for number, name in enumerate(arrays.label_names):
        own = arrays.labels == number
        speakers = len(set(arrays.speakers[own].tolist()) - {""})
        facts.append(LabelFacts(name, int(own.sum()), speakers, float(seconds[own].sum()) / 3600))
    problems = []
    if count := len(prepared.left_out):
        sentence = f"{count:,} recording{' is' if count == 1 else 's are'} left out."
        details = tuple(f"{one.clip.path}: {one.reason}" for one in prepared.left_out)
        problems.append(Problem("left out", sentence, details))
    speakers = len(set(arrays.speakers.tolist()) - {""})
    return Description(seconds, {}, speakers, tuple(facts), tuple(problems))
