"""VCTK (Yamagishi et al.), releases 0.80 and 0.92: some 110 speakers, hundreds of sentences each.

`speaker-info.txt` has columns separated by spaces: ID AGE GENDER ACCENTS REGION [COMMENTS], where
the region may hold spaces or be missing. Release 0.80 has ids such as 225 and
`wav48/p225/p225_001.wav`; 0.92 has p225 and `wav48_silence_trimmed/p225/p225_001_mic1.flac`, with
two microphones.
"""

from __future__ import annotations

import re
from pathlib import Path

from cabcnn.corpora.files import is_sound, read_text
from cabcnn.corpora.table import Clip, Clips
from cabcnn.errors import CorpusError

LIST = "speaker-info.txt"
AUDIO = ("wav48_silence_trimmed", "wav48")
MICROPHONE = re.compile(r"_mic\d+$")


def is_vctk(path: Path) -> bool:
    """Whether a folder holds the list of speakers."""
    return (path / LIST).is_file()


def read_vctk(folder: str | Path) -> Clips:
    """Clips of the listed speakers whose recordings exist, labelled by their accent.

    Of two microphones, the first is used. Raises CorpusError if the list or the recordings are
    missing.
    """
    folder = Path(folder)
    audio = next((folder / name for name in AUDIO if (folder / name).is_dir()), None)
    if audio is None:
        raise CorpusError(
            f"{folder} holds no {' or '.join(AUDIO)}; give the folder that VCTK was unpacked to."
        )
    clips, incomplete, second = [], [], []
    for line in read_text(folder / LIST).splitlines():
        identity, *facts = line.split(None, 4)[:5] or [""]
        if identity in ("", "ID"):
            continue
        if len(facts) < 3:
            incomplete.append(identity)
            continue
        age, gender, accent, *region = facts
        speaker = f"p{identity}" if identity.isdigit() else identity
        extra = {"age": age, "gender": gender}
        if place := " ".join(region).partition("(")[0].strip():
            extra["region"] = place  # without the comment in parentheses
        chosen, others = _recordings(audio / speaker)
        clips += [Clip(path, accent, speaker, extra=extra) for path in chosen]
        second += [str(path) for path in others]
    if not clips:
        raise CorpusError(
            f"{audio} holds no recordings of the speakers in {LIST}; unpack it again."
        )
    return Clips(clips, {"not listed": incomplete, "second microphone": second})


def _recordings(folder: Path) -> tuple[list[Path], list[Path]]:
    """One file for each sentence, in the order of names, and those of second microphones; none if
    the folder is missing."""
    if not folder.is_dir():
        return [], []
    by_sentence: dict[str, Path] = {}
    others = []
    for path in sorted(p for p in folder.iterdir() if is_sound(p.name)):
        if by_sentence.setdefault(MICROPHONE.sub("", path.stem), path) != path:
            others.append(path)
    return list(by_sentence.values()), others
