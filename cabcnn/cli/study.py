"""`cabcnn study`: the paper's comparison, on whatever corpus one has."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from cabcnn.cli.terminal import say
from cabcnn.errors import CabcnnError

PREPARED = ".npz"


def study(
    corpus: Annotated[
        str,
        typer.Argument(
            metavar="CORPUS",
            help="A folder of recordings, a list of them, built-in, or what --prepare wrote.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the results; found there, they are not made again."),
    ] = None,
    prepare: Annotated[
        Path | None,
        typer.Option(
            help="Only decode the corpus, into this .npz, to be studied on another machine.",
            dir_okay=False,
        ),
    ] = None,
    clips: Annotated[
        int | None,
        typer.Option(min=1, help="Study so many of the clips, of each label its share."),
    ] = None,
    layout: Annotated[
        str | None, typer.Option(help="How the corpus lies on disk; found out if left out.")
    ] = None,
    label: Annotated[
        str | None, typer.Option(help="The column, or the task, that labels are taken from.")
    ] = None,
    speaker_pattern: Annotated[
        str | None, typer.Option(help="A regular expression that finds the speaker in a name.")
    ] = None,
    models: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME ...",
            help="One or several of: cab-cnn, cab-cnn-masked, gated-resnet (reconstruction), "
            "alexnet, vgg11-a, resnet18, attention-cnn (reconstruction), uniform-attention, "
            "one-large-classifier, classifiers-1, classifiers-5, classifiers-10, classifiers-20, "
            "classifiers-80; or all. The paper's six if left out.",
        ),
    ] = None,
    seconds: Annotated[
        list[float] | None,
        typer.Option(
            metavar="T ...",
            help="One T of CAB-CNN or several, as in --seconds 5 10 30 60, which are meant if "
            "left out. Rivals and variants are trained at 30, or the T nearest to it.",
        ),
    ] = None,
    runs: Annotated[int, typer.Option(min=1, help="Trainings of each.")] = 8,
    protocol: Annotated[str, typer.Option(help="paper or speaker-disjoint.")] = "paper",
    epochs: Annotated[
        int, typer.Option(min=1, help="End a training after so many at the latest.")
    ] = 1000,
    device: Annotated[
        str,
        typer.Option(
            help="cpu, cuda, cuda:1 and so on, or auto. torchrun gives each of its processes a "
            "GPU of its own; to those started by hand give one each."
        ),
    ] = "auto",
) -> None:
    """Train CAB-CNN and the networks that the paper compares it with, and report who did how.

    GatedResNet and AttentionCNN are reconstructions: their papers' texts were not to be had.

    Every network learns from the same clips and is tested on the same others. Killed, the same
    command goes on; started several times, or by torchrun, the processes share the work. The
    report in --out is written anew at each end.
    """
    from cabcnn.memory import keep_freed_memory
    from cabcnn.reports import study as report
    from cabcnn.study import running
    from cabcnn.study.grid import COMPARISON as PAPERS
    from cabcnn.study.grid import MODELS, Grid
    from cabcnn.study.results import title_of
    from cabcnn.study.waves import Waves

    if (out is None) == (prepare is None):
        raise CabcnnError("Give --out, a folder for the results, or --prepare, a file.")
    keep_freed_memory()
    chosen = tuple(MODELS) if models == ["all"] else tuple(models or PAPERS)
    grid = Grid(
        models=chosen,
        seconds=tuple(seconds or (5.0, 10.0, 30.0, 60.0)),
        runs=runs,
        protocol=protocol,  # pyright: ignore[reportArgumentType]  (checked by Grid)
        max_epochs=epochs,
    )
    if corpus.endswith(PREPARED) and prepare is None:
        if clips is not None:
            raise CabcnnError("--clips is for recordings; these have been prepared already.")
        waves = Waves.load(corpus)
    else:
        waves = _decoded(corpus, layout, label, speaker_pattern, clips)
    if prepare is not None:
        waves.save(prepare)
        say(f"{prepare}: {len(waves)} clips, {prepare.stat().st_size / 2**20:.1f} MiB", sys.stdout)
        return
    assert out is not None
    trained = running.run(waves, grid, out, device=device, tell=lambda line: say(line, sys.stdout))
    found = report.write(out)
    say(f"{trained} models trained; {running.missing(grid, out)} to go.", sys.stdout)
    for group in found:
        scores = group.mean_scores
        say(
            f"{title_of(group)}\t{len(group.runs)} run(s)\trecall "
            f"{scores.unweighted_recall:.4f}\taccuracy {scores.accuracy:.4f}",
            sys.stdout,
        )
    say(f"{out / 'report.md'}", sys.stdout)


def _decoded(
    corpus: str,
    layout: str | None,
    label: str | None,
    speaker_pattern: str | None,
    count: int | None,
):
    """The corpus, decoded here and now."""
    from rich.console import Console
    from rich.progress import Progress

    from cabcnn import corpora
    from cabcnn.study.waves import drawn, prepare

    name = Path(corpus).name + (f", {label}" if label else "")
    found = layout or corpora.detect(corpus)[1]
    clips = corpora.read(corpus, layout, label=label, speaker_pattern=speaker_pattern)
    if count is not None and count < len(clips):
        name += f" ({count} of its {len(clips):,} clips)"
        clips = drawn(clips, count)
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("Decoding", total=len(clips))
        return prepare(
            clips, name, progress=lambda done: bar.update(task, completed=done), layout=found
        )
