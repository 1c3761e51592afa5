"""`cabcnn app`: the page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port; a free one from 7860 if left out.")
    ] = None,
    share: Annotated[
        bool, typer.Option(help="Open a public link through Gradio's servers.")
    ] = False,
    training: Annotated[
        bool | None,
        typer.Option(
            "--training/--no-training",
            help="Whether visitors may train models; they may unless --share is given.",
            show_default=False,
        ),
    ] = None,
    at_once: Annotated[
        int, typer.Option(min=1, help="Training runs that go on at a time; others wait.")
    ] = 1,
    corpora_folder: Annotated[
        Path | None,
        typer.Option(
            help="Let visitors train on the folders in this one.", exists=True, file_okay=False
        ),
    ] = None,
    auth: Annotated[
        str | None,
        typer.Option(
            metavar="USER:PASSWORD",
            help="Ask visitors for this; or a file with a line of that for each of them.",
            envvar="CABCNN_AUTH",
        ),
    ] = None,
    mcp: Annotated[
        bool,
        typer.Option(
            "--mcp",
            # Without the backslash Rich takes [mcp] for a style, and leaves it out.
            help="Offer the endpoints for programs to assistants too, as tools of the Model "
            "Context Protocol; needs `pip install 'gradio\\[mcp]'`.",
            envvar="CABCNN_MCP",
        ),
    ] = False,
) -> None:
    """Open the page: record or upload a voice, see why it was classified so, train models."""
    from cabcnn.runs.queue import JobQueue
    from cabcnn.ui import page
    from cabcnn.ui.auth import parse
    from cabcnn.ui.train import Training

    visitors = parse(auth, mcp)
    wanted = allowed(training, share)
    chosen = Training(JobQueue(at_once=at_once), corpora_folder) if wanted else None
    demo = page.build(chosen)
    page.launch(demo, host=host, port=port, share=share, training=chosen, mcp=mcp, auth=visitors)


def allowed(said: bool | None, share: bool) -> bool:
    """Whether visitors may train: as was said, else unless all the world may open the page."""
    return not share if said is None else said
