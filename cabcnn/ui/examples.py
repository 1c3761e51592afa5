"""The example clips that come with the program (assets/examples.json)."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from cabcnn import audio, paths
from cabcnn.audio import Sound
from cabcnn.ui.sounds import Clip, ExampleSource


class Example(NamedTuple):
    """A clip to try: its file, title and description, and the model that it is meant for."""

    path: Path
    title: str
    description: str
    checkpoint: str


def folder() -> Path:
    """Where examples.json and the folder of its clips are."""
    return paths.bundled("assets")


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
    """The first `seconds` of an example."""
    source = ExampleSource(example.path, seconds)
    return Clip(example.title, sound(*source), example.description, source)


@lru_cache(maxsize=16)
def sound(path: Path, seconds: float) -> Sound:
    """The first `seconds` of an example, decoded once for all visitors: decoding takes longer
    than the network does. All shipped examples take 16 MB."""
    return audio.read(path, seconds)
