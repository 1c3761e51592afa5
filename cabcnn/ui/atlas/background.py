"""Atlases computed while the page is served: in the background, one at a time."""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from cabcnn import atlas
from cabcnn.classifier import Classifier
from cabcnn.corpora import Clip
from cabcnn.errors import CabcnnError

LOG = logging.getLogger(__name__)
A_BUG = "It failed for a reason that is not yours; the server's log tells it."


class _EndedError(Exception):
    """Whoever wanted the atlas wants it no more."""


@dataclass
class Work:
    """One atlas that is being computed, or was not in the end."""

    model: str  # its name
    total: int
    done: int = 0
    trouble: str = ""
    ended: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None


class BackgroundAtlases:
    """The one atlas that is being computed, and what became of the last. Safe to use from
    several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._work: Work | None = None
        atexit.register(self.close)

    def of(self, name: str) -> Work | None:
        """The work on a model's atlas that goes on; None where none does."""
        with self._lock:
            return self._work if self._work and self._work.model == name and self._busy() else None

    def trouble(self, name: str) -> str:
        """Why the last atlas did not come about, if it was this model's."""
        with self._lock:
            return self._work.trouble if self._work and self._work.model == name else ""

    def start(self, name: str, classifier: Classifier, clips: Sequence[Clip]) -> None:
        """Begins, unless this very work goes on. Raises CabcnnError where another does."""
        with self._lock:
            if self._work is not None and self._busy():
                if self._work.model == name:
                    return
                raise CabcnnError(
                    "The atlas of another model is being computed; wait until it is done."
                )
            work = Work(name, len(clips))
            work.thread = threading.Thread(
                target=_carry_out, args=(work, classifier, clips), name="atlas", daemon=True
            )
            self._work = work
            work.thread.start()

    def end(self, name: str) -> None:
        """Ends the work on a model's atlas, if any, and waits until it has: a clip's time."""
        work = self.of(name)
        if work is not None and work.thread is not None:
            work.ended.set()
            work.thread.join()

    def close(self) -> None:
        """Ends whatever goes on."""
        if self._work is not None:
            self.end(self._work.model)

    def _busy(self) -> bool:
        thread = self._work.thread if self._work else None
        return thread is not None and thread.is_alive()


def _carry_out(work: Work, classifier: Classifier, clips: Sequence[Clip]) -> None:
    def tell(done: int) -> None:
        work.done = done
        if work.ended.is_set():
            raise _EndedError

    try:
        atlas.of(classifier, clips, progress=tell)
    except _EndedError:
        pass
    except CabcnnError as error:
        work.trouble = str(error)
    except Exception:  # in a thread nobody sees it: the log does, and the visitor is told
        LOG.exception("The atlas of %s was not computed.", work.model)
        work.trouble = A_BUG
