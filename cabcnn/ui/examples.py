"""The example clips that come with the program (assets/examples.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple


class Example(NamedTuple):
    """A clip to try: what to call it, what it is, and the model that it suits."""

    path: Path
    title: str
    description: str
    checkpoint: str


def folder() -> Path:
    """Where the clips lie: inside the installed package, or beside it in a checkout."""
    inside = Path(__file__).parent.parent / "assets"
    return inside if inside.is_dir() else Path(__file__).parent.parent.parent / "assets"


def load() -> list[Example]:
    """All examples, in the order of the list."""
    rows = json.loads((folder() / "examples.json").read_text("utf-8"))
    return [
        Example(
            folder() / "examples" / row["file"], row["title"], row["description"], row["checkpoint"]
        )
        for row in rows
    ]
