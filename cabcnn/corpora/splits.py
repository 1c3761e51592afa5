"""Which clips a model learns from, which choose its best epoch, and which it is tested on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cabcnn.errors import CorpusError

SHARES = (0.6, 0.1, 0.3)  # of the clips: training, validation, test (Section 4)
PARTS = len(SHARES)
ATTEMPTS = 50
WORK = 20_000  # speakers placed in all attempts together, above which there are fewer


class Parts(NamedTuple):
    """Indices of clips, sorted. Nobody is in two of them."""

    training: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


def mixed_split(labels: Sequence[str], seed: int = 0) -> Parts:
    """The paper's split: 60/10/30 of each label's clips, whoever speaks.

    Raises CorpusError where a label has fewer clips than there are parts.
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
    """About 60/10/30 of each label's clips, each speaker's in one part.

    Every label is in every part. Of many ways to deal out the speakers, the one that comes
    nearest to the shares is taken. (scikit-learn's grouped and stratified splitter makes equal
    folds, and leaves some empty of a label that has fewer speakers than there are folds.)

    Raises CorpusError where a clip's speaker is unknown, or a label has too few of them.
    """
    check_known(speakers)
    names, label = np.unique(np.asarray(labels, np.str_), return_inverse=True)
    _, group = np.unique(np.asarray(speakers, np.str_), return_inverse=True)
    counts = np.zeros((group.max() + 1, len(names)))
    np.add.at(counts, (group, label), 1)
    for name, there in zip(names, (counts > 0).sum(0), strict=True):
        _check_enough(str(name), int(there), "speaker")
    random = np.random.default_rng(seed)
    deals = [_deal(counts, random) for _ in range(min(max(WORK // len(counts), 1), ATTEMPTS))]
    place, missing, _ = min(deals, key=lambda deal: (deal[1].sum(), deal[2]))
    if missing.any():
        raise CorpusError(
            f"The speakers can't be dealt out so that every part has the label "
            f"{names[missing][0]}: few say it, and they say others too; bring more speakers, or "
            "choose the mixed split (paper)."
        )
    return Parts(*(np.flatnonzero(place[group] == part) for part in range(PARTS)))


def check_known(speakers: Sequence[str]) -> None:
    """Raises CorpusError where a clip's speaker is unknown, so that none can be kept apart."""
    if unknown := sum(not speaker for speaker in speakers):
        raise CorpusError(
            f"Of {unknown} clips nobody knows who speaks, so that no speaker can be kept apart; "
            "name the speakers, or choose the mixed split (paper)."
        )


def check_disjoint(
    parts: Parts,
    speakers: Sequence[str],
    sounds: Sequence[str],
    names: Sequence[str],
) -> None:
    """Refuses a speaker-disjoint split that has a leak.

    `speakers`, `sounds` (equal where two recordings are) and `names` (N,) are of all clips.

    Raises CorpusError where a speaker, or one recording twice, is in two parts.
    """
    if (pair := _on_two_sides(parts, speakers)) is not None:
        one, other = pair
        raise CorpusError(
            f"The speaker {speakers[one]!r} is on both sides of the split ({names[one]} and "
            f"{names[other]}), which would test a voice that was learned; correct the corpus's "
            "speakers or its split."
        )
    if (pair := _on_two_sides(parts, sounds)) is not None:
        one, other = pair
        raise CorpusError(
            f"{names[one]} and {names[other]} are the same recording of two speakers, "
            f"{speakers[one]} and {speakers[other]}, on both sides of the split; remove one of "
            "them, or give both one speaker."
        )


def _on_two_sides(parts: Parts, keys: Sequence[str]) -> tuple[int, int] | None:
    """Two clips of one key in different parts, where there are such."""
    first: dict[str, tuple[int, int]] = {}
    for number, part in enumerate(parts):
        for clip in map(int, part):
            place, other = first.setdefault(keys[clip], (number, clip))
            if place != number:
                return other, clip
    return None


def speaker_folds(
    labels: Sequence[str], speakers: Sequence[str], folds: int, seed: int = 0
) -> NDArray[np.int64]:
    """The fold 0..folds-1 of each clip: no speaker in two folds, labels spread evenly.

    Raises CorpusError where a label has fewer speakers than there are folds.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    for label in sorted(set(labels)):
        voices = {s for s, own in zip(speakers, labels, strict=True) if own == label}
        if len(voices) < folds:
            raise CorpusError(
                f"{label} has {len(voices)} speaker(s), too few for {folds} speaker-disjoint "
                "folds; bring more speakers or ask for fewer folds."
            )
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    fold = np.full(len(labels), -1)
    for number, (_, places) in enumerate(splitter.split(labels, labels, speakers)):
        fold[places] = number
    return fold


def _check_enough(label: str, there: int, what: str) -> None:
    if there < PARTS:
        remedy = ", or choose the mixed split (paper)" if what == "speaker" else ""
        raise CorpusError(
            f"{label} has {there} {what}{'' if there == 1 else 's'} and a split needs {PARTS}: to "
            f"learn from, to choose the best epoch by and to be tested on; bring more{remedy}."
        )


def _deal(
    counts: NDArray[np.float64], random: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.bool_], float]:
    """The part of each group, given its clips of each label (groups, m), each to where its
    labels lack most; which labels a part lacks wholly; and how far off the shares it is."""
    wanted = np.outer(SHARES, counts.sum(0))
    given = np.zeros_like(wanted)
    place = np.zeros(len(counts), np.int64)
    for group in random.permutation(len(counts)):
        need = ((1 - given / wanted) * counts[group]).sum(1)
        best = np.flatnonzero(need >= need.max() - 1e-9)
        part = best[np.argmax(np.take(SHARES, best))]
        place[group] = part
        given[part] += counts[group]
    off = np.abs(given / counts.sum(0) - np.array(SHARES)[:, None]).max()
    return place, (given == 0).any(0), float(off)
