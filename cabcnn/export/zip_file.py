"""Explanations of many clips in one zip: the files of each, and a summary of all."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cabcnn import audio, files
from cabcnn.explanation import Explanation
from cabcnn.export import formats

SUMMARY = "summary.csv"
DATE = (1980, 1, 1, 0, 0, 0)  # the earliest in a zip: equal contents give equal files
DECIMALS = 7


class ZipWriter:
    """Collects explanations by one model, and the errors of clips that could not be explained.

    `rows` are the summary's so far: clip, label, `probability US` and so on, seconds analysed,
    model, effective number of classifiers, muted classifiers, notices, how often such answers were
    right, and the model's measured score; for a clip that failed, only the clip and the error.
    """

    def __init__(
        self,
        archive: zipfile.ZipFile,
        endings: Sequence[str],
        columns: int = 2,
        least: float | None = None,
    ) -> None:
        self._archive, self._endings, self._columns = archive, endings, columns
        self._least = least
        self._stems: set[str] = set()
        self._labels: tuple[str, ...] = ()
        self.rows: list[dict[str, Any]] = []

    @property
    def size(self) -> int:
        """Bytes of the zip so far."""
        return self._archive.start_dir

    def add(self, explanation: Explanation, sound: audio.Source | None = None) -> None:
        """Adds a clip's files; `sound` is embedded in its page, if that is one of them.

        Raises CabcnnError for an extension of no known format, AudioError if `sound` can't be read.
        """
        x = explanation
        stem = self._unique(formats.stem(x))
        contents = [
            formats.content(x, f"{stem}{ending}", columns=self._columns, sound=sound)
            for ending in self._endings
        ]
        for ending, content in zip(self._endings, contents):
            self._put(f"{stem}{ending}", content)
        self._labels = x.labels
        probabilities = dict(zip(x.labels, x.probabilities.tolist()))
        self.rows.append(
            {
                "clip": x.name,
                "label": x.answer(self._least),
                **{f"probability {k}": round(p, DECIMALS) for k, p in probabilities.items()},
                "seconds": round(x.seconds, 3),
                "model": x.model,
                "effective classifiers": round(x.effective_classifiers, 3),
                "muted": " ".join(map(str, x.muted)),
                "notices": " ".join(x.notices),
                "right": "" if x.sure is None else x.sure.right,
                "score": x.score,
            }
        )

    def fail(self, clip: str, error: str) -> None:
        """Adds a clip that could not be explained to the summary, with the error message."""
        self.rows.append({"clip": clip, "error": error})

    def close(self) -> None:
        """Adds the summary."""
        head = ["clip", "label", *(f"probability {k}" for k in self._labels), "seconds", "model"]
        head += ["effective classifiers", "muted", "notices", "right", "score", "error"]
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, head, restval="")
        writer.writeheader()
        writer.writerows(self.rows)
        self._put(SUMMARY, files.encode(text.getvalue()))

    def _put(self, name: str, content: bytes) -> None:
        self._archive.writestr(zipfile.ZipInfo(name, DATE), content, zipfile.ZIP_DEFLATED)

    def _unique(self, stem: str) -> str:
        """The name, numbered if another clip has it. Case is ignored, as on many disks."""
        names = files.numbered(stem)
        unique = next(name for name in names if name.casefold() not in self._stems)
        self._stems.add(unique.casefold())
        return unique


@contextmanager
def writing(
    path: str | Path, endings: Sequence[str], columns: int = 2, least: float | None = None
) -> Iterator[ZipWriter]:
    """Writes the zip `path`, atomically. `endings`, such as ".csv", are the extensions of each
    clip's files (`formats.KINDS` lists them). Answers that were right less often than `least` are
    "unsure" in the summary.

    Raises CabcnnError if the zip can't be written.
    """
    with files.atomic(Path(path)) as part, zipfile.ZipFile(part, "w") as archive:
        writer = ZipWriter(archive, endings, columns, least)
        yield writer
        writer.close()
