"""The corpus that comes with the program: synthetic voices, each in five accents.

`assets/make_corpus.py` makes it; `assets/corpus/CARD.md` says what it is good for.
"""

from __future__ import annotations

from pathlib import Path

from cabcnn import paths
from cabcnn.corpora.manifest import read_manifest
from cabcnn.corpora.table import Clip


def folder() -> Path:
    """Where its clips are."""
    return paths.bundled("assets/corpus")


def read_built_in() -> list[Clip]:
    """Its clips: the label is the accent, the speaker a voice, each of which has every accent.

    The text is the `sentence` in a clip's `extra`. Raises CorpusError if the corpus is missing
    from the installation.
    """
    return read_manifest(folder() / "manifest.csv")
