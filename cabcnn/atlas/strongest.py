"""The strongest moments of each classifier over all clips, from several speakers."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import NamedTuple

from cabcnn.atlas.atlas import Moment, Sound
from cabcnn.explanation import Explanation

MOMENTS = 6  # of a classifier
PER_SPEAKER = 2
# A classifier may have thousands of weights that differ in the fifth decimal. Those count as equal,
# and a hash of clip and time decides among them, so that they come from all over the corpus.
DECIMALS = 3


class _Candidate(NamedTuple):
    weight: float
    clip: int
    sound: Sound
    time: float
    votes: tuple[float, ...]


class Strongest:
    """Up to six moments per classifier, at most two per speaker (per clip, if the speaker is
    unknown), those of one clip at least a quarter of a second apart."""

    def __init__(self, n: int) -> None:
        self._best: list[list[_Candidate]] = [[] for _ in range(n)]
        self._clips = 0

    def add(self, x: Explanation, sound: Sound) -> None:
        self._clips += 1
        highest = x.attention.max(0)
        for i, best in enumerate(self._best):
            if len(best) == MOMENTS and _level(highest[i]) < _level(best[-1].weight):
                continue
            best += (
                _Candidate(one.attention, self._clips, sound, one.time, tuple(one.votes.tolist()))
                for one in x.strongest_moments(i, PER_SPEAKER)
                if one.attention > 0
            )
            self._best[i] = _select(best)

    def moments(self) -> tuple[tuple[Sound, ...], tuple[tuple[Moment, ...], ...]]:
        """The clips, and each classifier's moments in them, strongest first."""
        sounds: dict[Sound, int] = {}
        moments = tuple(
            tuple(
                Moment(sounds.setdefault(one.sound, len(sounds)), one.time, one.weight, one.votes)
                for one in best
            )
            for best in self._best
        )
        return tuple(sounds), moments


def _select(candidates: list[_Candidate]) -> list[_Candidate]:
    """The strongest that the limits allow. A candidate that is dropped here would also be dropped
    from more candidates, so it need not be kept."""
    selected: list[_Candidate] = []
    counts: Counter[str | int] = Counter()
    for one in sorted(candidates, key=_rank):
        speaker = one.sound.speaker or one.clip
        if counts[speaker] < PER_SPEAKER:
            counts[speaker] += 1
            selected.append(one)
        if len(selected) == MOMENTS:
            break
    return selected


def _rank(one: _Candidate) -> tuple[float, bytes, int, float]:
    name = f"{one.time:.4f} {one.sound.name}".encode("utf-8", "replace")
    tie_breaker = hashlib.blake2b(name, digest_size=8).digest()
    return -_level(one.weight), tie_breaker, one.clip, -one.weight


def _level(weight: float) -> float:
    return round(float(weight), DECIMALS)
