"""The strongest moments of each classifier over all clips, as a picture of many voices."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import NamedTuple

from cabcnn.atlas.atlas import Moment, Sound
from cabcnn.explanation import Explanation

MOMENTS = 6  # of a classifier
PER_VOICE = 2
# Where attention is settled, thousands of weights differ in the fifth decimal: those count as
# equal, and which of them are taken is drawn by their names and times, from all over the corpus.
DECIMALS = 3


class _Found(NamedTuple):
    weight: float
    clip: int
    sound: Sound
    time: float
    votes: tuple[float, ...]


class Strongest:
    """Up to six moments a classifier, at most two of a speaker (of a clip, where nobody knows who
    speaks) and those of a clip a quarter of a second apart."""

    def __init__(self, n: int) -> None:
        self._found: list[list[_Found]] = [[] for _ in range(n)]
        self._clips = 0

    def add(self, x: Explanation, sound: Sound) -> None:
        self._clips += 1
        highest = x.attention.max(0)
        for i, best in enumerate(self._found):
            if len(best) == MOMENTS and _level(highest[i]) < _level(best[-1].weight):
                continue
            best += (
                _Found(one.attention, self._clips, sound, one.time, tuple(one.votes.tolist()))
                for one in x.strongest_moments(i, PER_VOICE)
                if one.attention > 0
            )
            self._found[i] = _picked(best)

    def moments(self) -> tuple[tuple[Sound, ...], tuple[tuple[Moment, ...], ...]]:
        """The sounds that the moments are of, and each classifier's moments, strongest first."""
        sounds: dict[Sound, int] = {}
        moments = tuple(
            tuple(
                Moment(sounds.setdefault(one.sound, len(sounds)), one.time, one.weight, one.votes)
                for one in best
            )
            for best in self._found
        )
        return tuple(sounds), moments


def _picked(found: list[_Found]) -> list[_Found]:
    """The strongest that the limits allow. What is dropped here would be dropped among more,
    too, so nothing else has to be remembered."""
    picked: list[_Found] = []
    voices: Counter[str | int] = Counter()
    for one in sorted(found, key=_rank):
        voice = one.sound.speaker or one.clip
        if voices[voice] < PER_VOICE:
            voices[voice] += 1
            picked.append(one)
        if len(picked) == MOMENTS:
            break
    return picked


def _rank(one: _Found) -> tuple[float, bytes, int, float]:
    name = f"{one.time:.4f} {one.sound.name}".encode("utf-8", "replace")
    lot = hashlib.blake2b(name, digest_size=8).digest()
    return -_level(one.weight), lot, one.clip, -one.weight


def _level(weight: float) -> float:
    return round(float(weight), DECIMALS)
