"""The one form that every corpus is read into."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Clip(NamedTuple):
    """A recording, what it is an example of, and who speaks."""

    path: Path
    label: str
    speaker: str
    split: str = ""  # "train" or "test" where the corpus has an official split
