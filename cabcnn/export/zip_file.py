"""Many clips in one zip: the files of each, and a summary of them all."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from cabcnn import audio, files
from cabcnn.explanation import Explanation
from cabcnn.export import formats

SUMMARY = "summary.csv"
DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip knows: equal contents are equal files
DECIMALS = 7


class Bundle:
    """Collects explanations of one model, and what went wrong with other clips.

    `rows` are those of the summary so far: clip, label, `probability US` and so on, seconds
    heard, model, effective number of classifiers, muted, notices, the model's measured score;
    of a clip that failed, only clip and `error`.
    """

    def __init__(self, archive: zipfile.ZipFile, endings: Sequence[str], columns: int = 2) -> None:
        self._archive, self._endings, self._columns = archive, endings, columns
        self._taken: set[str] = set()
        self._labels: tuple[str, ...] = ()
        self.rows: list[dict[str, Any]] = []

    @property
    def size(self) -> int:
        """Bytes of the zip so far."""
        return self._archive.start_dir

    def add(self, explanation: Explanation, sound: audio.Source | None = None) -> None:
        """Adds a clip's files; `sound` goes into its page, if that is among them.

        Raises CabcnnError for an ending of no kind of file.
        """
        x = explanation
        stem = self._free(formats.stem(x))
        contents = [
            formats.content(x, f"{stem}{ending}", columns=self._columns, sound=sound)
            for ending in self._endings
        ]
        for ending, content in zip(self._endings, contents):
            self._put(f"{stem}{ending}", content)
        self._labels = x.labels
        chances = dict(zip(x.labels, x.probabilities.tolist()))
        self.rows.append(
            {
                "clip": x.name,
                "label": x.label,
                **{f"probability {k}": round(chance, DECIMALS) for k, chance in chances.items()},
                "seconds": round(x.seconds, 3),
                "model": x.model,
                "effective classifiers": round(x.effective_classifiers, 3),
                "muted": " ".join(map(str, x.muted)),
                "notices": " ".join(x.notices),
                "score": x.score,
            }
        )

    def fail(self, clip: str, sentence: str) -> None:
        """Notes that a clip could not be explained, and why."""
        self.rows.append({"clip": clip, "error": sentence})

    def close(self) -> None:
        """Adds the summary."""
        head = ["clip", "label", *(f"probability {k}" for k in self._labels), "seconds", "model"]
        head += ["effective classifiers", "muted", "notices", "score", "error"]
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, head, restval="")
        writer.writeheader()
        writer.writerows(self.rows)
        self._put(SUMMARY, files.encode(text.getvalue()))

    def _put(self, name: str, content: bytes) -> None:
        self._archive.writestr(zipfile.ZipInfo(name, DATE), content, zipfile.ZIP_DEFLATED)

    def _free(self, stem: str) -> str:
        """The name, or numbered where another clip has it. Case is no difference, as on many
        disks."""
        numbered = (stem if n == 1 else f"{stem}-{n}" for n in count(1))
        free = next(name for name in numbered if name.casefold() not in self._taken)
        self._taken.add(free.casefold())
        return free


@contextmanager
def writing(path: str | Path, endings: Sequence[str], columns: int = 2) -> Iterator[Bundle]:
    """A bundle that becomes the file `path` at the end, whole or not at all. `endings`, with their
    dots, say which files each clip has in it (`exports.KINDS`).

    Raises CabcnnError where the disk does not take it.
    """
    with files.atomic(Path(path)) as part, zipfile.ZipFile(part, "w") as archive:
        bundle = Bundle(archive, endings, columns)
        yield bundle
        bundle.close()
