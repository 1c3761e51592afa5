"""Mozilla Common Voice: `<locale>/clips/*.mp3` and lists of them, of which validated.tsv is used.

Up to release 6 the column `accent` has codes ("england"); since release 7 `accents` has free text,
which may hold commas, with `|` between several accents. Quotes in the lists are not balanced.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from types import MappingProxyType

from cabcnn.corpora.files import TSV, read_table
from cabcnn.corpora.table import Clip, Clips, most_common_spellings
from cabcnn.errors import CorpusError

LIST = "validated.tsv"
ACCENTS = ("accents", "accent")
SEVERAL = "|"
GENDERS = {"male_masculine": "male", "female_feminine": "female"}
EXTRA = ("gender", "age")  # not the sentences: there are a million


def is_common_voice(path: Path) -> bool:
    """Whether this is the folder of a locale, or one of the lists in it."""
    listing = path / LIST if path.is_dir() else path
    if not (listing.suffix.lower() == ".tsv" and listing.is_file()):
        return False
    columns, _ = read_table(listing, TSV)
    return {"client_id", "path"} <= set(columns) and (listing.parent / "clips").is_dir()


def read_common_voice(source: str | Path, label: str | None = None) -> Clips:
    """Clips of a locale's folder (by its validated.tsv) or of one of its lists.

    The label is the accent, or the column `label` (gender, age). Clips without a label are left
    out, and so are those of speakers with several accents. Accents are free text: of spellings
    that differ only in case or spaces, the most common one is used for all.

    Raises CorpusError if the list can't be read, or the column is missing or empty.
    """
    source = Path(source)
    listing = source / LIST if source.is_dir() else source
    candidates = (label,) if label else ACCENTS
    needed = {"path", "client_id", *candidates, *EXTRA}
    columns, rows = read_table(listing, TSV, needed)
    label_column = next((name for name in candidates if name in columns), None)
    for name in ("path", "client_id", label_column):
        if name not in columns:
            raise CorpusError(
                f"{listing} has no column {name or ' or '.join(candidates)}, only "
                f"{', '.join(columns)}; choose one of them."
            )
    assert label_column  # by the loop
    folder = listing.parent / "clips"
    clips, shared, left_out = [], {}, Counter()
    for number, row in rows:
        if not all(name in row for name in ("path", "client_id")):
            raise CorpusError(f"Line {number} of {listing} is incomplete; unpack it again.")
        parts = {part.strip() for part in row.get(label_column, "").split(SEVERAL)} - {""}
        if len(parts) != 1:
            left_out["with several" if parts else "with none"] += 1
            continue
        facts = tuple((name, _gender(row[name])) for name in EXTRA if row.get(name))
        extra = shared.setdefault(facts, MappingProxyType(dict(facts)))
        # Of a million clips, with few labels and speakers, each text is kept once.
        value, speaker = sys.intern(_gender(parts.pop())), sys.intern(row["client_id"])
        clips.append(Clip(folder / row["path"], value, speaker, extra=extra))
    if not clips:
        raise CorpusError(
            f"The column {label_column!r} of {listing} is empty; use another release (English 12 "
            "has no accents) or another column."
        )
    spelling = most_common_spellings([clip.label for clip in clips])
    return Clips(
        (
            clip._replace(label=spelling[clip.label]) if clip.label in spelling else clip
            for clip in clips
        ),
        # By reason, not one by one: there may be a million.
        {"not one label": [f"{count:,} {reason}" for reason, count in sorted(left_out.items())]},
    )


def _gender(value: str) -> str:
    """Recent releases have `male_masculine` and `female_feminine`."""
    return GENDERS.get(value, value)
