"""The tab: its two steps on the left, the training runs beside them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from cabcnn.errors import CabcnnError
from cabcnn.ui.messages import error_message, no_message, notice, session_id
from cabcnn.ui.models import Models
from cabcnn.ui.sounds import Sounds
from cabcnn.ui.train import corpus_handlers, model_files, recordings, settings
from cabcnn.ui.train.corpus_handlers import UPLOAD_EXPIRED
from cabcnn.ui.train.page_state import PageStates
from cabcnn.ui.train.runs_panel import PRESS_DOWNLOAD, RunsPanel
from cabcnn.ui.train.training import Training

NO_RECORDINGS = "Choose recordings first."
SHARED = (
    "Training goes on when you leave this page. Everybody who can open this page can see, stop, "
    "use and remove training runs and their models, but not your recordings."
)
SCROLL_TO_RUNS = (
    "() => document.querySelector('#train-runs')?.scrollIntoView({block: 'nearest', "
    "behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth'})"
)


def build(
    training: Training,
    models: Models,
    sounds: Sounds,
    model: gr.Dropdown,
    tab: gr.Tab,
    tabs: gr.Tabs,
    explain_after: Callable[[Any], None],
) -> PageStates:
    """Lays out the tab, one of the page's `tabs`. `model` is the page's choice of model, and
    `explain_after` adds to an event the explanation of the clip that is open in Explore."""
    jobs = training.jobs
    pages = PageStates(jobs)
    with gr.Row(elem_id="train"):
        with gr.Column(scale=2, min_width=320, elem_id="train-form"):
            gr.HTML("<h2><i>1</i> Recordings</h2>", elem_classes="step")
            step_1 = recordings.lay_out(training.corpora_folder)
            gr.HTML("<h2><i>2</i> Training</h2>", elem_classes="step")
            step_2 = settings.lay_out()
            start = gr.Button("Train", variant="primary", elem_id="train-start")
            message = gr.HTML(visible=False, elem_id="train-message", elem_classes="message")
            gr.HTML(f"<p class='shared'>{SHARED}</p>")
            files = model_files.lay_out()
        with gr.Column(scale=5, min_width=340, elem_id="train-side"):
            runs = RunsPanel(pages)

    def train(request: gr.Request, classes: list[str], *values: Any) -> dict[Any, Any]:
        session = session_id(request)
        page = pages.page(session)
        if page.corpus is None:
            return {message: notice(NO_RECORDINGS)}
        upload = page.corpus.upload
        if upload is not None and not upload.is_dir():
            return {message: notice(UPLOAD_EXPIRED)}
        try:
            plan = settings.make_plan(page.corpus, classes or [], values)
            job = jobs.submit(plan, upload)
        except CabcnnError as error:
            return {message: error_message(error)}
        page.run = job.name
        renamed = f"There is a {plan.name} already, so this one is called {job.name}."
        return {
            message: no_message() if job.name == plan.name else notice(renamed),
            **runs.updates(session),
        }

    corpus_handlers.connect(step_1, step_2, pages, sounds, training.corpora_folder, tab)
    start.click(
        train,
        [step_1.classes, *step_2.inputs()],
        [message, *runs.outputs],
        api_visibility="private",
        show_progress="hidden",
    ).success(None, js=SCROLL_TO_RUNS)
    runs.connect(models, sounds, model, message, tab, tabs, explain_after)
    model_files.connect(files, jobs, models, sounds, model, message, tab, runs.file, PRESS_DOWNLOAD)
    return pages
