"""The page: its tabs, its looks, and how it is served."""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
import torch
from gradio.routes import App
from gradio.themes import Base, colors
from starlette.middleware import Middleware

from cabcnn import memory
from cabcnn.errors import CabcnnError
from cabcnn.threads import cpu_count
from cabcnn.ui import (
    about,
    address,
    api,
    atlas,
    compare,
    explore,
    language,
    live,
    prewarm,
    tab_ids,
    terms,
    train,
)
from cabcnn.ui.guard import Guard
from cabcnn.ui.limits import limits
from cabcnn.ui.messages import session_id
from cabcnn.ui.models import shared_models
from cabcnn.ui.sounds import UPLOAD_SECONDS, shared_sounds
from cabcnn.ui.visits import shared_visits
from cabcnn.views import bundle

HERE = Path(__file__).parent
TITLE = "CAB-CNN Explorer"
SWEEP_SECONDS = 10.0  # between two removals of what nobody needs any more
# Seconds between two looks of Gradio's queue for work. With its own 1 ms (50 on Windows) a page
# that nobody uses keeps a tenth of a core busy.
QUEUE_POLL_SECONDS = 0.01
SCRIPTS = ("microphone.js", "drop.js", "terms.js")
STYLES = (
    "page.css",
    "evidence/evidence.css",
    "export/export.css",
    "compare/compare.css",
)
HEADER = """
<h1>CAB-CNN Explorer</h1>
<p>Guesses from a voice in which country its speaker was born (with other models the first language,
a digit or a word), and shows which of forty small classifiers decided, when, and for what.</p>
"""


def build(training: train.Training | None = None) -> gr.Blocks:
    """The page with all its tabs, ready for `launch`. Without `training`, no Train tab."""
    models, sounds, visits = shared_models(), shared_sounds(), shared_visits()
    with gr.Blocks(
        title=TITLE,
        analytics_enabled=False,
        fill_width=True,
        delete_cache=(60, round(UPLOAD_SECONDS)),
    ) as demo:
        with gr.Row(elem_id="header"):
            gr.HTML(HEADER, elem_id="title")
            model = gr.Dropdown(
                choices=models.choices(),
                value=models.first(),
                label="Model",
                elem_id="model",
                filterable=False,
                min_width=260,
            )
        page_states = None
        with gr.Tabs(elem_id="tabs") as tabs:
            with gr.Tab("Explore", id=tab_ids.EXPLORE):
                explain_after, open_link_after = explore.build(models, sounds, model)
            with gr.Tab("Live", id=tab_ids.LIVE):
                live.build(models, sounds, model, tabs, explain_after)
            with gr.Tab("Compare", id=tab_ids.COMPARE) as tab:
                compare.build(models, sounds, tab)
            with gr.Tab("Atlas", id=tab_ids.ATLAS) as tab:
                atlas.build(models, model, tab, tabs)
            if training is not None:
                with gr.Tab("Train", id=tab_ids.TRAIN) as tab:
                    page_states = train.build(
                        training, models, sounds, model, tab, tabs, explain_after
                    )
            with gr.Tab("About the model", id=tab_ids.ABOUT):
                about.build(models, model)
        api.build(demo, models, sounds)

        def update_models(request: gr.Request, current: str | None):
            """Offers a model that appeared while the server ran from the next visit on."""
            visits.begin(session_id(request))
            choices = models.choices()
            is_known = current in {name for _, name in choices}
            return gr.Dropdown(choices=choices, value=current if is_known else models.first())

        def leave(request: gr.Request) -> None:
            visits.end(session_id(request))
            sounds.forget(session_id(request))
            if page_states is not None:
                page_states.forget(session_id(request))

        open_link_after(
            demo.load(update_models, model, model, queue=False, api_visibility="private")
        )
        demo.unload(leave)
    demo._queue.sleep_when_free = max(demo._queue.sleep_when_free, QUEUE_POLL_SECONDS)
    return demo


