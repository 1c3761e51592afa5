"""A folder for each label: `FOLDER/US/anything/below/a.wav` is labelled US."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path, PurePath

from cabcnn.corpora.files import hidden, is_sound, sounds_below, subfolders
from cabcnn.corpora.speakers import SpeakerPattern
from cabcnn.corpora.table import Clip, Clips
from cabcnn.errors import CorpusError

NEEDED = "give a folder that holds a folder of recordings for each label."
SPLITS = {
    "train": "train",
    "training": "train",
    "test": "test",
    "testing": "test",
    "eval": "test",
    "evaluation": "test",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "development": "validation",
}
SHOWN_ENDINGS = 5  # in an error


def read_folder(folder: str | Path, speaker_pattern: str | None = None) -> Clips:
    """Clips of the recordings below `folder`, labelled by the first folder inside it. What is not
    a sound by its ending is left out, and noted. Folders named train and test, outside or inside
    those of the labels, are the official split.

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
    inside = [path.relative_to(folder) for paths in sounds.values() for path in paths]
    for path, (split, name) in zip(inside, _without_splits(folder, inside), strict=True):
        speaker = pattern.speaker(name) if pattern else ""
        clips.append(Clip(folder / path, name.parts[0].strip(), speaker, split))
    if any(clip.split for clip in clips):
        parts = Counter(clip.split for clip in clips)
        clips.notes["own split"] = [f"{split}: {parts[split]:,}" for split in sorted(parts)]
    return clips


def _without_splits(folder: Path, paths: list[Path]) -> list[tuple[str, Path]]:
    """The split that each recording belongs to, "" for none, and its path below `folder` without
    the folder of that split: of `train/US/a.wav` and `US/train/a.wav`, train and `US/a.wav`.

    Raises CorpusError if a folder for each split holds no folders for the labels, or there are
    others beside it.
    """
    outer = [_split(path.parts[0]) for path in paths]
    if all(outer) or ("train" in outer and {"test", "validation"} & set(outer)):
        for split, path in zip(outer, paths, strict=True):
            if len(path.parts) < 3 or not split:
                names = " and ".join(sorted({p.parts[0] for p in paths if _split(p.parts[0])}))
                raise CorpusError(
                    f"{folder} holds {names}, the parts of a split, but {path} lies outside any "
                    "label's folder in them; put it into one, or choose the layout manifest and "
                    "list the recordings."
                )
        return [(split, Path(*path.parts[1:])) for split, path in zip(outer, paths, strict=True)]
    inner = [_split(path.parts[1]) if len(path.parts) > 2 else "" for path in paths]
    if all(inner) and "train" in inner and {"test", "validation"} & set(inner):
        return [
            (split, Path(path.parts[0], *path.parts[2:]))
            for split, path in zip(inner, paths, strict=True)
        ]
    return [("", path) for path in paths]


def _split(name: str) -> str:
    """The split that a folder of this name holds; "" if it is not named like one."""
    word = re.sub(r"[\W_]+", "", name).casefold()
    for ending in ("set", "data", "split", "clips", "audio"):
        word = word.removesuffix(ending)
    return SPLITS.get(word, "")


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
