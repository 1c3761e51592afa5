"""A list of recordings, as CSV or TSV with a header: path, label, and who speaks if known."""

from __future__ import annotations

import csv
from pathlib import Path

from cabcnn.corpora.files import hidden, read_rows, read_table, subfolders
from cabcnn.corpora.table import Clip
from cabcnn.errors import CorpusError

PATHS = ("path", "file", "filename", "audio", "clip")
SPEAKERS = ("speaker", "speaker_id", "client_id")
LABEL = "label"
SPLIT = "split"
NAME = "manifest"  # of a list that is meant to be taken, whatever else there is
LISTS = (".csv", ".tsv")
ENDINGS = (*LISTS, ".txt")  # the last one only of a list of that name, or given itself
OR_FOLDERS = "; or choose the layout folder, which labels recordings by their folders."


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


def read_manifest_in(
    folder: Path, label: str | None = None, speaker: str | None = None
) -> list[Clip]:
    """Clips of the one list in a folder, as `read_manifest` gives them.

    Raises CorpusError where the folder holds none or several, and for what `read_manifest` does.
    """
    lists = lists_in(folder)
    if not lists:
        raise CorpusError(
            f"{folder} holds no list in CSV or TSV; give the list itself, or put it there as "
            f"{NAME}.csv."
        )
    if len(lists) > 1:  # others may be of something else than recordings
        usable = [path for path in lists if not _lacking(path, label)]
        if len(usable) != 1:
            names = ", ".join(path.name for path in lists[:5])
            raise CorpusError(
                f"{folder} holds {len(lists)} lists, {names}: give the one to learn from, or call "
                f"it {NAME}.csv{OR_FOLDERS}"
            )
        lists = usable
    (path,) = lists
    if path.stem.casefold() != NAME and (lacking := _lacking(path, label)):
        raise CorpusError(f"{lacking[:-1]}{OR_FOLDERS}")
    return read_manifest(path, label, speaker)


def lists_in(folder: Path) -> list[Path]:
    """The lists in a folder that may tell its recordings' labels, in the order of names; the one
    called manifest alone, where there is one."""
    there = [path for path in sorted(folder.iterdir()) if not hidden(path.name) and path.is_file()]
    named = [p for p in there if p.stem.casefold() == NAME and p.suffix.lower() in ENDINGS]
    return named[:1] or [path for path in there if path.suffix.lower() in LISTS]


def check_no_list_below(folder: Path) -> None:
    """Raises CorpusError where a list lies in one of the folders of a folder, whose names are
    about to be taken for labels: those of a "train" and a "test" would be none."""
    for inner in subfolders(folder):
        if found := lists_in(inner):
            raise CorpusError(
                f"{found[0]} would go unused: put one list of all recordings into {folder}, called "
                f"{NAME}.csv{OR_FOLDERS}"
            )


def _lacking(path: Path, label: str | None) -> str:
    """What a list lacks to be read, in a sentence; "" where it has all."""
    try:
        columns, _ = read_table(path, _delimiter(path))
        _column(path, columns, None, PATHS)
        _column(path, columns, label, (LABEL,))
    except CorpusError as error:
        return str(error)
    return ""


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
