"""Speech Accent Archive (Weinberger 2015): one recording a speaker, all read one paragraph."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Literal

from cabcnn.corpora.table import Clip
from cabcnn.errors import CorpusError

ACCENTS = {"usa": "US", "uk": "UK", "australia": "AU"}
COLUMNS = ("path", "speaker", "native_language", "country")
Task = Literal["accent", "first-language"]
TASKS: tuple[Task, ...] = ("accent", "first-language")


def is_speech_accent_archive(path: Path) -> bool:
    """Whether a folder holds one of the archive's two lists."""
    return (path / "speakers.csv").is_file()


def read_speech_accent_archive(folder: str | Path, task: Task = "accent") -> list[Clip]:
    """Clips listed in `folder/speakers.csv`, labelled for one task.

    The list has a line for each speaker, with the columns `path` (below the folder),
    `speaker`, `native_language` and `country`; others are ignored.

    "accent" is the paper's: native speakers of English born in the US, the UK or Australia.
    "first-language" is the speaker's native language.

    Raises CorpusError where the list is missing, incomplete or has nobody for the task.
    """
    folder = Path(folder)
    listing = folder / "speakers.csv"
    try:
        with listing.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        raise CorpusError(f"{folder} holds no speakers.csv; give the archive's folder.") from None
    except OSError as error:
        raise CorpusError(f"{listing} can't be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        raise CorpusError(f"{listing} is not in UTF-8; save it again in that encoding.") from None
    clips = []
    for number, row in enumerate(rows, 2):
        try:
            values = [row[name] for name in COLUMNS]
        except KeyError as missing:
            raise CorpusError(f"Line {number} of {listing} has no column {missing}.") from None
        if None in values:  # what a short line lacks
            raise CorpusError(f"Line {number} of {listing} is incomplete.")
        name, speaker, language, country = values
        path = folder / name
        if task == "first-language":
            clips.append(Clip(path, language, speaker))
        elif language == "english" and country in ACCENTS:
            clips.append(Clip(path, ACCENTS[country], speaker))
    if not clips:
        raise CorpusError(f"{listing} lists nobody for the task {task}.")
    return clips
