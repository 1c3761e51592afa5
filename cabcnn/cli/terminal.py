"""What all commands share: a line to a stream, a folder to write to."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

from cabcnn.errors import CabcnnError


def say(line: str, stream: TextIO) -> None:
    """A line to a stream that a progress bar may be standing in for, which `echo` goes round."""
    stream.write(f"{line}\n")


def make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CabcnnError(f"The folder {path} can't be made: {error.strerror}.") from error
