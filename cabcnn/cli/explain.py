"""`cabcnn explain`: classifies sounds and exports the explanations."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cabcnn.cli.corpus_options import Device, Seconds
from cabcnn.cli.terminal import write_line
from cabcnn.errors import CabcnnError
from cabcnn.files import numbered, shortened

MAX_NAME_BYTES = 255  # of a file, on nearly every file system


class Format(StrEnum):
    """The formats that `explain` can write; `export.formats` describes them."""

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
    seconds: Seconds = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write each explanation to.", file_okay=False)
    ] = None,
    archive: Annotated[
        Path | None,
        typer.Option(
            "--zip",
            help="A zip to write everything to, with a summary of all files.",
            dir_okay=False,
        ),
    ] = None,
    format: Annotated[  # noqa: A002
        list[Format] | None,
        typer.Option(
            case_sensitive=False,
            help="What to write; csv if left out. Can be repeated. Existing files are overwritten.",
        ),
    ] = None,
    columns: Annotated[
        int, typer.Option(min=1, max=2, help="Width of figures, in columns of a paper.")
    ] = 2,
    with_sound: Annotated[
        bool, typer.Option("--with-sound", help="Include the sound in html pages.")
    ] = False,
    sure: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help='Answer "unsure" where such answers were right less often than this, such as '
            "0.8, or where nobody has measured it.",
        ),
    ] = None,
    device: Device = "auto",
) -> None:
    """Classify sounds, and export how every interval and classifier contributed.

    Prints a line for each file: its name, the label, the probability of each class. Files that
    can't be read are named on the error stream, and the exit code is then 1.
    """
    from rich.console import Console
    from rich.progress import Progress

    import cabcnn
    from cabcnn import audio, memory
    from cabcnn.export import zip_file
    from cabcnn.files import make_folder

    audio.check_seconds(seconds)
    if format and out is None and archive is None:
        raise CabcnnError("--format needs a place to write to: give --out, a folder, or --zip.")
    endings = [f".{kind.value}" for kind in dict.fromkeys(format or [Format.csv])]
    memory.keep_freed_memory()
    classifier = cabcnn.load(checkpoint, device)
    if sure is not None and not classifier.card.sureness:
        raise CabcnnError(
            f"How often answers of {classifier.card.name} were right has not been measured by "
            "their lead; leave --sure out."
        )
    if out is not None:
        make_folder(out)
    failed = False
    with ExitStack() as stack:
        zipped = None
        if archive:
            zipped = stack.enter_context(zip_file.writing(archive, endings, columns, sure))
        progress = stack.enter_context(
            Progress(
                console=Console(stderr=True),
                transient=True,
                disable=len(files) < 2 or not sys.stderr.isatty(),
                redirect_stdout=sys.stdout.isatty(),  # never into a file or a pipe
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
                write_line(f"{file}: {error}", err=True)
                if zipped is not None:
                    zipped.fail(str(file), str(error))
                continue
            if zipped is not None:
                zipped.add(x, sound)
            chances = zip(x.labels, x.probabilities, strict=True)
            answer = x.answer(sure)
            write_line("\t".join([str(file), answer, *(f"{k} {p:.3f}" for k, p in chances)]))
            if x.sure_sentence:
                write_line(f"{file}: {x.sure_sentence}", err=True)
            for notice in x.notices:
                write_line(f"{file}: {notice}", err=True)
    typer.echo(f"{classifier.card.name}: {classifier.card.score()}", err=True)
    if failed:
        raise typer.Exit(1)


def distinct_stems(files: Iterable[Path]) -> list[str]:
    """A name for the output of each file: its own without the suffix, numbered if an earlier file
    has it already, and short enough for a file system. Names that differ only in case count as
    the same, as on many disks.

    With the dot of `talk.long`, `talk.long.csv` would be in another format, and the name of what
    comes of `talk`: it becomes `talk-long`.
    """
    from cabcnn.export import formats

    room = MAX_NAME_BYTES - max(len(ending) for ending in formats.KINDS)
    stems = []
    for file in files:
        stem = shortened(file.stem, room)
        parts = {part for kind in formats.KINDS for part in [kind.rpartition(".")[0]] if part}
        for part in parts:
            if stem.casefold().endswith(part.casefold()):
                stem = f"{stem[: -len(part)]}-{stem[1 - len(part) :]}"
        stems.append(stem)
    taken = {stem.casefold() for stem in stems}
    seen: set[str] = set()
    for place, stem in enumerate(stems):
        if stem.casefold() in seen:
            names = numbered(stem, room)
            stems[place] = next(name for name in names if name.casefold() not in taken)
            taken.add(stems[place].casefold())
        seen.add(stems[place].casefold())
    return stems
