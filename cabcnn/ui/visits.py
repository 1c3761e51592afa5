"""Which sessions of Gradio's belong to open pages. All others are of programs that call the
endpoints: Gradio would keep 0.3 MB for each of the last 10,000 of those."""

from __future__ import annotations

from collections import OrderedDict
from functools import cache
from threading import Lock

from gradio.blocks import Blocks

from cabcnn.ui.limits import limits


class Visits:
    """The sessions of open pages. Can be shared by threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._open: OrderedDict[str, None] = OrderedDict()  # the latest last

    def begin(self, session: str) -> None:
        with self._lock:
            self._open[session] = None
            while len(self._open) > limits().open_pages:
                self._open.popitem(last=False)

    def end(self, session: str) -> None:
        with self._lock:
            self._open.pop(session, None)

    def prune(self, demo: Blocks) -> None:
        """Drops what Gradio keeps of programs' sessions, but for the latest ones."""
        holder = demo.state_holder
        with self._lock, holder.lock:
            others = [session for session in holder.session_data if session not in self._open]
            for session in others[: -limits().program_sessions]:
                holder.session_data.pop(session, None)
                holder.time_last_used.pop(session, None)


@cache
def shared_visits() -> Visits:
    """The one `Visits` of this program."""
    return Visits()
