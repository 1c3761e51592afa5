"""Atomic writes: a file is complete or absent, whenever the process dies."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import itertools
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cabcnn.errors import CabcnnError

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # EFBIG: a limit of the shell's (ulimit)
IS_FULL = "the disk is full; free some space and try again."
LONGEST_NAME = 255  # bytes that a file's name may have on most disks


@contextlib.contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """A temporary path to write to, renamed to `path` at the end or removed on failure.

    Raises CabcnnError if the file can't be written.
    """
    temporary = path.with_name(f"{_short(path.name)}.{os.getpid()}.part")
    try:
        yield temporary
        temporary.replace(path)  # readers see the old file or the new one
    except OSError as error:
        raise write_error(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _short(name: str) -> str:
    """A name that leaves room for an ending, and is still one of its own."""
    if len(os.fsencode(name)) <= 200:
        return name
    digest = hashlib.blake2b(os.fsencode(name), digest_size=8).hexdigest()
    return f"{shortened(name, 160)}-{digest}"


def shortened(name: str, size: int) -> str:
    """At most `size` bytes of a file's name, in whole characters."""
    encoded = os.fsencode(name)
    return name if len(encoded) <= size else encoded[:size].decode(errors="ignore")


def numbered(name: str, size: int = LONGEST_NAME) -> Iterator[str]:
    """A file's name, then the name with 2, 3 and so on, each of at most `size` bytes."""
    yield shortened(name, size)
    for number in itertools.count(2):
        yield f"{shortened(name, size - 8)}-{number}"


def remove_stale(folder: Path) -> None:
    """Removes the temporary files, in and below `folder`, of processes that were killed."""
    import psutil

    for temporary in folder.rglob("*.part"):
        pid = temporary.suffixes[-2].removeprefix(".") if len(temporary.suffixes) > 1 else ""
        if pid.isdigit() and not psutil.pid_exists(int(pid)):
            with contextlib.suppress(OSError):
                temporary.unlink()


def write(path: Path, content: str | bytes) -> None:
    """Writes bytes, or text as `encode` does. Raises CabcnnError if the file can't be written."""
    with atomic(path) as temporary:
        temporary.write_bytes(encode(content) if isinstance(content, str) else content)


def encode(text: str) -> bytes:
    """Text in UTF-8. Bytes of a file name that could not be decoded (Python keeps them as lone
    surrogates) become backslash escapes, which JSON reads back."""
    return text.encode("utf-8", "backslashreplace")


def write_json(path: Path, content: Any) -> None:
    """Raises CabcnnError if the file can't be written."""
    write(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def make_folder(path: Path) -> None:
    """Raises CabcnnError if the folder can't be made."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise write_error(path, error) from error


def write_error(path: Path, error: OSError) -> CabcnnError:
    """What to tell the user about a file that could not be written."""
    if error.errno in DISK_FULL:
        return CabcnnError(f"There is no room for {path}: {IS_FULL}")
    return CabcnnError(
        f"{path} can't be written ({error.strerror or error}); choose another folder."
    )
