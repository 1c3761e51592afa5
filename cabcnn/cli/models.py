"""`cabcnn models`: the models that can be used by name."""

from __future__ import annotations

import typer

from cabcnn.errors import CabcnnError


def models() -> None:
    """List the available models with their scores."""
    from cabcnn import checkpoint

    failed = False
    for name in checkpoint.names():
        try:
            _, card = checkpoint.load(checkpoint.find(name))
        except CabcnnError as error:
            failed = True
            typer.echo(f"{name}: {error}", err=True)
            continue
        typer.echo(f"{name}\t{card.title}\t{', '.join(card.labels)}\t{card.score()}")
    if failed:
        raise typer.Exit(1)
