"""How a list was written: by which program, in which encoding, and whether its quotes are paired.

Spreadsheets write semicolons instead of commas in many countries, a first line `sep=;`, UTF-16, or
the code page of Windows. Transcripts often hold quotation marks that mean no quoted cell.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path

from cabcnn.corpora.files import TableFormat, is_sound, read_rows, readable

BOMS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
SEPARATOR = "sep="
WINDOWS = "cp1252"  # of Western Europe and the Americas


def detect_format(path: Path) -> TableFormat:
    """The format of a list. Raises CorpusError if it can't be read."""
    encoding, guessed = _encoding(path)
    form = TableFormat("\t", csv.QUOTE_NONE, encoding, guessed)
    _, header = next(read_rows(path, form))
    separator = header[0].strip().strip('"')
    if separator.casefold().startswith(SEPARATOR):
        given = separator[len(SEPARATOR) :] or "\t"
        return TableFormat(given[0], csv.QUOTE_MINIMAL, encoding, guessed, first=1)
    delimiter = "\t" if len(header) > 1 else max(",;|", key=header[0].count)
    return TableFormat(delimiter, csv.QUOTE_MINIMAL, encoding, guessed)


def _encoding(path: Path) -> tuple[str, bool]:
    """The encoding, and whether that is a guess. Anything but UTF-8 and UTF-16 is taken for that
    of Windows in the West."""
    try:
        with path.open("rb") as file:
            start = file.read(4)
            for mark, encoding in BOMS:
                if start.startswith(mark):
                    return encoding, False
            if len(start) == 4 and start.count(0) == 2 and b"\0\0" not in start:
                return ("utf-16-le" if start[1] == 0 else "utf-16-be"), False
            decoder = codecs.getincrementaldecoder("utf-8")()
            file.seek(0)
            while block := file.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return WINDOWS, True
    except OSError:
        pass  # `read_rows` says so
    return "utf-8-sig", False


def unpaired_quotes(path: Path, form: TableFormat, path_column: str) -> list[int]:
    """The lines of a list at which rows begin that a quotation mark without a partner would change:
    a quoted cell that never ends, that holds whole rows, or that joins cells of a row which has
    too few of them then. Raises CorpusError if the list can't be read."""
    with readable(path), path.open(encoding=form.encoding, newline="") as file:
        rows = _rows_with_lines(file, form)
        _, header, _ = next(rows, (0, [], []))
        names = [name.strip() for name in header]
        column = names.index(path_column) if path_column in names else 0
        return [
            number
            for number, row, lines in rows
            if any('"' in line for line in lines)
            and _swallows(row, lines, form, len(header), column, path.parent)
        ]


def _rows_with_lines(file, form: TableFormat) -> Iterator[tuple[int, list[str], list[str]]]:
    """The rows that are not blank, with the number of their first line and the lines as written."""
    lines: list[str] = []

    def taken() -> Iterator[str]:
        for line in file:
            lines.append(line)
            yield line

    number = 1
    reader = csv.reader(taken(), delimiter=form.delimiter, quoting=form.quoting)
    try:
        for count, row in enumerate(reader):
            if count >= form.first and any(cell.strip() for cell in row):
                yield number, row, list(lines)
            number += len(lines)
            lines.clear()
    except csv.Error:  # a cell that is too long
        yield number, [], lines


def _swallows(
    row: list[str], lines: list[str], form: TableFormat, cells: int, column: int, folder: Path
) -> bool:
    try:
        list(csv.reader(lines, delimiter=form.delimiter, strict=True))
    except csv.Error as error:
        if "expected after" not in str(error):  # the cell never ends, or is too long
            return True
    plain = list(csv.reader(lines, delimiter=form.delimiter, quoting=csv.QUOTE_NONE))
    if len(row) < cells and all(len(one) == cells for one in plain):
        return True
    names = [one[column].strip(' "') for one in plain[1:] if len(one) >= cells]
    return any(is_sound(name) or (name and (folder / name).is_file()) for name in names)
