"""`cabcnn study`: the paper's comparison of networks, on any corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cabcnn.cli.corpus_options import Label, Layout, SpeakerPattern, read_clips
from cabcnn.cli.terminal import progress_bar, write_line
from cabcnn.errors import CabcnnError

PREPARED = ".npz"


def study(
    corpus: Annotated[
        str,
        typer.Argument(
            metavar="CORPUS",
            help="A folder of recordings, a list of them, built-in, or a file from --prepare.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the results. Those that are there already are kept."),
    ] = None,
    prepare: Annotated[
        Path | None,
        typer.Option(
            help="Only decode the corpus, into this .npz, for a study on another machine.",
            dir_okay=False,
        ),
    ] = None,
    clips: Annotated[
        int | None,
        typer.Option(min=1, help="Use this many clips, in proportion of each label."),
    ] = None,
    layout: Layout = None,
    label: Label = None,
    speaker_pattern: SpeakerPattern = None,
    models: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME,...",
            help="Networks: cab-cnn, cab-cnn-masked, gated-resnet (reconstruction), "
            "alexnet, vgg11-a, resnet18, attention-cnn (reconstruction), uniform-attention, "
            "one-large-classifier, classifiers-1, classifiers-5, classifiers-10, classifiers-20, "
            "classifiers-80; or all. The paper's six if left out. Can be repeated.",
        ),
    ] = None,
    seconds: Annotated[
        list[str] | None,
        typer.Option(
            metavar="T,...",
            help="T of CAB-CNN, one or several; 5,10,30,60 if left out. The other networks are "
            "trained at 30, or the T nearest to it. Can be repeated.",
        ),
    ] = None,
    runs: Annotated[int, typer.Option(min=1, help="Trainings of each network.")] = 8,
    protocol: Annotated[str, typer.Option(help="paper or speaker-disjoint.")] = "paper",
    epochs: Annotated[int, typer.Option(min=1, help="Largest number of epochs.")] = 1000,
    device: Annotated[
        str,
        typer.Option(
            help="cpu, cuda, cuda:1 and so on, or auto. With torchrun, each process gets a GPU of "
            "its own; processes that you start yourself need one each."
        ),
    ] = "auto",
) -> None:
    """Train CAB-CNN and the networks that the paper compares it with, and report their scores.

    GatedResNet and AttentionCNN are reconstructions, as the texts of their papers were not
    available.

    All networks are trained on the same clips and tested on the same others. If killed, the same
    command goes on. Started several times, or by torchrun, the processes share the work. Each of
    them writes the report in --out when it ends.
    """
    from cabcnn.memory import keep_freed_memory
    from cabcnn.reports import study as report
    from cabcnn.study import runner
    from cabcnn.study.grid import Grid, parse_models, parse_seconds
    from cabcnn.study.prepared import PreparedCorpus
    from cabcnn.study.results import title_of

    if (out is None) == (prepare is None):
        raise CabcnnError("Give --out, a folder for the results, or --prepare, a file.")
    keep_freed_memory()
    grid = Grid(
        models=parse_models(models),
        seconds=parse_seconds(seconds),
        runs=runs,
        protocol=protocol,  # pyright: ignore[reportArgumentType]  (checked by Grid)
        max_epochs=epochs,
    )
    if corpus.endswith(PREPARED) and prepare is None:
        if clips is not None:
            raise CabcnnError("--clips is for recordings; these are decoded already.")
        prepared = PreparedCorpus.load(corpus)
    else:
        prepared = _decode(corpus, layout, label, speaker_pattern, clips)
    if prepare is not None:
        prepared.save(prepare)
        write_line(f"{prepare}: {len(prepared)} clips, {prepare.stat().st_size / 2**20:.1f} MiB")
        return
    assert out is not None
    trained = runner.run(prepared, grid, out, device=device, log=write_line)
    groups = report.write(out)
    write_line(f"{trained} models trained; {runner.missing(grid, out)} to go.")
    for group in groups:
        scores = group.mean_scores
        write_line(
            f"{title_of(group)}\t{len(group.runs)} run(s)\trecall "
            f"{scores.unweighted_recall:.4f}\taccuracy {scores.accuracy:.4f}"
        )
    write_line(f"{out / 'report.md'}")


def _decode(
    corpus: str,
    layout: str | None,
    label: str | None,
    speaker_pattern: str | None,
    count: int | None,
):
    from cabcnn import corpora
    from cabcnn.study.prepared import prepare, sample_clips

    name = Path(corpus).name + (f", {label}" if label else "")
    layout_name = layout or corpora.detect(corpus)[1]
    clips = read_clips(corpus, layout, label, None, speaker_pattern)
    if count is not None and count < len(clips):
        name += f" ({count} of its {len(clips):,} clips)"
        clips = sample_clips(clips, count)
    with progress_bar("Decoding", len(clips)) as progress:
        return prepare(clips, name, progress=progress, layout=layout_name)
