"""Reading folders of sounds and tables in CSV or TSV, for the layouts."""

from __future__ import annotations

import csv
import os
import re
from collections import Counter
from collections.abc import Container, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple

from cabcnn.errors import CorpusError

# The suffixes of sounds, to tell them from a corpus's other files: all that `cabcnn.audio` decodes
# and a few more, whose files are then reported as unreadable. A file named in a list is used
# whatever its suffix.
SOUND = re.compile(
    r".+\.(3g[2ap]|3gpp2?|8svx|aac|ac3|adts?|aif[cf]?|amr|ape|asf|au|avi|avr|awb|bwf|caf|divx|dts"
    r"|e?ac3|ec3|f4[av]|flac?|flv|gsm|htk|iff|ircam|m1a|m2ts|m[24]a|m4[bprv]|mk[av]|mk3d|mov"
    r"|mp[1234acegv+]|mpeg|mpga|mts|nist|og[agmvx]|opus|paf|pvf|qt|r[am]|rf64|rmvb|sf|snd|sp[hx]"
    r"|svx|ts|tta|voc|vob|w64|wave?|wavex|web[am]|wm[av]|wv|xi)",
    re.IGNORECASE | re.DOTALL,
)
JUNK = ("__MACOSX", "$RECYCLE.BIN", "System Volume Information", "Thumbs.db", "desktop.ini")


def is_sound(name: str) -> bool:
    """Whether a file is a sound, by its name; macOS leaves `._` files with the same suffixes."""
    return bool(SOUND.fullmatch(name)) and not hidden(name)


def hidden(name: str) -> bool:
    return name.startswith(".") or name in JUNK


def sounds_below(folder: Path, left_out: list[str] | None = None) -> Iterator[Path]:
    """Every sound in `folder` and the folders below it, in the order of names. The paths of the
    files that are not sounds, by their endings, are added to `left_out`.

    No file is opened, and links to folders are not followed: they may form circles.
    """

    def fail(error: OSError) -> None:
        raise CorpusError(f"{error.filename} can't be listed: {error.strerror}.") from error

    for where, folders, names in os.walk(folder, onerror=fail):
        folders[:] = sorted(_text(name) for name in folders if not hidden(name))
        here = Path(where)
        for name in sorted(names):
            if is_sound(name):
                yield here / _text(name)
            elif left_out is not None and not hidden(name):
                left_out.append(str(here / _text(name)))


def _text(name: str) -> str:
    """The same name. Raises CorpusError if it is not valid text, which a list can't hold."""
    try:
        name.encode()
    except UnicodeEncodeError:
        raise CorpusError(
            f"The name {os.fsencode(name)!r} is not in UTF-8; rename the file or folder."
        ) from None
    return name


def subfolders(folder: Path) -> list[Path]:
    """The folders in a folder, in the order of names, without hidden ones."""
    try:
        return sorted(
            p for p in folder.iterdir() if not hidden(p.name) and p.is_dir() and _text(p.name)
        )
    except OSError as error:
        raise CorpusError(f"{folder} can't be listed ({error.strerror}); give a folder.") from error


def read_text(path: Path) -> str:
    """The text of a file. Raises CorpusError if it is missing, unreadable or not in UTF-8."""
    with readable(path):
        return path.read_text(encoding="utf-8-sig")


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turns errors of reading a file into a CorpusError."""
    try:
        yield
    except FileNotFoundError:
        raise CorpusError(
            f"{path.parent} holds no {path.name}; give the folder that does."
        ) from None
    except OSError as error:
        raise CorpusError(f"{path} can't be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        raise CorpusError(f"{path} is not in UTF-8; save it again in that encoding.") from None


class TableFormat(NamedTuple):
    """How a table is written. `guessed` says that its encoding is a guess, `first` is the number
    of lines before its header."""

    delimiter: str = ","
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL
    encoding: str = "utf-8-sig"
    guessed: bool = False
    first: int = 0


CSV = TableFormat()
TSV = TableFormat("\t", csv.QUOTE_NONE)


def read_rows(path: Path, form: TableFormat = CSV) -> Iterator[tuple[int, list[str]]]:
    """The rows of a table that are not blank, each with the number of its last line.

    The first one is the header. Rows are read one by one: tables of a million lines exist.
    Raises CorpusError if the table is missing, empty, unreadable or not in UTF-8.
    """
    number = 0
    try:
        with readable(path), path.open(encoding=form.encoding, newline="") as file:
            reader = csv.reader(file, delimiter=form.delimiter, quoting=form.quoting)
            for row in islice(reader, form.first, None):
                if any("\0" in cell for cell in row):
                    raise CorpusError(
                        f"Line {reader.line_num} of {path} holds a zero byte; save the list again "
                        "as CSV or TSV."
                    )
                if any(cell.strip() for cell in row):
                    number = reader.line_num
                    yield number, row
    except csv.Error as error:
        raise CorpusError(
            f"{path} can't be read after line {number} ({error}); save it again as CSV or TSV."
        ) from error
    if not number:
        raise CorpusError(f"{path} is empty; give a list with a line for each recording.")


def read_table(
    path: Path, form: TableFormat = CSV, only: Container[str] | None = None
) -> tuple[list[str], Iterator[tuple[int, dict[str, str]]]]:
    """The columns of a table, and its rows as dictionaries by column, with values stripped.

    Short rows lack the last columns. Columns without a name, or not in `only`, are left out.
    """
    rows = read_rows(path, form)
    _, header = next(rows)
    columns = [name.strip() for name in header]
    if doubled := [name for name, times in Counter(columns).items() if name and times > 1]:
        raise CorpusError(f"{path} has the column {doubled[0]!r} twice; give each its own name.")
    kept = [(i, name) for i, name in enumerate(columns) if name and (not only or name in only)]
    by_column = (
        (number, {name: row[i].strip() for i, name in kept if i < len(row)}) for number, row in rows
    )
    return [name for name in columns if name], by_column
