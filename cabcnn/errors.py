"""The one family of errors that the person at the keyboard can mend.

Anything that is not a `CabcnnError` is a bug of ours and is left to surface as one.
"""


class CabcnnError(Exception):
    """What is wrong and what to do about it, in one sentence fit to be shown as it is."""


class AudioError(CabcnnError):
    """A sound that can't be read, or holds nothing to classify."""


class CheckpointError(CabcnnError):
    """A checkpoint that is missing, damaged, foreign or from a later version."""


class CorpusError(CabcnnError):
    """A corpus that can't be trained on as it is."""
