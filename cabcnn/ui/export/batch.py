"""Many clips at once: explained one after the other, with all results in one zip."""

from __future__ import annotations

import html
import os
import shutil
import tempfile
from collections.abc import Generator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from cabcnn.classifier import Classifier
from cabcnn.corpora import archive
from cabcnn.corpora.files import sounds_below
from cabcnn.errors import CabcnnError
from cabcnn.export import formats, zip_file

HEADINGS = "Clip", "Verdict", "Probability", ""
MAX_CLIPS = 200
LIMITS = archive.Limits(files=2_000, bytes=2 << 30)
MAX_RESULT_BYTES = 1 << 30
FILES_REMOVED = "Your files were removed because this took too long to start; choose them again."


class Progress(NamedTuple):
    """How many clips are done; `rows` is the summary so far, `result` the zip once all are done."""

    done: int
    clips: int
    rows: list[dict[str, Any]]
    result: Path | None = None


def explain(
    files: Sequence[Path],
    classifier: Classifier,
    seconds: float,
    kinds: Sequence[str],
    folder: Path,
) -> Generator[Progress]:
    """Explains the first `seconds` of each sound in `files`, and of those in zips, and writes the
    `kinds` of file of each, with a summary, to a zip in a new folder inside `folder`.

    A sound that can't be read is in the summary with its error. What was unpacked is removed at
    the end. Raises CabcnnError if there are too many sounds or none, a file is missing, a zip
    can't be unpacked, or the result grows too large.
    """
    work = Path(tempfile.mkdtemp(dir=folder))
    try:
        clips = _sounds(files, work)
        stem = f"{len(clips)}-clips-{formats.safe(classifier.card.name)}"
        result = Path(tempfile.mkdtemp(dir=folder)) / f"{stem}.zip"
        with zip_file.writing(result, kinds) as zipped:
            yield Progress(0, len(clips), [])
            for done, (name, path) in enumerate(clips):
                _touch([waiting for _, waiting in clips[done:]])
                try:
                    zipped.add(classifier.explain(path, seconds, name=name))
                except CabcnnError as error:
                    zipped.fail(name, str(error))
                if zipped.size > MAX_RESULT_BYTES:
                    raise CabcnnError(
                        "The zip has grown to more than 1 GiB; choose fewer kinds of file or clips."
                    )
                yield Progress(done + 1, len(clips), zipped.rows)
        yield Progress(len(clips), len(clips), zipped.rows, result)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _sounds(files: Sequence[Path], work: Path) -> list[tuple[str, Path]]:
    """Names and paths of all sounds. A file that is not in a zip may have any extension."""
    if not all(path.exists() for path in files):
        raise CabcnnError(FILES_REMOVED)
    clips: list[tuple[str, Path]] = []
    for number, path in enumerate(files):
        if path.suffix.lower() == ".zip":
            root = archive.unpack(path, work / str(number), LIMITS)
            clips += [(str(sound.relative_to(root)), sound) for sound in sounds_below(root)]
        else:
            clips.append((path.name, path))
    if not clips:
        raise CabcnnError("There is no sound in your files; choose sounds or a zip of them.")
    if len(clips) > MAX_CLIPS:
        raise CabcnnError(
            f"{len(clips):,} clips are more than the {MAX_CLIPS} that this page takes at once; "
            "choose fewer, or use the command line, which has no limit."
        )
    return clips


def _touch(paths: Sequence[Path]) -> None:
    """Keeps files from being removed before their turn."""
    for path in paths:
        with suppress(FileNotFoundError):
            os.utime(path)


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The summary as an HTML table: clip, verdict, probability, notices."""
    lines = []
    for row in rows:
        name = html.escape(row["clip"])
        if "error" in row:
            cells = f'<td colspan="3" class="failed">{html.escape(row["error"])}</td>'
        else:
            probability = row[f"probability {row['label']}"]
            cells = (
                f"<td>{html.escape(row['label'])}</td><td>{100 * probability:.0f} %</td>"
                f"<td>{html.escape(row['notices'])}</td>"
            )
        lines.append(f'<tr><th scope="row">{name}</th>{cells}</tr>')
    head = "".join(f'<th scope="col">{name}</th>' for name in HEADINGS)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
