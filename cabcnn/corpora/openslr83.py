"""OpenSLR-83 (Demirsahin et al. 2020): English of the UK and Ireland, six accents.

`line_index_all.csv` has no header: id, file name, transcript, with commas in the transcripts and a
space before the names. `wef_12484_01482829612` is a Welsh woman, number 12484. Each accent and sex
is a separate download, so the recordings may be in any folders.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

from cabcnn.corpora.files import CSV, read_rows, sounds_below
from cabcnn.corpora.table import Clip, Clips
from cabcnn.errors import CorpusError

LIST = "line_index_all.csv"
ACCENTS = {
    "ir": "Irish",
    "mi": "Midlands",
    "no": "Northern",
    "sc": "Scottish",
    "so": "Southern",
    "we": "Welsh",
}
NAME = re.compile(rf"({'|'.join(ACCENTS)})([fm])_(\d+)_\d+")
SEXES = {"f": "female", "m": "male"}


def is_openslr83(path: Path) -> bool:
    """Whether a folder holds the list of all recordings."""
    return (path / LIST).is_file()


def read_openslr83(folder: str | Path) -> Clips:
    """The listed clips that are anywhere below `folder`, labelled by their accent.

    Raises CorpusError if the list is missing or is another one, or none of its recordings exist.
    """
    folder = Path(folder)
    present = {path.stem: path for path in sounds_below(folder)}
    clips, missing = [], []
    for number, row in read_rows(folder / LIST, CSV._replace(quoting=csv.QUOTE_NONE)):
        if len(row) < 2:
            raise CorpusError(f"Line {number} of {folder / LIST} is incomplete; download it again.")
        name = row[1].strip()
        parts = NAME.fullmatch(name)
        if not parts:
            raise CorpusError(
                f"Line {number} of {folder / LIST} names {name!r}, which is not like "
                "wef_12484_01482829612; download the list again."
            )
        accent, sex, speaker = parts.groups()
        if name in present:
            clips.append(Clip(present[name], ACCENTS[accent], speaker, extra={"sex": SEXES[sex]}))
        else:
            missing.append(name)
    if not clips:
        raise CorpusError(
            f"{folder} holds none of the recordings that {LIST} lists; unpack them beside it."
        )
    return Clips(clips, {"missing": missing})
