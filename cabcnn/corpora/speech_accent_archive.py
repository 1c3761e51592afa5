"""Speech Accent Archive (Weinberger 2015): one recording a speaker, all read one paragraph."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Literal

from cabcnn.corpora.table import Clip
from cabcnn.errors import CorpusError

ACCENTS = {"usa": "US", "uk": "UK", "australia": "AU"}
Task = Literal["accent", "first-language"]
TASKS: tuple[Task, ...] = ("accent", "first-language")


def read_speech_accent_archive(folder: str | Path, task: Task = "accent") -> list[Clip]:
    """Clips listed in `folder/speakers.csv`, labelled for one task.

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
    except UnicodeDecodeError:
        raise CorpusError(f"{listing} is not in UTF-8; save it again in that encoding.") from None
    clips = []
    for number, row in enumerate(rows, 2):
        try:
            path, speaker = folder / row["path"], row["speaker"]
            language, country = row["native_language"], row["country"]
        except KeyError as missing:
            raise CorpusError(f"Line {number} of {listing} has no column {missing}.") from None
        except TypeError:  # what a short line lacks is None
            raise CorpusError(f"Line {number} of {listing} is incomplete.") from None
        if task == "first-language":
            clips.append(Clip(path, language, speaker))
        elif language == "english" and country in ACCENTS:
            clips.append(Clip(path, ACCENTS[country], speaker))
    if not clips:
        raise CorpusError(f"{listing} lists nobody for the task {task}.")
    return clips
