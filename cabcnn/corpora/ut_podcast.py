"""UT-Podcast (Hansen & Liu 2016), the paper's corpus: `audio/{US,UK,AU}/`, a folder per label."""

from __future__ import annotations

from pathlib import Path

from cabcnn.corpora.files import subfolders
from cabcnn.corpora.folder import read_folder
from cabcnn.corpora.table import Clips
from cabcnn.errors import CorpusError

AUDIO = "audio"
LABELS = ("US", "UK", "AU")


def is_ut_podcast(path: Path) -> bool:
    """Whether a folder holds `audio`, with the folders of the three accents and no others."""
    audio = path / AUDIO
    return audio.is_dir() and {p.name.upper() for p in subfolders(audio)} == set(LABELS)


def read_ut_podcast(folder: str | Path, speaker_pattern: str | None = None) -> Clips:
    """Clips below `folder/audio`, labelled US, UK or AU.

    The corpus does not name its speakers; `speaker_pattern` is that of `read_folder`, for those who
    know them. Raises CorpusError as `read_folder` does.
    """
    folder = Path(folder)
    if not is_ut_podcast(folder):
        raise CorpusError(
            f"{folder} holds no {AUDIO} with the folders {', '.join(LABELS)}; give the folder "
            "that UT-Podcast was unpacked to."
        )
    clips = read_folder(folder / AUDIO, speaker_pattern)
    return Clips((clip._replace(label=clip.label.upper()) for clip in clips), clips.notes)
