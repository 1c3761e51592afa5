"""`cabcnn explain`: sounds classified, and what every interval and classifier said of them."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import ExitStack
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import Annotated

import typer

from cabcnn.cli.terminal import make_folder, say
from cabcnn.errors import CabcnnError


class Format(StrEnum):
    """What `explain` can write; figures/exports.py says what each is for."""

    csv = "csv"
    long_csv = "long.csv"
    json = "json"
    npz = "npz"
    png = "png"
    svg = "svg"
    pdf = "pdf"
    html = "html"
    textgrid = "TextGrid"
    txt = "txt"
    classifiers_txt = "classifiers.txt"


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
    archive: Annotated[
        Path | None,
        typer.Option(
            "--zip", help="One zip to write all to, with a summary of every file.", dir_okay=False
        ),
    ] = None,
    format: Annotated[  # noqa: A002
        list[Format] | None,
        typer.Option(
            case_sensitive=False,
            help="What to write there, over what is there; csv if left out. Can be given again.",
        ),
    ] = None,
    columns: Annotated[
        int, typer.Option(min=1, max=2, help="How wide figures are, in a paper's columns.")
    ] = 2,
    with_sound: Annotated[
        bool, typer.Option("--with-sound", help="Put the sound into html pages.")
    ] = False,
    device: Annotated[
        str, typer.Option(help="cpu, cuda, cuda:1 and so on, or auto: a GPU if there is one.")
    ] = "auto",
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
    from cabcnn.export import zip_file

    audio.check_seconds(seconds)
    if format and out is None and archive is None:
        raise CabcnnError(
            "--format says what to write: give --out, the folder to write it to, or --zip."
        )
    endings = [f".{kind.value}" for kind in dict.fromkeys(format or [Format.csv])]
    memory.keep_freed_memory()
    classifier = cabcnn.load(checkpoint, device)
    if out is not None:
        make_folder(out)
    failed = False
    with ExitStack() as stack:
        zipped = (
            stack.enter_context(zip_file.writing(archive, endings, columns)) if archive else None
        )
        progress = stack.enter_context(
            Progress(
                console=Console(stderr=True),
                transient=True,
                disable=len(files) < 2 or not sys.stderr.isatty(),
                redirect_stdout=sys.stdout.isatty(),  # into a file or a pipe, results go untouched
            )
        )
        named = list(zip(files, distinct_stems(files), strict=True))
        for file, stem in progress.track(named, description="Explaining"):
            sound = file if with_sound else None
            try:
                x = classifier.explain(file, seconds, name=str(file))
                if out is not None:
                    for ending in endings:
                        x.save(out / f"{stem}{ending}", columns=columns, sound=sound)
            except CabcnnError as error:
                failed = True
                say(f"{file}: {error}", sys.stderr)
                if zipped is not None:
                    zipped.fail(str(file), str(error))
                continue
            if zipped is not None:
                zipped.add(x, sound)
            chances = zip(x.labels, x.probabilities, strict=True)
            say("\t".join([str(file), x.label, *(f"{k} {p:.3f}" for k, p in chances)]), sys.stdout)
            for notice in x.notices:
                say(f"{file}: {notice}", sys.stderr)
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
