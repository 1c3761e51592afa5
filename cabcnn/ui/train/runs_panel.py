"""The training runs beside the form: kept up to date while one goes on, and acted upon."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from cabcnn.checkpoint import SUFFIX
from cabcnn.errors import CabcnnError
from cabcnn.runs.queue import Job
from cabcnn.runs.run import MODEL
from cabcnn.ui.components import RunsView
from cabcnn.ui.explore import nothing, session_of, trouble
from cabcnn.ui.models import Models
from cabcnn.ui.sounds import Sounds
from cabcnn.ui.train import report
from cabcnn.ui.train.page_state import PageStates
from cabcnn.views.runs import payload

EXPLORE = "explore"  # the tab's id
POLL_SECONDS = 1.5
ASK_ON_SECONDS = 15.0  # after all is quiet: answers may overtake each other
# The hidden button has its file by the time that the event is over.
DOWNLOAD = "() => document.querySelector('#train-file')?.click()"


class RunsPanel:
    """The components, put on the page where this is made, and what keeps them up to date."""

    def __init__(self, desk: PageStates) -> None:
        self.desk = desk

        def frames(asked: Any) -> dict[str, Any]:
            """The view's own question; what it can't have asked is answered with nothing."""
            name, epochs = asked if isinstance(asked, list) and len(asked) == 2 else (None, None)
            try:
                return payload.frames(desk.jobs, name, epochs)
            except CabcnnError:
                return {}

        self.view = RunsView(
            payload.payload([], None), server_functions=[frames], elem_id="train-runs"
        )
        self.report = gr.HTML(visible=False, elem_id="train-report")
        self.timer = gr.Timer(POLL_SECONDS, active=False)
        self.file = gr.DownloadButton("File", visible="hidden", elem_id="train-file")
        self.outputs = [self.view, self.report, self.timer]

    def refreshed(self, session: str) -> dict[Any, Any]:
        """The page's runs as they are now."""
        page, there = self.desk.page(session), self.desk.jobs.all()
        job = payload.chosen(there, page.watched)
        if payload.going_on(there):
            page.asks_until = time.monotonic() + ASK_ON_SECONDS
        shown: dict[Any, Any] = {
            self.view: payload.payload(there, page.watched),
            self.timer: gr.Timer(active=time.monotonic() < page.asks_until),
        }
        stamp = None if job is None else report.stamp(job)
        if stamp != page.reported:
            page.reported = stamp
            text = "" if job is None or stamp is None else report.report(job)
            shown[self.report] = gr.HTML(text, visible=stamp is not None)
        return shown

    def wire(
        self,
        models: Models,
        sounds: Sounds,
        model: gr.Dropdown,
        message: gr.HTML,
        tab: gr.Tab,
        tabs: gr.Tabs,
        explain_again: Callable[[Any], None],
    ) -> None:
        """Lets the view act. `message` says what could not be done."""
        jobs = self.desk.jobs

        def look(request: gr.Request) -> dict[Any, Any]:
            return self.refreshed(session_of(request))

        def pick(request: gr.Request, event: gr.EventData) -> dict[Any, Any]:
            session = session_of(request)
            self.desk.page(session).watched = asked(event, "run")
            return self.refreshed(session)

        def act(request: gr.Request, event: gr.EventData) -> dict[Any, Any]:
            session, name = session_of(request), asked(event, "run")
            deed = {
                "stop": jobs.stop, "cancel": jobs.cancel, "resume": jobs.resume,
                "remove": jobs.remove,
            }.get(asked(event, "do"))  # fmt: skip
            said = nothing()
            try:
                if deed is not None:
                    deed(name)
            except CabcnnError as error:
                said = trouble(error)
            return {**self.refreshed(session), message: said}

        def take(request: gr.Request, event: gr.EventData) -> dict[Any, Any]:
            try:
                job = jobs.get(asked(event, "run"))
                return {self.file: str(_file(job, asked(event, "do"), sounds.folder))}
            except CabcnnError as error:
                raise gr.Error(str(error), print_exception=False) from error

        def use(request: gr.Request, event: gr.EventData) -> dict[Any, Any]:
            try:
                name = jobs.publish(asked(event, "run"))
            except CabcnnError as error:
                raise gr.Error(str(error), print_exception=False) from error
            gr.Info(f"{name} is now the model of this page: record or upload something.")
            return {
                model: gr.Dropdown(choices=models.choices(), value=name),
                tabs: gr.Tabs(selected=EXPLORE),
            }

        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        self.timer.tick(look, None, self.outputs, queue=False, **quiet)
        tab.select(look, None, self.outputs, queue=False, **quiet)
        self.view.pick(pick, None, self.outputs, queue=False, **quiet)
        self.view.act(act, None, [*self.outputs, message], queue=False, **quiet)
        # In the queue, without which nothing can be said to the visitor (`gr.Info`, `gr.Error`).
        taken = self.view.take(take, None, self.file, **quiet)
        taken.success(None, js=DOWNLOAD)
        explain_again(self.view.use(use, None, [model, tabs], **quiet))


def asked(event: gr.EventData, what: str) -> str:
    """What the view said of its event; "" for what it can't have said."""
    said = event._data
    value = said.get(what) if isinstance(said, dict) else None
    return value if isinstance(value, str) else ""


def _file(job: Job, what: str, folder: Path) -> Path:
    """A copy of a run's model or report, called like the run, to be downloaded.

    Raises CabcnnError where there is none.
    """
    if not job.has_model:
        raise CabcnnError(f"{job.name} has no model yet; wait until it is finished.")
    place = Path(tempfile.mkdtemp(dir=folder))
    if what != "report":
        return shutil.copyfile(job.folder / MODEL, place / f"{job.name}{SUFFIX}")
    inside = place / f"{job.name} report"
    shutil.copytree(job.folder / "report", inside, dirs_exist_ok=True)
    archive = shutil.make_archive(str(inside), "zip", place, inside.name)
    shutil.rmtree(inside)
    return Path(archive)
