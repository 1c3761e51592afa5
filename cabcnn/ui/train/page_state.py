"""What each open page has on its desk: the recordings it brought, the run it watches."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from cabcnn.runs.queue import JobQueue
from cabcnn.ui.train.corpus_summary import CorpusSummary
from cabcnn.ui.train.recordings import Upload

MOST_PAGES = 1000


@dataclass
class PageState:
    brought: Upload | None = None
    found: CorpusSummary | None = None
    watched: str | None = None  # the run, None for whichever is most worth watching
    reported: tuple[str, int] | None = None  # what the report on it is of
    asks_until: float = 0.0  # by the monotonic clock: then it stops asking after the runs


class PageStates:
    """The pages that are open, by their sessions. Safe to use from several threads."""

    def __init__(self, jobs: JobQueue) -> None:
        self.jobs = jobs
        self._lock = Lock()
        self._pages: dict[str, PageState] = {}  # the least recently used first

    def page(self, session: str) -> PageState:
        with self._lock:
            page = self._pages.pop(session, None) or PageState()
            self._pages[session] = page
            forgotten = list(self._pages)[:-MOST_PAGES]
        for other in forgotten:
            self.forget(other)
        if page.brought is not None:
            self.jobs.uploads.hold(page.brought.upload)
        return page

    def put(self, session: str, found: CorpusSummary | None, brought: Upload | None) -> None:
        """What was found in which recordings, in place of what was there before."""
        page = self.page(session)
        last, page.found, page.brought = page.brought, found, brought
        if last is not None and last != brought:
            self.jobs.uploads.release(last.upload)

    def forget(self, session: str) -> None:
        """Clears the desk of a page that was closed."""
        with self._lock:
            page = self._pages.pop(session, None)
        if page is not None and page.brought is not None:
            self.jobs.uploads.release(page.brought.upload)
