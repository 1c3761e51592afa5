"""The corpus that comes with the program: synthetic voices, each in five accents.

`assets/make_corpus.py` makes it; `assets/corpus/CARD.md` says what it is good for.
"""

from __future__ import annotations

from pathlib import Path

from cabcnn.corpora.manifest import read_manifest
from cabcnn.corpora.table import Clip


def folder() -> Path:
    """Where its clips lie: inside the installed package, or beside it in a checkout."""
    inside = Path(__file__).parent.parent / "assets" / "corpus"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "assets" / "corpus"


def read_built_in() -> list[Clip]:
    """Its clips: the label is the accent, the speaker a voice, who has every accent.

    What is said is the `sentence` of a clip's `extra`. Raises CorpusError where the corpus is
    missing from the installation.
    """
    return read_manifest(folder() / "manifest.csv")
