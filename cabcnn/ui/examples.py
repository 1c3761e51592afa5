"""The example clips that come with the program (assets/examples.json)."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from cabcnn import audio
from cabcnn.audio import Sound
from cabcnn.ui.sounds import Clip, Origin


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


def clip(example: Example, seconds: float) -> Clip:
    """The first `seconds` of an example, as a visitor holds it."""
    origin = Origin(example.path, seconds)
    return Clip(example.title, sound(*origin), example.description, origin)


@lru_cache(maxsize=16)
def sound(path: Path, seconds: float) -> Sound:
    """The first `seconds` of an example, decoded once for everybody: that takes longer than the
    network does. All of those that are shipped take 16 MB."""
    return audio.read(path, seconds)
