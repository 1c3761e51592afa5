"""A folder for each label: `FOLDER/US/anything/below/a.wav` is labelled US."""

from __future__ import annotations

from pathlib import Path

from cabcnn.corpora.files import hidden, is_sound, sounds_below, subfolders
from cabcnn.corpora.speakers import SpeakerPattern
from cabcnn.corpora.table import Clip
from cabcnn.errors import CorpusError


def read_folder(folder: str | Path, speaker_pattern: str | None = None) -> list[Clip]:
    """Clips of the recordings below `folder`, labelled by the first folder inside it.

    `speaker_pattern` says who speaks, as `SpeakerPattern` takes it: the name of a template, or a
    regular expression. Without it the speakers are unknown.

    Raises CorpusError if there is no recording, one lies outside any label's folder, or the
    pattern is invalid or does not fit a name.
    """
    folder = Path(folder)
    labelled = subfolders(folder)
    stray = sorted(p.name for p in folder.iterdir() if is_sound(p.name) and p.is_file())
    if stray:
        raise CorpusError(
            f"{folder / stray[0]} lies outside any label's folder; put each recording into a "
            "folder named like its label."
        )
    pattern = SpeakerPattern(speaker_pattern) if speaker_pattern else None
    clips = []
    for label in labelled:
        for path in sounds_below(label):
            speaker = pattern.speaker(path.relative_to(folder)) if pattern else ""
            clips.append(Clip(path, label.name.strip(), speaker))
    if not clips:
        raise CorpusError(
            f"{folder} holds no recordings; give a folder that holds a folder of recordings for "
            "each label."
        )
    return clips


def innermost(folder: Path) -> Path:
    """The folder that a corpus begins in, below folders that hold nothing but another folder, as
    archives have them."""
    while True:
        inside = [path for path in folder.iterdir() if not hidden(path.name)]
        if len(inside) != 1 or not inside[0].is_dir() or inside[0].is_symlink():
            return folder
        if not subfolders(inside[0]) and any(is_sound(p.name) for p in inside[0].iterdir()):
            return folder  # the folder of the only label
        folder = inside[0]
