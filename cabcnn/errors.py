"""Errors that the user can fix. Anything that is not a `CabcnnError` is a bug in this program."""


class CabcnnError(Exception):
    """What is wrong and what to do about it, in one sentence to be shown as it is."""

    def __str__(self) -> str:
        """Names from outside may hold characters that a terminal obeys: those are escaped."""
        return "".join(
            letter if letter.isprintable() or letter == "\n" else ascii(letter)[1:-1]
            for letter in super().__str__()
        )


class AudioError(CabcnnError):
    """A sound that can't be read, or that has nothing in it to classify."""


class CheckpointError(CabcnnError):
    """A checkpoint that is missing, damaged, of another program or from a later version."""


class CorpusError(CabcnnError):
    """A corpus that can't be used as it is."""
