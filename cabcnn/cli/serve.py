"""`cabcnn app`: the page."""

from __future__ import annotations

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
) -> None:
    """Open the page: record or upload a voice and see why it was classified so."""
    from cabcnn.ui import page

    page.launch(page.build(), host=host, port=port, share=share)
