"""`cabcnn corpus`: describes, downloads and decodes corpora."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cabcnn.cli.corpus_options import (
    Cache,
    Corpus,
    Label,
    Layout,
    Only,
    Speaker,
    SpeakerPattern,
    read_clips,
)
from cabcnn.cli.terminal import progress_bar

if TYPE_CHECKING:
    from rich.console import Console

    from cabcnn.corpora import Description

SHOWN_FILES = 3  # of each problem, without --all

app = typer.Typer(help="Describe, fetch and prepare corpora.", no_args_is_help=True)


@app.command()
def layouts() -> None:
    """List the ways of organising a corpus that are recognised."""
    from rich.table import Table

    from cabcnn.corpora import LAYOUTS

    table = Table("layout", "what it is", box=None, pad_edge=False)
    for name, about in LAYOUTS.items():
        table.add_row(name, about)
    _console().print(table)


@app.command()
def describe(
    corpus: Corpus,
    layout: Layout = None,
    label: Label = None,
    speaker: Speaker = None,
    speaker_pattern: SpeakerPattern = None,
    only: Only = None,
    picture: Annotated[
        Path | None, typer.Option(help="Also draw a figure: .png, .svg or .pdf.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="List every file with a problem.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Show the clips, speakers and hours of each label, and problems with the recordings."""
    from cabcnn import corpora

    clips = read_clips(corpus, layout, label, speaker, speaker_pattern, only=only, quiet=True)
    with progress_bar("Decoding", len(clips)) as progress:
        description = corpora.describe(clips, progress)
    if picture is not None:
        from cabcnn.reports import corpus as figure

        figure.save(description, picture, Path(corpus).name)
    if json:
        import json as writer

        typer.echo(writer.dumps(description.as_dict(), ensure_ascii=False, indent=2))
    else:
        _print_tables(description, everything)
    corpora.check(clips)


@app.command()
def fetch(
    name: Annotated[str, typer.Argument(metavar="NAME", help="ut-podcast or fsdd.")],
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Folder to put it in, in a subfolder NAME.")
    ],
) -> None:
    """Download a freely available corpus. If stopped, the same command goes on."""
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
            f"Its publisher gives no checksum; that of the download is in {target}.json.", err=True
        )


@app.command()
def prepare(
    corpus: Corpus,
    seconds: Annotated[
        float,
        typer.Option(help="T. Only needed above 15 minutes, which are decoded in any case."),
    ] = 30.0,
    layout: Layout = None,
    label: Label = None,
    speaker: Speaker = None,
    speaker_pattern: SpeakerPattern = None,
    only: Only = None,
    cache: Cache = None,
) -> None:
    """Decode a corpus in advance; otherwise `cabcnn train` does it."""
    from cabcnn import audio
    from cabcnn.dataset.cache import default_folder, prepare_cached
    from cabcnn.runs.plan import Plan

    audio.check_seconds(seconds)
    clips = read_clips(corpus, layout, label, speaker, speaker_pattern, only=only)
    with progress_bar("Decoding", len(clips)) as progress:
        prepared = prepare_cached(clips, Plan.rate, seconds, cache, progress=progress)
    for one in prepared.left_out:
        typer.echo(f"{one.clip.path}: left out: {one.reason}", err=True)
    hours = int(prepared.arrays.values.sum()) / audio.VALUES_PER_SECOND / 3600
    typer.echo(
        f"{len(prepared.clips):,} of {len(clips):,} recordings ({hours:.3g} hours) are ready in "
        f"{cache or default_folder()}."
    )


def _print_tables(description: Description, everything: bool) -> None:
    from rich.markup import escape
    from rich.table import Table

    console = _console()
    table = Table("label", box=None, pad_edge=False, show_footer=True)
    table.columns[0].footer = "all"
    for name, total in (
        ("clips", f"{description.clips:,}"),
        ("speakers", _speakers(description.speakers)),
        ("hours", f"{description.hours:.2f}"),
    ):
        table.add_column(name, justify="right", footer=total)
    for facts in description.labels:
        table.add_row(
            escape(facts.label),
            f"{facts.clips:,}",
            _speakers(facts.speakers),
            f"{facts.hours:.2f}",
        )
    console.print(table)
    if description.hours:
        lengths = description.as_dict()["seconds"]
        rates = ", ".join(f"{rate:,} Hz ({n:,})" for rate, n in description.rates.items())
        shortest, quarter, median, three_quarters, longest = map("{:.2f}".format, lengths.values())
        spread = (
            f"Each recording lasts {median} s."
            if shortest == longest
            else f"Lengths: {shortest} to {longest} s, half of them from {quarter} to "
            f"{three_quarters} s, median {median} s."
        )
        console.print(f"\n{spread}\nSample rates: {rates}.")
    console.print("\nNo problems found." if not description.problems else "")
    for problem in description.problems:
        console.print(f"[bold]{escape(problem.sentence)}[/bold]")
        shown = problem.details if everything else problem.details[:SHOWN_FILES]
        for detail in shown:
            console.print(f"  {escape(detail)}")
        if more := len(problem.details) - len(shown):
            console.print(f"  and {more:,} more (--all lists them)")


def _console() -> Console:
    """Standard output, of unlimited width if it is a file or a pipe."""
    from rich.console import Console

    return Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else 10_000)


def _speakers(count: int) -> str:
    return f"{count:,}" if count else "unknown"
