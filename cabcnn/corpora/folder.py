"""A folder for each label: `FOLDER/US/anything/below/a.wav` is labelled US."""

from __future__ import annotations

from pathlib import Path, PurePath

from cabcnn.corpora.files import hidden, is_sound, sounds_below, subfolders
from cabcnn.corpora.speakers import SpeakerPattern
from cabcnn.corpora.table import Clip, Clips
from cabcnn.errors import CorpusError

NEEDED = "give a folder that holds a folder of recordings for each label."
SHOWN_ENDINGS = 5  # in an error


def read_folder(folder: str | Path, speaker_pattern: str | None = None) -> Clips:
    """Clips of the recordings below `folder`, labelled by the first folder inside it. What is not
    a sound by its ending is left out, and noted.

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
    left_out: list[str] = []
    sounds = {label: list(sounds_below(label, left_out)) for label in labelled}
    if not any(sounds.values()):
        raise CorpusError(f"{folder} holds no recordings{_endings(left_out)}; {NEEDED}")
    clips = Clips(
        notes={
            "not a sound": left_out,
            "no recordings": [str(label) for label, paths in sounds.items() if not paths],
        }
    )
    for label, paths in sounds.items():
        for path in paths:
            speaker = pattern.speaker(path.relative_to(folder)) if pattern else ""
            clips.append(Clip(path, label.name.strip(), speaker))
    return clips


def _endings(names: list[str]) -> str:
    """What the names of files that are not sounds end in."""
    endings = sorted({PurePath(name).suffix.lower() or "no ending" for name in names})
    more = ", ..." if len(endings) > SHOWN_ENDINGS else ""
    return f", only files with {', '.join(endings[:SHOWN_ENDINGS])}{more}" if endings else ""


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
