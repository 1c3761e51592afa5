"""The file formats that an explanation can be exported to, by file name extension."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from cabcnn import audio, files
from cabcnn.errors import CabcnnError
from cabcnn.explanation import Explanation
from cabcnn.export import annotations, figure, page, tables

MAX_NAME_BYTES = 80  # of a clip's name within a file name, which may have 255


class Kind(NamedTuple):
    """A file format: a short description, and the function that makes the file's content."""

    about: str
    content: Callable[[Explanation, int, audio.Source | None], bytes]


def _picture(kind: str, x: Explanation, columns: int, _sound: audio.Source | None) -> bytes:
    return figure.write(figure.draw(x, columns), kind)


def _simple(content: Callable[[Explanation], bytes]):
    return lambda x, _columns, _sound: content(x)


KINDS: dict[str, Kind] = {
    ".png": Kind("figure, 300 dpi", partial(_picture, "png")),
    ".svg": Kind("figure, vector", partial(_picture, "svg")),
    ".pdf": Kind("figure, vector, fonts embedded", partial(_picture, "pdf")),
    ".html": Kind("interactive page, offline", lambda x, _, sound: page.to_html(x, sound)),
    ".csv": Kind("table, one row per interval", _simple(tables.to_csv)),
    ".long.csv": Kind("table, one row per classifier and interval", _simple(tables.to_long_csv)),
    ".json": Kind("all numbers, for programs", _simple(tables.to_json)),
    ".npz": Kind("all numbers, for numpy", _simple(tables.to_npz)),
    ".TextGrid": Kind("tiers for Praat", _simple(annotations.to_textgrid)),
    ".txt": Kind("labels for Audacity, classes", _simple(annotations.to_labels)),
    ".classifiers.txt": Kind(
        "labels for Audacity, top classifiers", _simple(annotations.to_classifier_labels)
    ),
}


def content(
    explanation: Explanation,
    name: str,
    *,
    columns: int = 2,
    sound: audio.Source | None = None,
) -> bytes:
    """The content of a file called `name`, in the format of its extension; the longest extension
    counts.

    Raises CabcnnError for another extension, AudioError if `sound` can't be read.
    """
    endings = [known for known in KINDS if name.lower().endswith(known.lower())]
    if not endings:
        raise CabcnnError(f"{name} ends in none of {', '.join(KINDS)}; choose one of them.")
    return KINDS[max(endings, key=len)].content(explanation, columns, sound)


def write(
    explanation: Explanation,
    path: str | Path,
    *,
    columns: int = 2,
    sound: audio.Source | None = None,
) -> None:
    """Writes a file in the format of the path's extension, atomically.

    Raises CabcnnError for another extension, or if the file can't be written.
    """
    path = Path(path)
    files.write(path, content(explanation, path.name, columns=columns, sound=sound))


def stem(explanation: Explanation) -> str:
    """A safe file name, without extension, with the clip, model, T and muted classifiers."""
    x = explanation
    parts = [Path(x.name).stem or "clip", x.model or "model", f"{x.seconds:.3g}s"]
    if x.start:
        parts[-1] = f"{x.start:.4g}-{x.start + x.seconds:.4g}s"
    if x.muted:
        few = "-".join(str(i) for i in x.muted) if len(x.muted) <= 5 else f"{len(x.muted)}-muted"
        parts.append(f"without-{few}")
    return "-".join(safe(part) for part in parts)


def safe(text: str) -> str:
    """Text as part of a file name that is valid on every system."""
    plain = re.sub(r"[^\w.+-]+", "-", text).strip("-.").encode()[:MAX_NAME_BYTES]
    return plain.decode(errors="ignore") or "clip"  # drops a character cut in half
