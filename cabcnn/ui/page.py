"""The page: its tabs, its looks, and how it is served."""

from __future__ import annotations

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
from gradio.themes import Base, colors

from cabcnn import memory
from cabcnn.errors import CabcnnError
from cabcnn.threads import cpu_count
from cabcnn.ui import about, api, atlas, compare, explore, live, prewarm, terms, train
from cabcnn.ui.models import kept as kept_models
from cabcnn.ui.sounds import UPLOAD_SECONDS
from cabcnn.ui.sounds import kept as kept_sounds
from cabcnn.ui.train.runs_panel import EXPLORE
from cabcnn.views import bundle

HERE = Path(__file__).parent
TITLE = "CAB-CNN Explorer"
LARGEST_UPLOAD = "500mb"
# Seconds after which Gradio's queue looks for work again. With its own of 1 ms (50 on Windows) a
# page that nobody used kept a tenth of a core busy.
QUEUE_LOOKS = 0.01
SCRIPTS = ("microphone.js", "drop.js", "terms.js")
STYLES = (
    "page.css",
    "evidence/evidence.css",
    "export/export.css",
    "compare/compare.css",
)
HEADER = """
<h1>CAB-CNN Explorer</h1>
<p>Record a voice, and see which of forty small classifiers decided, when, and for what.</p>
"""


def build(training: train.Training | None = None) -> gr.Blocks:
    """The page with all its tabs, ready for `launch`. Without `training`, no Train tab."""
    models, sounds = kept_models(), kept_sounds()
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
        desk = None
        with gr.Tabs(elem_id="tabs") as tabs:
            with gr.Tab("Explore", id=EXPLORE):
                again, open_link = explore.build(models, sounds, model)
            with gr.Tab("Live", id="live"):
                live.build(models, sounds, model, tabs, EXPLORE, again)
            with gr.Tab("Compare", id="compare") as comparing:
                compare.build(models, sounds, comparing)
            with gr.Tab("Atlas", id="atlas") as tab:
                atlas.build(models, model, tab, tabs, EXPLORE)
            if training is not None:
                with gr.Tab("Train", id="train") as tab:
                    desk = train.build(training, models, sounds, model, tab, tabs, again)
            with gr.Tab("About the model", id="about"):
                about.build(models, model)
        api.build(models, sounds)

        def offer(current: str | None):
            """A checkpoint that came while the server ran is offered from the next visit on."""
            choices = models.choices()
            known = current in {name for _, name in choices}
            return gr.Dropdown(choices=choices, value=current if known else models.first())

        def leave(request: gr.Request) -> None:
            sounds.forget(explore.session_of(request))
            if desk is not None:
                desk.forget(explore.session_of(request))

        open_link(demo.load(offer, model, model, queue=False, api_visibility="private"))
        demo.unload(leave)
    demo._queue.sleep_when_free = max(demo._queue.sleep_when_free, QUEUE_LOOKS)
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
    is what the page was built with. With `mcp`, the endpoints for programs are tools of the
    Model Context Protocol too.

    Raises CabcnnError where the port is taken, the environment says nonsense of training, or
    what MCP needs is not installed.
    """
    if mcp:
        _need_mcp()
    if training is not None:
        training.check()
    memory.keep_freed_memory()
    _share_cores()
    _leave_nothing_behind()
    scripts = [(HERE / name).read_text("utf-8") for name in SCRIPTS]
    scripts.append(bundle.page_script())
    # Where it is to return at once there is no end to leave the context at.
    ready = nullcontext() if options.get("prevent_thread_lock") else prewarm.prewarm(kept_models())
    try:
        with ready:
            return demo.launch(
                server_name=host,
                server_port=port,
                share=share,
                theme=theme(),
                css_paths=[HERE / name for name in STYLES],
                head=terms.script() + "".join(f"<script>{script}</script>" for script in scripts),
                footer_links=["api", "settings"],
                max_file_size=LARGEST_UPLOAD,
                run_history=False,  # what was said stays with who said it
                enable_monitoring=False,
                ssr_mode=False,
                mcp_server=mcp,
                app_kwargs={"lifespan": partial(_serving, training), "routes": [live.route()]},
                **options,
            )
    except OSError as error:
        if "port" not in str(error):
            raise
        taken = f"Port {port} is" if port else "A hundred ports from the first are"
        raise CabcnnError(f"{taken} taken; choose another.") from error


@asynccontextmanager
async def _serving(training: train.Training | None, app: object) -> AsyncIterator[None]:
    """What goes on for as long as the server runs."""
    with memory.gc_frozen():
        async with kept_sounds().sweeping(app):
            with training.serving() if training is not None else nullcontext():
                yield


def _need_mcp() -> None:
    """Gradio would go on without."""
    try:
        importlib.import_module("mcp")
    except ImportError as error:
        raise CabcnnError(
            "MCP needs a package that is not installed; run: pip install 'gradio[mcp]'."
        ) from error


def _share_cores() -> None:
    """Has torch use at most half of the cores, unless the host says how many: the rest is for
    other visitors, the page itself and, where it is on the same machine, the browser. On two
    cores one explanation took a quarter longer on one of them where nothing else ran, but came
    a tenth sooner to a browser beside it."""
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(max(1, min(torch.get_num_threads(), cpu_count() // 2)))


def _leave_nothing_behind() -> None:
    """Makes an ordered end (SIGTERM: a container or a service stopped) a clean one, in which
    visitors' sounds are removed, as they are after Ctrl-C."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())


def theme() -> Base:
    """Calm, in the system's own fonts: nothing is fetched from anywhere."""
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
