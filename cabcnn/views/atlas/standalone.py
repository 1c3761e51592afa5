"""An atlas as a folder: a page that opens in any browser, without a server, and its sounds."""

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
    """Writes the page and half a second around each moment, over what is there. `title` is what
    the model is called; sounds lie in `root`, the corpus' folder. Returns the page's file.

    A sound that can't be read any more is left out: the page then says that it can't be played.
    Raises CabcnnError where the disk does not take it.
    """
    files.make_folder(folder / SOUNDS)
    there = []
    for i, moments in enumerate(atlas.moments):
        for place, moment in enumerate(moments):
            try:
                wav = snippet(root / atlas.sounds[moment.sound].name, moment)
            except AudioError:
                continue
            there.append(f"{i}-{place}")
            files.write(folder / SOUNDS / f"{there[-1]}.wav", wav)
    pieces = {
        "title": html.escape(f"Atlas of {title}"),
        "css": bundle.css("atlas"),
        "html": bundle.html("atlas"),
        # What a label or a file is called must not end the element that it is told in.
        "value": payload.ready(atlas, title, explore=False).replace("<", "\\u003c"),
        "sounds": json.dumps(there),
        "script": bundle.standalone_script("atlas"),
    }
    text = (Path(__file__).parent / "standalone.html").read_text("utf-8")
    files.write(folder / PAGE, re.sub(r"@@(\w+)@@", lambda found: pieces[found[1]], text))
    return folder / PAGE
