"""Every kind of file that an explanation can be taken away in, by its name's ending."""

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

LONGEST_NAME = 80  # bytes that a clip's name keeps in a file's, of which disks take 255


class Kind(NamedTuple):
    """A kind of file: what it is, in a few words, and what makes its bytes."""

    about: str
    content: Callable[[Explanation, int, audio.Source | None], bytes]


def _picture(kind: str, x: Explanation, columns: int, _sound: audio.Source | None) -> bytes:
    return figure.write(figure.draw(x, columns), kind)


def _plain(content: Callable[[Explanation], bytes]):
    return lambda x, _columns, _sound: content(x)


KINDS: dict[str, Kind] = {
    ".png": Kind("figure, 300 dpi", partial(_picture, "png")),
    ".svg": Kind("figure, vector", partial(_picture, "svg")),
    ".pdf": Kind("figure, vector, fonts embedded", partial(_picture, "pdf")),
    ".html": Kind("interactive page, offline", lambda x, _, sound: page.to_html(x, sound)),
    ".csv": Kind("table, one row an interval", _plain(tables.to_csv)),
    ".long.csv": Kind("table, one row a classifier and interval", _plain(tables.to_long_csv)),
    ".json": Kind("all numbers, for programs", _plain(tables.to_json)),
    ".npz": Kind("all numbers, for numpy", _plain(tables.to_npz)),
    ".TextGrid": Kind("tiers for Praat", _plain(annotations.to_textgrid)),
    ".txt": Kind("labels for Audacity, classes", _plain(annotations.to_labels)),
    ".classifiers.txt": Kind(
        "labels for Audacity, selected classifiers", _plain(annotations.to_classifier_labels)
    ),
}


def content(
    explanation: Explanation,
    name: str,
    *,
    columns: int = 2,
    sound: audio.Source | None = None,
) -> bytes:
    """The bytes of the kind of file that `name` ends in; the longest ending decides.

    Raises CabcnnError for another ending.
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
    """Writes the kind of file that the path ends in, whole or not at all.

    Raises CabcnnError for another ending, or where the disk does not take the file.
    """
    path = Path(path)
    files.write(path, content(explanation, path.name, columns=columns, sound=sound))


def stem(explanation: Explanation) -> str:
    """A safe file name without ending that tells clip, model, T and who was muted."""
    x = explanation
    parts = [Path(x.name).stem or "clip", x.model or "model", f"{x.seconds:.3g}s"]
    if x.start:
        parts[-1] = f"{x.start:.4g}-{x.start + x.seconds:.4g}s"
    if x.muted:
        few = "-".join(str(i) for i in x.muted) if len(x.muted) <= 5 else f"{len(x.muted)}-muted"
        parts.append(f"without-{few}")
    return "-".join(safe(part) for part in parts)


def safe(text: str) -> str:
    """Text as a part of a file's name that every disk takes."""
    plain = re.sub(r"[^\w.+-]+", "-", text).strip("-.").encode()[:LONGEST_NAME]
    return plain.decode(errors="ignore") or "clip"  # a letter that was cut through goes
