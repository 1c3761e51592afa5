"""The one form that every corpus is read into, and what a corpus must be to be learned from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from cabcnn.errors import CorpusError


class Clip(NamedTuple):
    """A recording, what it is an example of, and who speaks."""

    path: Path
    label: str
    speaker: str  # "" where nobody knows: such a corpus has no speaker-disjoint split
    split: str = ""  # "train" or "test" where the corpus has an official split
    extra: Mapping[str, str] = MappingProxyType({})  # what else the corpus tells: sex, age, ...

    def __reduce__(self):
        """Lets clips be sent to other processes, which the default of `extra` alone can't be."""
        return Clip, (*self[:-1], dict(self.extra))


def check(clips: Sequence[Clip]) -> None:
    """Raises CorpusError where no classifier can be learned from these clips' labels: there are
    none, one only, or two that a typing mistake has made out of one."""
    if not clips:
        raise CorpusError("This corpus is empty; bring recordings of two labels or more.")
    labels = sorted({clip.label for clip in clips})
    if alike := look_alikes(labels):
        names = " and ".join(repr(label) for label in alike[0])
        raise CorpusError(
            f"The labels {names} differ only in case or blanks; give both one spelling."
        )
    if len(labels) == 1:
        raise CorpusError(
            f"A classifier needs two labels or more, and all of this corpus is {labels[0]!r}; "
            "give the folder or the list that holds the others too."
        )


def look_alikes(labels: Sequence[str]) -> list[list[str]]:
    """Groups of labels that are one but for case and blanks, in the order of the alphabet."""
    groups: dict[str, list[str]] = {}
    for label in sorted(set(labels)):
        groups.setdefault("".join(label.split()).casefold(), []).append(label)
    return [group for group in groups.values() if len(group) > 1]


def commonest_spellings(labels: Sequence[str]) -> dict[str, str]:
    """For each label of free text the spelling most often met among its look-alikes."""
    count = Counter(labels)
    return {
        label: max(group, key=lambda spelling: count[spelling])
        for group in look_alikes(labels)
        for label in group
    }
