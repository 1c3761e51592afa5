"""Where what a person makes with the program is kept: trained models, runs, uploads."""

from __future__ import annotations

import os
from pathlib import Path


def folder() -> Path:
    """CABCNN_HOME, or the system's folder for a program's data."""
    if chosen := os.environ.get("CABCNN_HOME"):
        return Path(chosen).absolute()
    import platformdirs

    return Path(platformdirs.user_data_dir("cabcnn", appauthor=False))
