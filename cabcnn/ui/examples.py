"""The example clips that come with the program (assets/examples.json)."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from cabcnn import audio, paths
from cabcnn.audio import Sound
from cabcnn.ui.sounds import Clip, ExampleSource


class Example(NamedTuple):
    """A clip to try: its file, title and description, the model that it is meant for, and the
    label that is right by that model, if one is."""

    path: Path
    title: str
    description: str
    checkpoint: str
    actual: str | None

    def suits(self, model: str) -> bool:
        """Whether it is meant for that model, or for the same one of another T."""
        return re.fullmatch(rf"{re.escape(self.checkpoint)}(-\d+s)?", model) is not None


def folder() -> Path:
    """Where examples.json and the folder of its clips are."""
    return paths.bundled("assets")


@cache
def load() -> list[Example]:
    """All examples, in the order of the list."""
    rows = json.loads((folder() / "examples.json").read_text("utf-8"))
    return [
        Example(folder() / "examples" / row["file"], *(row[name] for name in Example._fields[1:]))
        for row in rows
    ]


def suiting(model: str | None) -> list[Example]:
    """The examples that are meant for a model; for one that none is meant for, all."""
    examples = load()
    return [example for example in examples if example.suits(model or "")] or examples


def makes_sense(path: Path, model: str) -> bool:
    """Whether an example may be explained by a model: not a sentence by one of single words."""
    return any(example.path == path for example in suiting(model))


def lesson(path: Path, model: str, label: str, labels: Sequence[str]) -> str:
    """Whether a model's answer to an example is right, and why it may be wrong; "" where it is not
    known what would be right."""
    example = next((one for one in load() if one.path == path), None)
    if example is None or not example.suits(model) or example.actual not in labels:
        return ""
    if label == example.actual:
        return f"Right: this is meant to be {example.actual}."
    return (
        f"Wrong: this is meant to be {example.actual}. But the voice is synthetic, and the model "
        "learned from people."
    )


def clip(example: Example, seconds: float) -> Clip:
    """The first `seconds` of an example."""
    source = ExampleSource(example.path, seconds)
    return Clip(example.title, sound(*source), example.description, source)


@lru_cache(maxsize=16)
def sound(path: Path, seconds: float) -> Sound:
    """The first `seconds` of an example, decoded once for all visitors: decoding takes longer
    than the network does. All shipped examples take 16 MB."""
    return audio.read(path, seconds)
