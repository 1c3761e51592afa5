"""Many clips at once: explained one after the other, and all of it in one zip."""

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

MOST = 200
LIMITS = archive.Limits(files=2_000, bytes=2 << 30)
LARGEST_RESULT = 1 << 30  # bytes of the zip
GONE = "What you chose was not kept so long as this took to begin; choose it again."


class Progress(NamedTuple):
    """So many clips of all are done; `rows` are the summary's so far, `result` is the zip when
    all is done."""

    done: int
    clips: int
    rows: list[dict[str, Any]]
    result: Path | None = None


def explain(
    given: Sequence[Path],
    classifier: Classifier,
    seconds: float,
    kinds: Sequence[str],
    folder: Path,
) -> Generator[Progress]:
    """Explains sounds and those in zips, at most the first `seconds` of each, and writes the
    `kinds` of file of each, with a summary, into a zip in a new folder inside `folder`.

    A sound that can't be read is in the summary with its sentence. What was unpacked is removed
    at the end. Raises CabcnnError where there are too many sounds or none, one is gone, a zip
    can't be unpacked, or the result grows too large.
    """
    work = Path(tempfile.mkdtemp(dir=folder))
    try:
        clips = _sounds(given, work)
        stem = f"{len(clips)}-clips-{formats.safe(classifier.card.name)}"
        result = Path(tempfile.mkdtemp(dir=folder)) / f"{stem}.zip"
        with zip_file.writing(result, kinds) as zipped:
            yield Progress(0, len(clips), [])
            for done, (name, path) in enumerate(clips):
                _keep([later for _, later in clips[done:]])
                try:
                    zipped.add(classifier.explain(path, seconds, name=name))
                except CabcnnError as error:
                    zipped.fail(name, str(error))
                if zipped.size > LARGEST_RESULT:
                    raise CabcnnError(
                        "The zip has grown to more than 1 GiB; choose fewer kinds of file or clips."
                    )
                yield Progress(done + 1, len(clips), zipped.rows)
        yield Progress(len(clips), len(clips), zipped.rows, result)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _sounds(given: Sequence[Path], work: Path) -> list[tuple[str, Path]]:
    """Names and paths of all sounds. One that was given is taken whatever its ending is."""
    if not all(path.exists() for path in given):
        raise CabcnnError(GONE)
    clips: list[tuple[str, Path]] = []
    for number, path in enumerate(given):
        if path.suffix.lower() == ".zip":
            root = archive.unpack(path, work / str(number), LIMITS)
            clips += [(str(found.relative_to(root)), found) for found in sounds_below(root)]
        else:
            clips.append((path.name, path))
    if not clips:
        raise CabcnnError("There is no sound in what was given; choose sounds or a zip of them.")
    if len(clips) > MOST:
        raise CabcnnError(
            f"{len(clips):,} clips are more than the {MOST} that are done here at once; bring "
            "fewer, or use the command line, which has no limit."
        )
    return clips


def _keep(paths: Sequence[Path]) -> None:
    """Keeps files from being swept away before their turn."""
    for path in paths:
        with suppress(FileNotFoundError):
            os.utime(path)


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The summary for people: clip, verdict, what there is to know of it."""
    lines = []
    for row in rows:
        name = html.escape(row["clip"])
        if "error" in row:
            said = f'<td colspan="3" class="failed">{html.escape(row["error"])}</td>'
        else:
            chance = row[f"probability {row['label']}"]
            said = (
                f"<td>{html.escape(row['label'])}</td><td>{100 * chance:.0f} %</td>"
                f"<td>{html.escape(row['notices'])}</td>"
            )
        lines.append(f'<tr><th scope="row">{name}</th>{said}</tr>')
    head = "".join(f'<th scope="col">{c}</th>' for c in ("Clip", "Verdict", "Probability", ""))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
