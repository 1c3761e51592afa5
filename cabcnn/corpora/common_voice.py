"""Mozilla Common Voice: `<locale>/clips/*.mp3` and lists beside them, validated.tsv first.

Up to release 6 a column `accent` holds codes ("england"); from 7 on `accents` holds what
people wrote, commas included, several joined by `|`. Quotes in the lists are not balanced.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from types import MappingProxyType

from cabcnn.corpora.files import read_table
from cabcnn.corpora.table import Clip, commonest_spellings
from cabcnn.errors import CorpusError

LIST = "validated.tsv"
ACCENTS = ("accents", "accent")
SEVERAL = "|"
GENDERS = {"male_masculine": "male", "female_feminine": "female"}
EXTRA = ("gender", "age")  # a sentence a clip, times a million, is more than anybody asked for


def is_common_voice(path: Path) -> bool:
    """Whether this is a locale's folder, or one of the lists in it."""
    listing = path / LIST if path.is_dir() else path
    if not (listing.suffix.lower() == ".tsv" and listing.is_file()):
        return False
    columns, _ = read_table(listing, "\t", csv.QUOTE_NONE)
    return {"client_id", "path"} <= set(columns) and (listing.parent / "clips").is_dir()


def read_common_voice(source: str | Path, label: str | None = None) -> list[Clip]:
    """Clips of a locale's folder, from its validated.tsv, or of one of its lists.

    The label is the accent, or the column named so (gender, age); clips without it are left
    out, and so are those of people who name several accents. Accents are free text: spellings
    that differ in case or blanks only become the commonest of them.

    Raises CorpusError where the list can't be read, lacks the column, or nobody fills it in.
    """
    source = Path(source)
    listing = source / LIST if source.is_dir() else source
    wanted = (label,) if label else ACCENTS
    needed = {"path", "client_id", *wanted, *EXTRA}
    columns, rows = read_table(listing, "\t", csv.QUOTE_NONE, needed)
    labelled = next((name for name in wanted if name in columns), None)
    for name in ("path", "client_id", labelled):
        if name not in columns:
            raise CorpusError(
                f"{listing} has no column {name or ' or '.join(wanted)}, only "
                f"{', '.join(columns)}; name one of them."
            )
    assert labelled  # the loop has seen to it
    folder = listing.parent / "clips"
    clips, shared = [], {}
    for number, row in rows:
        if not all(name in row for name in ("path", "client_id")):
            raise CorpusError(f"Line {number} of {listing} is incomplete; unpack it again.")
        said = row.get(labelled, "")
        parts = {part.strip() for part in said.split(SEVERAL)} - {""}
        if len(parts) != 1:
            continue
        told = tuple((name, _gender(row[name])) for name in EXTRA if row.get(name))
        extra = shared.setdefault(told, MappingProxyType(dict(told)))
        # The same few labels and people come a million times: one object each is enough.
        said, speaker = sys.intern(_gender(parts.pop())), sys.intern(row["client_id"])
        clips.append(Clip(folder / row["path"], said, speaker, extra=extra))
    if not clips:
        raise CorpusError(
            f"Nobody in {listing} fills in {labelled!r}; take another release (English 12 has no "
            "accents) or another column."
        )
    spelling = commonest_spellings([clip.label for clip in clips])
    return [
        clip._replace(label=spelling[clip.label]) if clip.label in spelling else clip
        for clip in clips
    ]


def _gender(said: str) -> str:
    """Genders are `male_masculine` and `female_feminine` in recent releases."""
    return GENDERS.get(said, said)
