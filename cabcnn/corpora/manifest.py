"""A list of recordings, as CSV or TSV with a header: path, label, and who speaks if known."""

from __future__ import annotations

import csv
from pathlib import Path

from cabcnn.corpora.files import read_rows, read_table
from cabcnn.corpora.table import Clip
from cabcnn.errors import CorpusError

PATHS = ("path", "file", "filename", "audio", "clip")
SPEAKERS = ("speaker", "speaker_id", "client_id")
LABEL = "label"
SPLIT = "split"


def read_manifest(
    path: str | Path, label: str | None = None, speaker: str | None = None
) -> list[Clip]:
    """Clips listed in a file, in its order; their paths begin at the list's own folder.

    The recording is in the column `path` (or file, filename, audio, clip), its label in the
    column `label`, or the one named so; who speaks in the column `speaker` (or speaker_id,
    client_id), or the one named so. `split` is the corpus' official split. What other columns
    say comes along as `extra`.

    Raises CorpusError where the list can't be read, lacks a column, or a line lacks its
    recording or label.
    """
    path = Path(path)
    columns, rows = read_table(path, _delimiter(path))
    place = _column(path, columns, None, PATHS)
    named = _column(path, columns, label, (LABEL,))
    voice = _column(path, columns, speaker, SPEAKERS, needed=False)
    side = _column(path, columns, None, (SPLIT,), needed=False)
    told = {place, named, voice, side}
    clips = []
    for number, row in rows:
        if not (row.get(place) and row.get(named)):
            what = named if row.get(place) else place
            raise CorpusError(f"Line {number} of {path} tells no {what}; fill it in or remove it.")
        clips.append(
            Clip(
                path.parent / row[place],
                row[named],
                row.get(voice, ""),
                row.get(side, ""),
                {name: cell for name, cell in row.items() if name not in told},
            )
        )
    if not clips:
        raise CorpusError(f"{path} lists no recording; give a list with a line for each.")
    return clips


def _delimiter(path: Path) -> str:
    """What stands between the columns: spreadsheets of half the world write semicolons."""
    _, header = next(read_rows(path, "\t", csv.QUOTE_NONE))
    if len(header) > 1:
        return "\t"
    return ";" if header[0].count(";") > header[0].count(",") else ","


def _column(
    path: Path, columns: list[str], wanted: str | None, usual: tuple[str, ...], needed: bool = True
) -> str:
    """The column as it is spelt in the list, in any case; "" where it may be missing and is."""
    spelt = {name.casefold(): name for name in reversed(columns)}
    for name in (wanted,) if wanted else usual:
        if name.casefold() in spelt:
            return spelt[name.casefold()]
    if not (needed or wanted):
        return ""
    raise CorpusError(
        f"{path} has no column {wanted or ' or '.join(usual)!r}, only "
        f"{', '.join(columns) or 'none'}; name the right one or add it."
    )
