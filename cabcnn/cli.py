"""The command line: thin commands over the functions that the page uses too."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import Annotated, TextIO

import typer

from cabcnn.errors import CabcnnError

app = typer.Typer(
    help="Hear a voice, see which of forty small classifiers decided, and why.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class Format(StrEnum):
    """What `explain` can write."""

    csv = "csv"
    json = "json"
    npz = "npz"


@app.command()
def explain(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Sounds or videos.")],
    checkpoint: Annotated[
        str, typer.Option(help="A model's name (see `cabcnn models`) or its file.")
    ] = "accents",
    seconds: Annotated[
        float | None,
        typer.Option(
            help="Hear the first so many seconds; as many as the model's own T if left out."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write each explanation to.", file_okay=False)
    ] = None,
    format: Annotated[  # noqa: A002
        Format | None,
        typer.Option(help="What to write there, over what is there; csv if left out."),
    ] = None,
) -> None:
    """Classify sounds, and write what every interval and classifier said.

    Prints a line for each file: its name, the label, each class's probability. A file that
    can't be read is named on the error stream and the others are still done; the exit code
    is then 1.
    """
    from rich.console import Console
    from rich.progress import Progress

    import cabcnn
    from cabcnn import audio, memory
    from cabcnn.figures import tables

    audio.check_seconds(seconds)
    if format is not None and out is None:
        raise CabcnnError("--format says what to write: give --out, the folder to write it to.")
    ending = (format or Format.csv).value
    memory.keep_freed_memory()
    classifier = cabcnn.load(checkpoint)
    if out is not None:
        _make_folder(out)
    failed = False
    with Progress(
        console=Console(stderr=True),
        transient=True,
        disable=len(files) < 2 or not sys.stderr.isatty(),
        redirect_stdout=sys.stdout.isatty(),  # into a file or a pipe, results go untouched
    ) as progress:
        named = list(zip(files, distinct_stems(files), strict=True))
        for file, stem in progress.track(named, description="Explaining"):
            try:
                x = classifier.explain(file, seconds, name=str(file))
                if out is not None:
                    tables.write(x, out / f"{stem}.{ending}")
            except CabcnnError as error:
                failed = True
                _say(f"{file}: {error}", sys.stderr)
                continue
            chances = zip(x.labels, x.probabilities, strict=True)
            _say("\t".join([str(file), x.label, *(f"{k} {p:.3f}" for k, p in chances)]), sys.stdout)
            for notice in x.notices:
                _say(f"{file}: {notice}", sys.stderr)
    typer.echo(f"{classifier.card.name}: {classifier.card.score()}", err=True)
    if failed:
        raise typer.Exit(1)


def distinct_stems(files: Iterable[Path]) -> list[str]:
    """A name for each file's output: its own without the ending, numbered from the second
    file on that would take the same. Case is no difference, as on many disks."""
    files = list(files)
    taken = {file.stem.casefold() for file in files}
    seen: set[str] = set()
    stems = []
    for file in files:
        stem = file.stem
        if stem.casefold() in seen:
            stem = next(s for n in count(2) if (s := f"{file.stem}-{n}").casefold() not in taken)
            taken.add(stem.casefold())
        seen.add(stem.casefold())
        stems.append(stem)
    return stems


@app.command()
def models() -> None:
    """List the models that are here, each with what it was measured to be worth."""
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


@app.command(name="app")
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


def main() -> None:
    """Runs the command line; what a user can mend ends in one sentence and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a file's name may not fit the terminal's code
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except CabcnnError as error:
        typer.echo(str(error), err=True)
        sys.exit(1)


def _say(line: str, stream: TextIO) -> None:
    """A line to a stream that a progress bar may be standing in for, which `echo` goes round."""
    stream.write(f"{line}\n")


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CabcnnError(f"The folder {path} can't be made: {error.strerror}.") from error


if __name__ == "__main__":
    main()
