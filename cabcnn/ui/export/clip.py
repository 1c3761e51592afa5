"""The files of the clip that the Explore tab shows."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from cabcnn import audio
from cabcnn.errors import CabcnnError
from cabcnn.export import formats, zip_file
from cabcnn.ui.models import Models
from cabcnn.ui.sounds import Held, Sounds

NO_CLIP = "There is no clip to take away: record, upload or choose one first."
NO_KIND = "Choose at least one kind of file."


def write(
    held: Held | None,
    kinds: Sequence[str],
    muted: Sequence[int],
    with_sound: bool,
    models: Models,
    sounds: Sounds,
) -> Path:
    """Writes a clip as it is shown, without its muted classifiers: one file, or several as a
    zip, in a folder of its own that goes soon.

    Raises CabcnnError where there is no clip, no kind, or no such classifier.
    """
    if held is None:
        raise CabcnnError(NO_CLIP)
    if not kinds:
        raise CabcnnError(NO_KIND)
    part = audio.read(held.clip.sound, held.seconds)
    x = models.get(held.model).explain(part, held.seconds, name=held.clip.name)
    if muted:
        x = x.without(muted)
    folder = Path(tempfile.mkdtemp(dir=sounds.folder))
    sound = part if with_sound else None
    if len(kinds) == 1:
        path = folder / f"{formats.stem(x)}{kinds[0]}"
        formats.write(x, path, sound=sound)
    else:
        path = folder / f"{formats.stem(x)}.zip"
        with zip_file.writing(path, kinds) as zipped:
            zipped.add(x, sound)
    return path
