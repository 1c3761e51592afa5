"""Free Spoken Digit Dataset: `{digit}_{speaker}_{index}.wav`, indices 0 to 4 for testing."""

from __future__ import annotations

import re
from pathlib import Path

from cabcnn.corpora.files import is_sound
from cabcnn.corpora.table import Clip, Clips
from cabcnn.errors import CorpusError

NAME = re.compile(r"(?P<digit>\d)_(?P<speaker>[^_]+)_(?P<index>\d+)\.wav", re.IGNORECASE)
TEST_INDICES = 5


def is_fsdd(path: Path) -> bool:
    """Whether all sounds in a folder, or in `recordings` inside it, have this corpus's names."""
    if not path.is_dir():
        return False
    inner = path / "recordings"
    names = [p.name for p in (inner if inner.is_dir() else path).iterdir() if is_sound(p.name)]
    return bool(names) and all(NAME.fullmatch(name) for name in names)


def read_fsdd(folder: str | Path) -> Clips:
    """Clips of the recordings in `folder`, or in `folder/recordings`, in the order of names.

    Raises CorpusError if there are none.
    """
    folder = Path(folder)
    inner = folder / "recordings"
    clips, others = [], []
    for path in sorted((inner if inner.is_dir() else folder).glob("*")):
        if name := NAME.fullmatch(path.name):
            split = "test" if int(name["index"]) < TEST_INDICES else "train"
            clips.append(Clip(path, name["digit"], name["speaker"], split))
        elif is_sound(path.name):
            others.append(str(path))
    if not clips:
        raise CorpusError(
            f"{folder} holds no recording named like 7_jackson_32.wav; "
            "give the folder of the Free Spoken Digit Dataset."
        )
    return Clips(clips, {"other names": others})
