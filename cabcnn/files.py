"""Files that are there whole or not at all, whenever their writer dies."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cabcnn.errors import CabcnnError

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextlib.contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """A name to write to that becomes `path` at the end, and is removed where that fails.

    Raises CabcnnError where the disk does not take the file.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        yield part
        part.replace(path)  # whoever reads meets the old file or the new one
    except OSError as error:
        raise write_error(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def write(path: Path, content: str | bytes) -> None:
    """Writes text in UTF-8; what of a file's name is in no encoding stands there as an escape.

    Raises CabcnnError where the disk does not take the file.
    """
    with atomic(path) as part:
        part.write_bytes(encode(content) if isinstance(content, str) else content)


def encode(text: str) -> bytes:
    """Text in UTF-8. A byte of a file's name that is in no encoding (Python has half a surrogate
    pair for it) becomes an escape, which JSON reads back as it was."""
    return text.encode("utf-8", "backslashreplace")


def write_json(path: Path, content: Any) -> None:
    """Raises CabcnnError where the disk does not take the file."""
    write(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def make_folder(path: Path) -> None:
    """Raises CabcnnError where it can't be made."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(path, error) from error


def write_error(path: Path, error: OSError) -> CabcnnError:
    """The sentence for a file that a disk did not take."""
    if error.errno in DISK_FULL:
        return CabcnnError(
            f"There is no room for {path}: the disk is full; free some space, then go on."
        )
    return CabcnnError(
        f"{path} can't be written ({error.strerror or error}); choose another folder."
    )
