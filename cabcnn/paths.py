"""Where files are: those shipped with the program, and those that the user makes with it."""

from __future__ import annotations

import os
from pathlib import Path


def folder() -> Path:
    """The user's models, runs and uploads: CABCNN_HOME, or the system's folder for such data."""
    if chosen := os.environ.get("CABCNN_HOME"):
        return Path(chosen).absolute()
    import platformdirs

    return Path(platformdirs.user_data_dir("cabcnn", appauthor=False))


def bundled(name: str) -> Path:
    """A file or folder shipped with the program, such as "checkpoints" or "assets/corpus".

    An installed package has it inside; a checkout has it at its top level.
    """
    package = Path(__file__).parent
    inside = package / name
    return inside if inside.exists() else package.parent / name
