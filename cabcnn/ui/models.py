"""The models that the page offers, loaded when first asked for."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from threading import Lock

from cabcnn import checkpoint
from cabcnn.checkpoint import Card
from cabcnn.classifier import Classifier
from cabcnn.errors import CheckpointError


class Models:
    """Classifiers by name. Safe to use from several threads; a file that was replaced is
    loaded anew, one that appeared is offered from then on."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._loaded: dict[str, tuple[tuple, Classifier]] = {}

    def get(self, name: str | None) -> Classifier:
        """A model by its name only: a visitor may not make the server open any path.

        Raises CheckpointError where there is none of that name, or its file is no good.
        """
        names = checkpoint.names()
        if not names:
            raise CheckpointError(
                f"There is no model in {checkpoint.folder()}; train or fetch one."
            )
        if name not in names:
            raise CheckpointError(f"There is no model {name!r}, only {', '.join(names)}.")
        path = checkpoint.find(name)
        stat = path.stat()
        stamp = (path, stat.st_mtime_ns, stat.st_size)
        with self._lock:
            known = self._loaded.get(name)
            if known is None or known[0] != stamp:
                known = stamp, Classifier(*checkpoint.load(path))
                self._loaded[name] = known
            return known[1]

    def card(self, name: str | None) -> Card:
        """What is known of a model; raises as `get` does."""
        return self.get(name).card

    def choices(self) -> list[tuple[str, str]]:
        """(title, name) of each model, sorted by name; one whose file is no good says so."""
        return [(self._title(name), name) for name in checkpoint.names()]

    def cards(self) -> list[tuple[str, Card]]:
        """(name, card) of each model whose file is good, sorted by name."""
        found = []
        for name in checkpoint.names():
            with suppress(CheckpointError):
                found.append((name, self.card(name)))
        return found

    def first(self) -> str | None:
        """The model to begin with: accents, the paper's task, where it is there."""
        names = checkpoint.names()
        return "accents" if "accents" in names else next(iter(names), None)

    def _title(self, name: str) -> str:
        try:
            return self.card(name).title
        except CheckpointError:
            return f"{name} (its file can't be used)"


@cache
def kept() -> Models:
    """The one `Models` of this program."""
    return Models()
