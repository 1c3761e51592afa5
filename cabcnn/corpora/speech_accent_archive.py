"""Speech Accent Archive (Weinberger 2015): one recording per speaker, all of one paragraph.

It exists in two forms: with `speakers.csv`, which has the paths of the recordings, and Kaggle's
with `speakers_all.csv`, which has only file names and also lists missing files.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Literal

from cabcnn.corpora.files import read_table
from cabcnn.corpora.table import Clip, Clips
from cabcnn.errors import CorpusError

ACCENTS = {"usa": "US", "uk": "UK", "australia": "AU"}
LISTS = LIST, KAGGLE_LIST = "speakers.csv", "speakers_all.csv"
COLUMNS = ("path", "speaker", "native_language", "country")
KAGGLE_COLUMNS = ("filename", "speakerid", "native_language", "country")
KAGGLE_MISSING = "file_missing?"
SEXES = {"famale": "female"}  # a typing error in Kaggle's list
Task = Literal["accent", "first-language"]
TASKS: tuple[Task, ...] = ("accent", "first-language")


def is_speech_accent_archive(path: Path) -> bool:
    """Whether a folder holds one of the archive's two lists."""
    lists = [path / name for name in LISTS if (path / name).is_file()]
    return any({"native_language", "country"} <= set(read_table(name)[0]) for name in lists)


def read_speech_accent_archive(folder: str | Path, task: Task = "accent") -> Clips:
    """Clips listed in `folder/speakers.csv`, or Kaggle's `speakers_all.csv`, for one task.

    The first has a line for each speaker with the columns `path` (relative to the folder),
    `speaker`, `native_language` and `country`; the second has `filename`, `speakerid` and
    `file_missing?` instead. Other columns become `extra`.

    The task "accent" is the paper's: native speakers of English born in the US, the UK or
    Australia. "first-language" is the speaker's native language.

    Raises CorpusError if the list is missing or incomplete, or has no speaker for the task.
    """
    folder = Path(folder)
    kaggle = not (folder / LIST).is_file() and (folder / KAGGLE_LIST).is_file()
    listing = folder / (KAGGLE_LIST if kaggle else LIST)
    if not listing.is_file():
        raise CorpusError(
            f"{folder} holds no {LIST}, nor Kaggle's {KAGGLE_LIST}; give the archive's folder."
        )
    needed = KAGGLE_COLUMNS if kaggle else COLUMNS
    columns, rows = read_table(listing)
    for name in needed:
        if name not in columns:
            raise CorpusError(f"{listing} has no column {name!r}; give the archive's own list.")
    recordings = _kaggle_recordings(folder) if kaggle else folder
    clips, missing, others = [], [], Counter()
    for number, row in rows:
        if not all(name in row for name in needed):
            raise CorpusError(f"Line {number} of {listing} is incomplete; download it again.")
        if row.get(KAGGLE_MISSING, "").casefold() == "true":
            missing.append(row["filename"])
            continue
        name, speaker, language, country = (row.pop(name) for name in needed)
        path = recordings / (f"{name}.mp3" if kaggle else name)
        row.pop(KAGGLE_MISSING, None)
        if "sex" in row:
            row["sex"] = SEXES.get(row["sex"], row["sex"])
        if task == "first-language":
            clips.append(Clip(path, language, speaker, extra=row))
        elif language == "english" and country in ACCENTS:
            clips.append(Clip(path, ACCENTS[country], speaker, extra=row))
        else:
            others["English of other countries" if language == "english" else "not native"] += 1
    if not clips:
        raise CorpusError(f"{listing} has no speaker for the task {task}; choose another task.")
    why = [f"{count:,} {reason}" for reason, count in sorted(others.items())]
    return Clips(clips, {"missing": missing, "not one label": why})


def _kaggle_recordings(folder: Path) -> Path:
    """The folder of the recordings: two levels deep as downloaded, or one."""
    inner = folder / "recordings" / "recordings"
    return inner if inner.is_dir() else inner.parent
