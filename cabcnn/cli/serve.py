"""`cabcnn app`: serves the page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; 0.0.0.0 accepts other machines.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65_535, help="Port; a free one from 7860 if left out."),
    ] = None,
    share: Annotated[
        bool, typer.Option(help="Open a public link through Gradio's servers.")
    ] = False,
    training: Annotated[
        bool | None,
        typer.Option(
            "--training/--no-training",
            help="Whether visitors can train models. By default they can, unless --share is given.",
            show_default=False,
        ),
    ] = None,
    at_once: Annotated[int, typer.Option(min=1, help="Training runs at a time; others wait.")] = 1,
    corpora_folder: Annotated[
        Path | None,
        typer.Option(
            help="Let visitors train on the folders in this folder.", exists=True, file_okay=False
        ),
    ] = None,
    auth: Annotated[
        str | None,
        typer.Option(
            metavar="USER:PASSWORD",
            help="Require this login; or a file with one in each line.",
            envvar="CABCNN_AUTH",
        ),
    ] = None,
    mcp: Annotated[
        bool,
        typer.Option(
            "--mcp",
            # Without the backslash Rich would take [mcp] for a style.
            help="Offer the API to assistants too, by the Model Context Protocol; needs "
            "`pip install 'gradio\\[mcp]'`.",
            envvar="CABCNN_MCP",
        ),
    ] = False,
) -> None:
    """Serve the page: record or upload a voice, see why it is classified so, train models."""
    from cabcnn.ui import page
    from cabcnn.ui.auth import parse
    from cabcnn.ui.train import Training, job_queue

    logins = parse(auth, mcp)
    offered = None
    if training_allowed(training, share):
        offered = Training(job_queue(at_once), corpora_folder)
    demo = page.build(offered)
    page.launch(demo, host=host, port=port, share=share, training=offered, mcp=mcp, auth=logins)


def training_allowed(option: bool | None, share: bool) -> bool:
    """Whether visitors can train: by the option, else unless anybody can open the page."""
    return not share if option is None else option
