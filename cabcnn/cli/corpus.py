"""`cabcnn corpus`: what is in a corpus, and getting one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from cabcnn.corpora import Clip, Description

DETAILS = 3  # files that are named of each problem; --all names every one

app = typer.Typer(help="Describe, fetch and prepare corpora.", no_args_is_help=True)

Source = Annotated[
    str,
    typer.Argument(metavar="CORPUS", help="built-in, a folder, or a list in CSV or TSV."),
]
Layout = Annotated[
    str | None, typer.Option(help="How it is laid out; found out if left out (see `layouts`).")
]
Label = Annotated[
    str | None, typer.Option(help="The column, or the archive's task, that labels come from.")
]
Speaker = Annotated[str | None, typer.Option(help="A list's column that tells who speaks.")]
SpeakerPattern = Annotated[
    str | None, typer.Option(help="A regular expression that finds the speaker in a file's name.")
]
Only = Annotated[list[str] | None, typer.Option("--only", help="Keep this label (repeatable).")]


@app.command()
def layouts() -> None:
    """List the layouts that corpora are recognised by."""
    from rich.table import Table

    from cabcnn.corpora import LAYOUTS

    table = Table("layout", "what it is", box=None, pad_edge=False)
    for name, about in LAYOUTS.items():
        table.add_row(name, about)
    _console().print(table)


@app.command()
def describe(
    source: Source,
    layout: Layout = None,
    label: Label = None,
    speaker: Speaker = None,
    speaker_pattern: SpeakerPattern = None,
    only: Only = None,
    picture: Annotated[
        Path | None, typer.Option(help="Also draw it into this .png, .svg or .pdf.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Name every file that a problem is about.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Tell what is in a corpus: clips, speakers and hours of each label, and what is wrong."""
    from cabcnn import corpora

    clips = _read(source, layout, label, speaker, speaker_pattern, only)
    with _bar("Listening", len(clips)) as progress:
        found = corpora.describe(clips, progress)
    if picture is not None:
        from cabcnn.reports import corpus as figure

        figure.save(found, picture, Path(source).name)
    if json:
        import json as writer

        typer.echo(writer.dumps(found.as_dict(), ensure_ascii=False, indent=2))
    else:
        _show(found, everything)
    corpora.check(clips)


@app.command()
def fetch(
    name: Annotated[str, typer.Argument(metavar="NAME", help="ut-podcast or fsdd.")],
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Where to put it, in a folder of its name.")
    ],
) -> None:
    """Download a corpus that may be had by anybody; stopped, the same command goes on."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    from cabcnn.corpora import fetch as fetching

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    ) as bar:
        task = bar.add_task(f"Fetching {name}", total=None)
        target = fetching.fetch(
            name, folder, lambda done, total: bar.update(task, completed=done, total=total or None)
        )
    known = fetching.DOWNLOADS[name]
    typer.echo(f"{target}: {known.title}. {known.terms}")
    if known.sha256 is None:
        typer.echo(
            f"Its publisher tells no checksum; that of what came is in {target}.json.", err=True
        )


@app.command()
def prepare(
    source: Source,
    seconds: Annotated[
        float,
        typer.Option(help="T, if it is more than 15 minutes: so much is decoded in any case."),
    ] = 30.0,
    layout: Layout = None,
    label: Label = None,
    speaker: Speaker = None,
    speaker_pattern: SpeakerPattern = None,
    only: Only = None,
    cache: Annotated[
        Path | None, typer.Option(help="Where decoded recordings are kept.", file_okay=False)
    ] = None,
) -> None:
    """Decode a corpus once, so that training on it begins at once; train does it by itself too."""
    from cabcnn import audio
    from cabcnn.dataset.cache import default_folder, prepare_cached
    from cabcnn.runs.plan import Plan

    audio.check_seconds(seconds)
    clips = _read(source, layout, label, speaker, speaker_pattern, only)
    with _bar("Decoding", len(clips)) as progress:
        prepared = prepare_cached(clips, Plan.rate, seconds, cache, progress=progress)
    for one in prepared.left_out:
        typer.echo(f"{one.clip.path}: left out: {one.reason}", err=True)
    hours = int(prepared.arrays.values.sum()) / audio.VALUES_PER_SECOND / 3600
    typer.echo(
        f"{len(prepared.clips):,} of {len(clips):,} recordings, {hours:.3g} hours of them, are "
        f"ready in {cache or default_folder()}."
    )


def _read(
    source: str,
    layout: str | None,
    label: str | None,
    speaker: str | None,
    speaker_pattern: str | None,
    only: list[str] | None,
) -> list[Clip]:
    from cabcnn import corpora

    return corpora.read(
        source,
        layout,
        label=label,
        speaker=speaker,
        speaker_pattern=speaker_pattern,
        labels=only,
    )


def _show(found: Description, everything: bool) -> None:
    from rich.markup import escape
    from rich.table import Table

    console = _console()
    table = Table("label", box=None, pad_edge=False, show_footer=True)
    table.columns[0].footer = "all"
    told = found.as_dict()
    for name, total in (
        ("clips", f"{found.clips:,}"),
        ("speakers", _speakers(found.speakers)),
        ("hours", f"{found.hours:.2f}"),
    ):
        table.add_column(name, justify="right", footer=total)
    for facts in found.labels:
        table.add_row(
            escape(facts.label),
            f"{facts.clips:,}",
            _speakers(facts.speakers),
            f"{facts.hours:.2f}",
        )
    console.print(table)
    if found.hours:
        lengths = told["seconds"]
        rates = ", ".join(f"{rate:,} Hz ({n:,})" for rate, n in found.rates.items())
        console.print(
            f"\nLengths: {lengths['shortest']:.2f} to {lengths['longest']:.2f} s, half of them "
            f"from {lengths['quarter']:.2f} to {lengths['three_quarters']:.2f} s, median "
            f"{lengths['median']:.2f} s.\nSample rates: {rates}."
        )
    console.print("\nNo problems found." if not found.problems else "")
    for problem in found.problems:
        console.print(f"[bold]{escape(problem.sentence)}[/bold]")
        shown = problem.details if everything else problem.details[:DETAILS]
        for detail in shown:
            console.print(f"  {escape(detail)}")
        if more := len(problem.details) - len(shown):
            console.print(f"  and {more:,} more (--all names them)")


def _console() -> Console:
    """The output, as wide as it needs where it goes into a file or a pipe."""
    from rich.console import Console

    return Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else 10_000)


def _speakers(count: int) -> str:
    return f"{count:,}" if count else "unknown"


@contextmanager
def _bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on the error stream, where that is a terminal; gives what to tell it."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(
        console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
    ) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)
