"""The models that the page offers, each loaded when it is first needed."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from threading import Lock

from cabcnn import checkpoint
from cabcnn.checkpoint import Card
from cabcnn.classifier import Classifier
from cabcnn.errors import CheckpointError


class Models:
    """Classifiers by name. A file that was replaced is loaded anew, a new one is offered from
    then on. Can be shared by threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._loaded: dict[str, tuple[tuple, Classifier]] = {}

    def get(self, name: str | None) -> Classifier:
        """A model by its name, never by a path: a visitor must not make the server open any file.

        Raises CheckpointError if there is no model of that name, or its file can't be used.
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
            loaded = self._loaded.get(name)
            if loaded is None or loaded[0] != stamp:
                loaded = stamp, Classifier(*checkpoint.load(path))
                self._loaded[name] = loaded
            return loaded[1]

    def card(self, name: str | None) -> Card:
        """A model's card. Raises CheckpointError as `get` does."""
        return self.get(name).card

    def choices(self) -> list[tuple[str, str]]:
        """(title, name) of each model, sorted by name; the title of one that can't be used says
        so."""
        return [(self._title(name), name) for name in checkpoint.names()]

    def cards(self) -> list[tuple[str, Card]]:
        """(name, card) of each model that can be used, sorted by name."""
        cards = []
        for name in checkpoint.names():
            with suppress(CheckpointError):
                cards.append((name, self.card(name)))
        return cards

    def first(self) -> str | None:
        """The model that the page begins with: accents, the paper's task, if there is one."""
        names = checkpoint.names()
        return "accents" if "accents" in names else next(iter(names), None)

    def _title(self, name: str) -> str:
        try:
            return self.card(name).title
        except CheckpointError:
            return f"{name} (its file can't be used)"


@cache
def shared_models() -> Models:
    """The one `Models` of this program."""
    return Models()
