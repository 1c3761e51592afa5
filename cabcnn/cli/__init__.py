"""The command line: thin commands around the functions that the page uses too."""

from __future__ import annotations

import io
import sys

import typer

from cabcnn.cli import corpus
from cabcnn.cli.atlas import atlas
from cabcnn.cli.evaluate import evaluate
from cabcnn.cli.explain import explain
from cabcnn.cli.faithfulness import faithfulness
from cabcnn.cli.models import models
from cabcnn.cli.serve import serve
from cabcnn.cli.study import study
from cabcnn.cli.train import train
from cabcnn.errors import CabcnnError

app = typer.Typer(
    help="Hear a voice, see which of forty small classifiers decided, and why.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(explain)
app.command()(atlas)
app.command()(evaluate)
app.command()(faithfulness)
app.command()(models)
app.command()(train)
app.command()(study)
app.command("app")(serve)
app.add_typer(corpus.app, name="corpus")


def main() -> None:
    """Runs the command line. An error that the user can correct is one sentence and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # file names may not fit its encoding
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except CabcnnError as error:
        typer.echo(str(error), err=True)
        sys.exit(1)
