"""The training runs beside the form: kept up to date while one goes on, and controlled."""

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
from cabcnn.ui import tab_ids
from cabcnn.ui.components import RunsView
from cabcnn.ui.messages import error_message, gradio_errors, no_message, session_id
from cabcnn.ui.models import Models
from cabcnn.ui.sounds import Sounds
from cabcnn.ui.train import report
from cabcnn.ui.train.page_state import PageStates
from cabcnn.views.runs import payload

POLL_SECONDS = 1.5
KEEP_POLLING_SECONDS = 15.0  # after nothing is running any more: answers may overtake each other
# By the time the event is over, the hidden button has its file.
PRESS_DOWNLOAD = "() => document.querySelector('#train-file')?.click()"


class RunsPanel:
    """The components, which are put on the page where this is made, and their updates."""

    def __init__(self, pages: PageStates) -> None:
        self.pages = pages

        def frames(request: Any) -> dict[str, Any]:
            """Attention frames, which the view requests; {} if the request is invalid."""
            is_pair = isinstance(request, list) and len(request) == 2
            name, epochs = request if is_pair else (None, None)
            try:
                return payload.frames(pages.jobs, name, epochs)
            except CabcnnError:
                return {}

        self.view = RunsView(
            payload.payload([], None), server_functions=[frames], elem_id="train-runs"
        )
        self.report = gr.HTML(visible=False, elem_id="train-report")
        self.timer = gr.Timer(POLL_SECONDS, active=False)
        self.file = gr.DownloadButton("File", visible="hidden", elem_id="train-file")
        self.outputs = [self.view, self.report, self.timer]

    def updates(self, session: str) -> dict[Any, Any]:
        """The page's runs as they are now."""
        page, jobs = self.pages.page(session), self.pages.jobs.all()
        job = payload.shown_job(jobs, page.run)
        if payload.any_active(jobs):
            page.poll_until = time.monotonic() + KEEP_POLLING_SECONDS
        updates: dict[Any, Any] = {
            self.view: payload.payload(jobs, page.run),
            self.timer: gr.Timer(active=time.monotonic() < page.poll_until),
        }
        stamp = None if job is None else report.stamp(job)
        if stamp != page.report:
            page.report = stamp
            text = "" if job is None or stamp is None else report.to_html(job)
            updates[self.report] = gr.HTML(text, visible=stamp is not None)
        return updates

    def connect(
        self,
        models: Models,
        sounds: Sounds,
        model: gr.Dropdown,
        message: gr.HTML,
        tab: gr.Tab,
        tabs: gr.Tabs,
        explain_after: Callable[[Any], None],
    ) -> None:
        """Connects the view's events. Errors are shown in `message`."""
        jobs = self.pages.jobs
        actions: dict[str, Callable[[str], None]] = {
            "stop": jobs.stop,
            "cancel": jobs.cancel,
            "resume": jobs.resume,
            "remove": jobs.remove,
        }

        def update_runs(request: gr.Request) -> dict[Any, Any]:
            return self.updates(session_id(request))

        def choose_run(request: gr.Request, event: gr.EventData) -> dict[Any, Any]:
            session = session_id(request)
            self.pages.page(session).run = event_field(event, "run")
            return self.updates(session)

        def act_on_run(request: gr.Request, event: gr.EventData) -> dict[Any, Any]:
            action = actions.get(event_field(event, "do"))
            shown_message = no_message()
            try:
                if action is not None:
                    action(event_field(event, "run"))
            except CabcnnError as error:
                shown_message = error_message(error)
            return {**self.updates(session_id(request)), message: shown_message}

        def download_from_run(request: gr.Request, event: gr.EventData) -> dict[Any, Any]:
            with gradio_errors():
                job = jobs.get(event_field(event, "run"))
                return {self.file: str(_file(job, event_field(event, "do"), sounds.folder))}

        def use_model(request: gr.Request, event: gr.EventData) -> dict[Any, Any]:
            with gradio_errors():
                name = jobs.publish(event_field(event, "run"))
            gr.Info(f"{name} is now the model of this page: record or upload something.")
            return {
                model: gr.Dropdown(choices=models.choices(), value=name),
                tabs: gr.Tabs(selected=tab_ids.EXPLORE),
            }

        private: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        self.timer.tick(update_runs, None, self.outputs, queue=False, **private)
        tab.select(update_runs, None, self.outputs, queue=False, **private)
        self.view.pick(choose_run, None, self.outputs, queue=False, **private)
        self.view.act(act_on_run, None, [*self.outputs, message], queue=False, **private)
        # In the queue: without it Gradio can show neither `gr.Info` nor `gr.Error`.
        downloaded = self.view.download(download_from_run, None, self.file, **private)
        downloaded.success(None, js=PRESS_DOWNLOAD)
        explain_after(self.view.use(use_model, None, [model, tabs], **private))


def event_field(event: gr.EventData, name: str) -> str:
    """A field of the view's event; "" if it is missing or not a string."""
    value = event._data.get(name) if isinstance(event._data, dict) else None
    return value if isinstance(value, str) else ""


def _file(job: Job, what: str, folder: Path) -> Path:
    """A copy of a run's model or report to download, named after the run.

    Raises CabcnnError if the run has no model yet.
    """
    if not job.has_model:
        raise CabcnnError(f"{job.name} has no model yet; wait until it is finished.")
    target = Path(tempfile.mkdtemp(dir=folder))
    if what != "report":
        return shutil.copyfile(job.folder / MODEL, target / f"{job.name}{SUFFIX}")
    inside = target / f"{job.name} report"
    shutil.copytree(job.folder / "report", inside, dirs_exist_ok=True)
    archive = shutil.make_archive(str(inside), "zip", target, inside.name)
    shutil.rmtree(inside)
    return Path(archive)
