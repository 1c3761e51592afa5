"""An atlas as a folder: a page that any browser opens without a server, and its sounds."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

from cabcnn import files
from cabcnn.atlas import Atlas
from cabcnn.atlas.snippets import snippet
from cabcnn.errors import AudioError
from cabcnn.views import bundle
from cabcnn.views.atlas import payload

PAGE = "index.html"
SOUNDS = "sounds"


def write(atlas: Atlas, title: str, root: Path, folder: Path) -> Path:
    """Writes the page and half a second of sound around each moment into `folder`, over existing
    files. `title` is the model's; the sounds are read from `root`, the folder of the corpus.
    Returns the page's path.

    A sound that can't be read any more is left out, and the page says that it can't be played.
    Raises CabcnnError if the files can't be written.
    """
    files.make_folder(folder / SOUNDS)
    written = []
    for i, moments in enumerate(atlas.moments):
        for rank, moment in enumerate(moments):
            try:
                wav = snippet(root / atlas.sounds[moment.sound].name, moment)
            except AudioError:
                continue
            written.append(f"{i}-{rank}")
            files.write(folder / SOUNDS / f"{written[-1]}.wav", wav)
    pieces = {
        "title": html.escape(f"Atlas of {title}"),
        "css": bundle.css("atlas"),
        "html": bundle.html("atlas"),
        # A label or a file name must not be able to close the script element.
        "value": payload.ready(atlas, title, explore=False).replace("<", "\\u003c"),
        "sounds": json.dumps(written),
        "script": bundle.standalone_script("atlas"),
    }
    text = (Path(__file__).parent / "standalone.html").read_text("utf-8")
    files.write(folder / PAGE, re.sub(r"@@(\w+)@@", lambda match: pieces[match[1]], text))
    return folder / PAGE
