"""The state of each open page: the recordings that it uploaded, the run that it shows."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from cabcnn.runs.queue import JobQueue
from cabcnn.ui.train.corpus_summary import CorpusSummary
from cabcnn.ui.train.recordings import Upload

MAX_PAGES = 1000


@dataclass
class PageState:
    upload: Upload | None = None
    corpus: CorpusSummary | None = None
    run: str | None = None  # the run that was chosen; None for the one most worth watching
    report: tuple[str, int] | None = None  # the stamp of the report that is shown
    poll_until: float = 0.0  # by the monotonic clock


class PageStates:
    """The open pages by their sessions. Can be shared by threads."""

    def __init__(self, jobs: JobQueue) -> None:
        self.jobs = jobs
        self._lock = Lock()
        self._pages: dict[str, PageState] = {}  # the least recently used first

    def page(self, session: str) -> PageState:
        with self._lock:
            page = self._pages.pop(session, None) or PageState()
            self._pages[session] = page
            too_many = list(self._pages)[:-MAX_PAGES]
        for oldest in too_many:
            self.forget(oldest)
        if page.upload is not None:
            self.jobs.uploads.hold(page.upload.folder)
        return page

    def set_corpus(self, session: str, corpus: CorpusSummary | None, upload: Upload | None) -> None:
        """Replaces a page's corpus, and the upload that it comes from."""
        page = self.page(session)
        last, page.corpus, page.upload = page.upload, corpus, upload
        if last is not None and last != upload:
            self.jobs.uploads.release(last.folder)

    def forget(self, session: str) -> None:
        """Drops the state of a page that was closed."""
        with self._lock:
            page = self._pages.pop(session, None)
        if page is not None and page.upload is not None:
            self.jobs.uploads.release(page.upload.folder)
