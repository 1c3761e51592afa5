"""Corpora: recordings organised in various ways, all read into one list of clips."""

from cabcnn.corpora.description import Description, describe
from cabcnn.corpora.fsdd import read_fsdd
from cabcnn.corpora.layouts import LAYOUTS, detect, path_within, read
from cabcnn.corpora.speech_accent_archive import read_speech_accent_archive
from cabcnn.corpora.splits import speaker_folds
from cabcnn.corpora.table import Clip, check

__all__ = [
    "LAYOUTS",
    "Clip",
    "Description",
    "check",
    "describe",
    "detect",
    "path_within",
    "read",
    "read_fsdd",
    "read_speech_accent_archive",
    "speaker_folds",
]
