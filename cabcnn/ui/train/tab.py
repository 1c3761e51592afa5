"""The tab: its two steps on the left, the training runs beside them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from cabcnn.errors import CabcnnError
from cabcnn.ui.explore import note, nothing, session_of, trouble
from cabcnn.ui.models import Models
from cabcnn.ui.sounds import Sounds
from cabcnn.ui.train import corpus_handlers, model_files, recordings, settings
from cabcnn.ui.train.corpus_handlers import BRING_AGAIN
from cabcnn.ui.train.page_state import PageStates
from cabcnn.ui.train.runs_panel import DOWNLOAD, RunsPanel
from cabcnn.ui.train.training import Training

NOTHING_FOUND = "Choose recordings first: nothing is known of any yet."
SHARED = (
    "Training goes on when you leave this page. Training runs and their models can be seen, "
    "stopped, used and removed by everybody who can open this page; recordings can't."
)
TO_THE_VIEW = (
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
    explain_again: Callable[[Any], None],
) -> PageStates:
    """Lays out the tab, one of the page's `tabs`. `model` is the page's choice of model, and
    `explain_again` lets an event end in a new explanation of the sound that its visitor holds
    in the Explore tab."""
    jobs = training.jobs
    desk = PageStates(jobs)
    with gr.Row(elem_id="train"):
        with gr.Column(scale=2, min_width=320, elem_id="train-form"):
            gr.HTML("<h2><i>1</i> Recordings</h2>", elem_classes="step")
            given = recordings.lay_out(training.corpora_folder)
            gr.HTML("<h2><i>2</i> Training</h2>", elem_classes="step")
            chosen = settings.lay_out()
            start = gr.Button("Train", variant="primary", elem_id="train-start")
            message = gr.HTML(visible=False, elem_id="train-message", elem_classes="message")
            gr.HTML(f"<p class='shared'>{SHARED}</p>")
            files = model_files.lay_out()
        with gr.Column(scale=5, min_width=340, elem_id="train-side"):
            watching = RunsPanel(desk)

    def train(request: gr.Request, classes: list[str], *values: Any) -> dict[Any, Any]:
        session = session_of(request)
        page = desk.page(session)
        if page.found is None:
            return {message: note(NOTHING_FOUND)}
        upload = page.found.upload
        if upload is not None and not upload.is_dir():
            return {message: note(BRING_AGAIN)}
        try:
            plan = settings.plan(page.found, classes or [], values)
            job = jobs.submit(plan, upload)
        except CabcnnError as error:
            return {message: trouble(error)}
        page.watched = job.name
        said = nothing()
        if job.name != plan.name:
            said = note(f"There is a {plan.name} already, so this one is called {job.name}.")
        return {message: said, **watching.refreshed(session)}

    corpus_handlers.wire(given, chosen, desk, sounds, training.corpora_folder, tab)
    start.click(
        train,
        [given.classes, *chosen.inputs()],
        [message, *watching.outputs],
        api_visibility="private",
        show_progress="hidden",
    ).success(None, js=TO_THE_VIEW)
    watching.wire(models, sounds, model, message, tab, tabs, explain_again)
    model_files.wire(files, jobs, models, sounds, model, message, tab, watching.file, DOWNLOAD)
    return desk
