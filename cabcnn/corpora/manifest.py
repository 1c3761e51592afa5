"""A list of recordings, in CSV or TSV with a header: path, label, and speaker if known."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from unicodedata import normalize

from cabcnn.corpora.files import hidden, read_table, subfolders
from cabcnn.corpora.list_format import detect_format, unpaired_quotes
from cabcnn.corpora.table import Clip, Clips
from cabcnn.errors import CorpusError

PATHS = ("path", "file", "filename", "audio", "clip")
SPEAKERS = ("speaker", "speaker_id", "client_id")
LABEL = "label"
SPLIT = "split"
NAME = "manifest"  # of a list that is used whatever other lists there are
LISTS = (".csv", ".tsv")
SUFFIXES = (*LISTS, ".txt")  # the last one only for a list named manifest, or given itself
OR_FOLDERS = "; or choose the layout folder, which labels recordings by their folders."


def read_manifest(path: str | Path, label: str | None = None, speaker: str | None = None) -> Clips:
    """Clips listed in a file, in its order; paths are relative to the list's folder.

    The path is in the column `path` (or file, filename, audio, clip), the label in the column
    `label` or the one given, the speaker in the column `speaker` (or speaker_id, client_id) or the
    one given, and the official split in the column `split`. Other columns become `extra`. What is
    guessed of the list's form is noted.

    Raises CorpusError if the list can't be read, lacks a column, a line lacks its path or label, or
    has a quotation mark without a partner.
    """
    path = Path(path)
    form = detect_format(path)
    columns, rows = read_table(path, form)
    path_column = _column(path, columns, None, PATHS)
    label_column = _column(path, columns, label, (LABEL,))
    speaker_column = _column(path, columns, speaker, SPEAKERS, needed=False)
    split_column = _column(path, columns, None, (SPLIT,), needed=False)
    used = {path_column, label_column, speaker_column, split_column}
    clips = Clips()
    if form.guessed:
        clips.notes["encoding"] = [f"{path}: read as {form.encoding}"]
    if unpaired := unpaired_quotes(path, form, path_column):
        if form.delimiter != "\t":
            raise CorpusError(
                f"The row in line {unpaired[0]} of {path} has a quotation mark without a partner, "
                'so it would take in what follows; remove it, or write "" for it and one more at '
                "each end of the cell."
            )
        clips.notes["quotes"] = [f"{path}, line {number}" for number in unpaired]
        columns, rows = read_table(path, form._replace(quoting=csv.QUOTE_NONE))
    for number, row in rows:
        if not (row.get(path_column) and row.get(label_column)):
            empty = label_column if row.get(path_column) else path_column
            raise CorpusError(f"Line {number} of {path} has no {empty}; fill it in or remove it.")
        clips.append(
            Clip(
                _recording(path.parent, row[path_column]),
                row[label_column],
                row.get(speaker_column, ""),
                row.get(split_column, ""),
                {name: cell for name, cell in row.items() if name not in used},
            )
        )
    if not clips:
        raise CorpusError(f"{path} lists no recordings; give a list with a line for each.")
    return clips


def read_manifest_in(folder: Path, label: str | None = None, speaker: str | None = None) -> Clips:
    """Clips of the list in a folder, as `read_manifest` reads them.

    Raises CorpusError if the folder holds no list or several, and as `read_manifest` does.
    """
    lists = lists_in(folder)
    if not lists:
        raise CorpusError(
            f"{folder} holds no list in CSV or TSV; give the list itself, or put it there as "
            f"{NAME}.csv."
        )
    if len(lists) > 1:  # the others may list something other than recordings
        usable = [path for path in lists if not _lacking(path, label)]
        if len(usable) != 1:
            names = ", ".join(path.name for path in lists[:5])
            raise CorpusError(
                f"{folder} holds {len(lists)} lists, {names}: give the one to use, or rename it to "
                f"{NAME}.csv{OR_FOLDERS}"
            )
        lists = usable
    (path,) = lists
    if path.stem.casefold() != NAME and (lacking := _lacking(path, label)):
        raise CorpusError(f"{lacking[:-1]}{OR_FOLDERS}")
    return read_manifest(path, label, speaker)


def lists_in(folder: Path) -> list[Path]:
    """The lists in a folder that may label its recordings, in the order of names; only the one
    named manifest, if there is one."""
    present = [
        path for path in sorted(folder.iterdir()) if not hidden(path.name) and path.is_file()
    ]
    named = [p for p in present if p.stem.casefold() == NAME and p.suffix.lower() in SUFFIXES]
    return named[:1] or [path for path in present if path.suffix.lower() in LISTS]


def check_no_list_below(folder: Path) -> None:
    """Raises CorpusError if a folder that is about to be taken for a label holds a list: "train"
    and "test" would be no labels."""
    for inner in subfolders(folder):
        if lists := lists_in(inner):
            raise CorpusError(
                f"{lists[0]} would be ignored: put one list of all recordings into {folder}, named "
                f"{NAME}.csv{OR_FOLDERS}"
            )


def _lacking(path: Path, label: str | None) -> str:
    """Why a list can't be read, in a sentence; "" if it can."""
    try:
        columns, _ = read_table(path, detect_format(path))
        _column(path, columns, None, PATHS)
        _column(path, columns, label, (LABEL,))
    except CorpusError as error:
        return str(error)
    return ""


def _recording(folder: Path, name: str) -> Path:
    """The file that a list names. Windows writes backslashes, and macOS other Unicode forms than
    the file's, perhaps; they are changed if there is such a file."""
    path = folder / name
    if ("\\" in name or not name.isascii()) and not os.path.lexists(path):
        slashes = name.replace("\\", "/")
        for other in (slashes, normalize("NFC", slashes), normalize("NFD", slashes)):
            if os.path.lexists(folder / other):
                return folder / other
    return path


def _column(
    path: Path, columns: list[str], name: str | None, usual: tuple[str, ...], needed: bool = True
) -> str:
    """The column `name`, or one of the usual ones, in the list's own spelling whatever the case;
    "" if it is missing but not needed."""
    spelling = {column.casefold(): column for column in reversed(columns)}
    for candidate in (name,) if name else usual:
        if candidate.casefold() in spelling:
            return spelling[candidate.casefold()]
    if not (needed or name):
        return ""
    raise CorpusError(
        f"{path} has no column {name or ' or '.join(usual)!r}, only "
        f"{', '.join(columns) or 'none'}; choose another column or add it."
    )