def launch(
    demo: gr.Blocks,
    *,
    host: str | None = None,
    port: int | None = None,
    share: bool = False,
    training: train.Training | None = None,
    mcp: bool = False,
    **options: Any,
) -> Any:
    """Serves the page until it is interrupted; `options` go to `gr.Blocks.launch`. `training`
    is what the page was built with. With `mcp`, the endpoints for programs are also tools of the
    Model Context Protocol.

    Raises CabcnnError if the address or the port can't be used, the environment's settings for
    training are invalid, or the package for MCP is not installed.
    """
    if mcp:
        _check_mcp()
    if training is not None:
        training.check()
    host, port = address.checked(host, port)
    address.bypass_proxies(host, share)
    memory.keep_freed_memory()
    _leave_cores_free()
    _exit_cleanly_on_sigterm()
    scripts = [(HERE / name).read_text("utf-8") for name in SCRIPTS]
    scripts.append(bundle.page_script())
    # A launch that returns at once has no end at which prewarming could be stopped.
    returns_at_once = options.get("prevent_thread_lock")
    try:
        with nullcontext() if returns_at_once else prewarm.prewarm(shared_models()):
            return demo.launch(
                server_name=host,
                server_port=port,
                share=share,
                theme=theme(),
                css_paths=[HERE / name for name in STYLES],
                head=terms.script() + "".join(f"<script>{script}</script>" for script in scripts),
                i18n=gr.I18n(en=language.WORDS),
                footer_links=["api", "settings"],
                max_file_size=f"{limits().upload_megabytes}mb",
                run_history=False,  # a visitor's inputs are nobody else's business
                enable_monitoring=False,
                ssr_mode=False,
                mcp_server=mcp,
                app_kwargs={
                    "lifespan": partial(_serving, training),
                    "routes": [live.route(), api.route()],
                    "middleware": [
                        Middleware(Guard, folder=shared_sounds().folder),
                        Middleware(language.English),
                    ],
                },
                **options,
            )
    except OSError as error:
        if "port" not in str(error):
            raise
        ports = f"Port {port} is" if port else "The first hundred ports are"
        raise CabcnnError(f"{ports} taken; choose another.") from error


@asynccontextmanager
async def _serving(training: train.Training | None, app: App) -> AsyncIterator[None]:
    """What runs for as long as the server does."""

    async def sweep_forever() -> None:
        while True:
            try:
                await asyncio.to_thread(shared_sounds().sweep)
                shared_visits().prune(app.get_blocks())
            except OSError as error:  # the next time may do better
                sys.stderr.write(f"Old files can't be removed ({error}).\n")
            await asyncio.sleep(SWEEP_SECONDS)

    with memory.gc_frozen():
        sweeping = asyncio.create_task(sweep_forever())
        try:
            with training.serving() if training is not None else nullcontext():
                yield
        finally:
            sweeping.cancel()


def _check_mcp() -> None:
    """Gradio would start without MCP if its package is missing."""
    try:
        importlib.import_module("mcp")
    except ImportError as error:
        raise CabcnnError(
            "MCP needs a package that is not installed; run: pip install 'gradio[mcp]'."
        ) from error


def _leave_cores_free() -> None:
    """Limits torch to half of the cores, unless OMP_NUM_THREADS is set: the rest is for other
    visitors, the page itself and, on one's own machine, the browser. Measured on two cores, an
    explanation takes a quarter longer on one of them, but reaches a browser on the same machine
    a tenth sooner."""
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(max(1, min(torch.get_num_threads(), cpu_count() // 2)))


def _exit_cleanly_on_sigterm() -> None:
    """Removes visitors' sounds when a container or a service is stopped (SIGTERM), as after
    Ctrl-C."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())


def theme() -> Base:
    """A calm theme in the system's own fonts: none is downloaded."""
    sans = ("ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")
    mono = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")
    return Base(
        primary_hue=colors.indigo,
        secondary_hue=colors.indigo,
        neutral_hue=colors.slate,
        font=sans,
        font_mono=mono,
    ).set(
        body_background_fill="*neutral_50",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        color_accent="*primary_600",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_hover_dark="*primary_700",
        link_text_color="*primary_600",
        link_text_color_dark="*primary_300",
        block_border_width="1px",
        block_radius="10px",
    )
