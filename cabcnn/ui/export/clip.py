"""Exports the clip that the Explore tab shows."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from cabcnn import audio
from cabcnn.errors import CabcnnError
from cabcnn.export import formats, zip_file
from cabcnn.ui.models import Models
from cabcnn.ui.sounds import OpenClip, Sounds

NO_CLIP = "There is no clip to export: record, upload or choose one first."
NO_KIND = "Choose at least one kind of file."


def write(
    shown: OpenClip | None,
    kinds: Sequence[str],
    muted: Sequence[int],
    with_sound: bool,
    models: Models,
    sounds: Sounds,
) -> Path:
    """Writes a clip as it is shown, without its muted classifiers: one file, or a zip of several,
    in a folder of its own that is removed soon.

    Raises CabcnnError if there is no clip, no kind of file, or no such classifier.
    """
    if shown is None:
        raise CabcnnError(NO_CLIP)
    if not kinds:
        raise CabcnnError(NO_KIND)
    sound = audio.read(shown.clip.sound, shown.seconds)
    x = models.get(shown.model).explain(sound, shown.seconds, name=shown.clip.name)
    if muted:
        x = x.without(muted)
    folder = Path(tempfile.mkdtemp(dir=sounds.folder))
    sound_to_include = sound if with_sound else None
    if len(kinds) == 1:
        path = folder / f"{formats.stem(x)}{kinds[0]}"
        formats.write(x, path, sound=sound_to_include)
    else:
        path = folder / f"{formats.stem(x)}.zip"
        with zip_file.writing(path, kinds) as zipped:
            zipped.add(x, sound_to_include)
    return path
