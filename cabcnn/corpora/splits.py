"""Splits of a corpus into training, validation and test clips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cabcnn.errors import CorpusError

SHARES = (0.6, 0.1, 0.3)  # of the clips: training, validation, test (Section 4)
PARTS = len(SHARES)
ATTEMPTS = 50
WORK = 20_000  # assignments of speakers in all attempts together


class Parts(NamedTuple):
    """Sorted indices of clips, no clip in two parts."""

    training: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


def mixed_split(labels: Sequence[str], seed: int = 0) -> Parts:
    """The paper's split: 60/10/30 of each label's clips, regardless of speakers.

    Raises CorpusError if a label has fewer than three clips.
    """
    random = np.random.default_rng(seed)
    given: list[list[NDArray[np.int64]]] = [[], [], []]
    for label in np.unique(np.asarray(labels, np.str_)):
        own = random.permutation(np.flatnonzero(np.asarray(labels, np.str_) == label))
        _check_enough(str(label), len(own), "clip")
        sizes = [max(round(share * len(own)), 1) for share in SHARES[1:]]
        for part, clips in zip(given, np.split(own, [-sum(sizes), -sizes[-1]]), strict=True):
            part.append(clips)
    return Parts(*(np.sort(np.concatenate(part)) for part in given))


def speaker_split(labels: Sequence[str], speakers: Sequence[str], seed: int = 0) -> Parts:
    """About 60/10/30 of each label's clips, with all clips of a speaker in one part.

    Every label is in every part. Of several random assignments of the speakers, the one nearest to
    these shares is used. (scikit-learn's grouped and stratified splitter makes equal folds, some
    of which lack a label with few speakers.)

    Raises CorpusError if a speaker is unknown, or a label has too few speakers.
    """
    check_known(speakers)
    names, label = np.unique(np.asarray(labels, np.str_), return_inverse=True)
    _, group = np.unique(np.asarray(speakers, np.str_), return_inverse=True)
    counts = np.zeros((group.max() + 1, len(names)))
    np.add.at(counts, (group, label), 1)
    for name, count in zip(names, (counts > 0).sum(0), strict=True):
        _check_enough(str(name), int(count), "speaker")
    random = np.random.default_rng(seed)
    attempts = min(max(WORK // len(counts), 1), ATTEMPTS)
    assignments = [_assign(counts, random) for _ in range(attempts)]
    part_of, missing, _ = min(assignments, key=lambda one: (one[1].sum(), one[2]))
    if missing.any():
        raise CorpusError(
            f"The speakers can't be split so that every part has the label {names[missing][0]}: it "
            "has few speakers, who have other labels too; add speakers, or choose the mixed split "
            "(paper)."
        )
    return Parts(*(np.flatnonzero(part_of[group] == part) for part in range(PARTS)))


def check_known(speakers: Sequence[str]) -> None:
    """Raises CorpusError if the speaker of a clip is unknown."""
    if unknown := sum(not speaker for speaker in speakers):
        raise CorpusError(
            f"The speakers of {unknown} clips are unknown, so there is no split by speakers; name "
            "the speakers, or choose the mixed split (paper)."
        )


def check_disjoint(
    parts: Parts,
    speakers: Sequence[str],
    sounds: Sequence[str],
    names: Sequence[str],
) -> None:
    """Refuses a speaker-disjoint split that leaks.

    `speakers`, `sounds` (hashes of the recordings) and `names` are those of all clips, (N,).

    Raises CorpusError if a speaker, or the same recording, is in two parts.
    """
    if (pair := _in_two_parts(parts, speakers)) is not None:
        one, other = pair
        raise CorpusError(
            f"The speaker {speakers[one]!r} is on both sides of the split ({names[one]} and "
            f"{names[other]}), so the test would not be on unseen speakers; correct the corpus's "
            "speakers or its split."
        )
    if (pair := _in_two_parts(parts, sounds)) is not None:
        one, other = pair
        raise CorpusError(
            f"{names[one]} and {names[other]} are the same recording of two speakers, "
            f"{speakers[one]} and {speakers[other]}, on both sides of the split; remove one of "
            "them, or give both the same speaker."
        )


def _in_two_parts(parts: Parts, keys: Sequence[str]) -> tuple[int, int] | None:
    """Two clips with the same key in different parts, if there are any."""
    first: dict[str, tuple[int, int]] = {}
    for number, part in enumerate(parts):
        for clip in map(int, part):
            part_of_other, other = first.setdefault(keys[clip], (number, clip))
            if part_of_other != number:
                return other, clip
    return None


def speaker_folds(
    labels: Sequence[str], speakers: Sequence[str], folds: int, seed: int = 0
) -> NDArray[np.int64]:
    """The fold of each clip, 0 to folds - 1: no speaker in two folds, labels spread evenly.

    Raises CorpusError if a label has fewer speakers than there are folds.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    for label in sorted(set(labels)):
        own_speakers = {s for s, own in zip(speakers, labels, strict=True) if own == label}
        if len(own_speakers) < folds:
            raise CorpusError(
                f"{label} has {len(own_speakers)} speaker(s), too few for {folds} speaker-disjoint "
                "folds; add speakers or use fewer folds."
            )
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    fold = np.full(len(labels), -1)
    for number, (_, clips) in enumerate(splitter.split(labels, labels, speakers)):
        fold[clips] = number
    return fold


def _check_enough(label: str, count: int, noun: str) -> None:
    if count < PARTS:
        remedy = ", or choose the mixed split (paper)" if noun == "speaker" else ""
        raise CorpusError(
            f"{label} has {count} {noun}{'' if count == 1 else 's'} and a split needs {PARTS}: for "
            f"training, validation and test; add more{remedy}."
        )


def _assign(
    counts: NDArray[np.float64], random: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.bool_], float]:
    """Assigns speakers, in random order, to the part that lacks most of their labels' clips.

    `counts` (speakers, m) are the clips of each speaker with each label. Returns the part of each
    speaker, whether each label is missing from some part, and the largest deviation from SHARES.
    """
    target = np.outer(SHARES, counts.sum(0))
    given = np.zeros_like(target)
    part_of = np.zeros(len(counts), np.int64)
    for speaker in random.permutation(len(counts)):
        need = ((1 - given / target) * counts[speaker]).sum(1)
        best = np.flatnonzero(need >= need.max() - 1e-9)
        part = best[np.argmax(np.take(SHARES, best))]
        part_of[speaker] = part
        given[part] += counts[speaker]
    deviation = np.abs(given / counts.sum(0) - np.array(SHARES)[:, None]).max()
    return part_of, (given == 0).any(0), float(deviation)
