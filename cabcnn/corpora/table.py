"""The form that every corpus is read into, and what it takes to be trained on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple
from unicodedata import category, normalize

from cabcnn.errors import CorpusError

INVISIBLE = ("Zs", "Zl", "Zp", "Cc", "Cf")  # Unicode's categories of spaces and control characters


class Clip(NamedTuple):
    """A recording with its label and its speaker."""

    path: Path
    label: str
    speaker: str  # "" if unknown, which rules out a speaker-disjoint split
    split: str = ""  # such as "train" or "test", if the corpus has an official split
    extra: Mapping[str, str] = MappingProxyType({})  # other facts, such as sex and age

    def __reduce__(self):
        """Makes clips picklable for other processes, which the default of `extra` is not."""
        return Clip, (*self[:-1], dict(self.extra))


class Clips(list[Clip]):
    """Clips as a corpus was read. `notes` are what reading left out, merged or guessed: the files
    or labels it is about, by the kinds of `description.KINDS`."""

    def __init__(
        self, clips: Iterable[Clip] = (), notes: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        super().__init__(clips)
        self.notes = {kind: list(about) for kind, about in (notes or {}).items() if about}


def check(clips: Sequence[Clip]) -> None:
    """Raises CorpusError if the labels are not fit to train on: there are fewer than two, or two
    that look like one label in different spellings."""
    if not clips:
        raise CorpusError("This corpus is empty; it needs recordings of two classes or more.")
    labels = sorted({clip.label for clip in clips})
    if alike := look_alikes(labels):
        names = " and ".join(repr(label) for label in alike[0])
        raise CorpusError(
            f"The classes {names} differ only in case, spaces or Unicode form; give both one "
            "spelling."
        )
    if len(labels) == 1:
        raise CorpusError(
            f"A classifier needs two classes or more, and all of this corpus is {labels[0]!r}; "
            "give the folder or the list that has the others too."
        )


def look_alikes(labels: Sequence[str]) -> list[list[str]]:
    """Groups of labels that differ only in case, spaces, invisible characters or Unicode form (such
    as full-width letters), alphabetically."""
    groups: dict[str, list[str]] = {}
    for label in sorted(set(labels)):
        groups.setdefault(_essence(label), []).append(label)
    return [group for group in groups.values() if len(group) > 1]


def _essence(label: str) -> str:
    text = normalize("NFKC", normalize("NFKC", label).casefold())
    return "".join(c for c in text if category(c) not in INVISIBLE)


def most_common_spellings(labels: Sequence[str]) -> dict[str, str]:
    """For each label that has look-alikes, the most common spelling among them."""
    count = Counter(labels)
    return {
        label: max(group, key=lambda spelling: count[spelling])
        for group in look_alikes(labels)
        for label in group
    }
