"""`cabcnn faithfulness`: whether a model's evidence holds when moments are silenced."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from cabcnn.cli.terminal import say
from cabcnn.errors import CorpusError


def faithfulness(
    corpus: Annotated[
        str,
        typer.Argument(
            metavar="CORPUS", help="A folder of recordings, a list of them, or built-in."
        ),
    ],
    checkpoint: Annotated[str, typer.Option(help="A model's name, or its file.")],
    out: Annotated[
        Path,
        typer.Option(help="Folder for curves.csv, clips.csv and curves.png.", file_okay=False),
    ],
    limit: Annotated[
        int | None, typer.Option(help="Only so many clips, chosen by the seed.", min=1)
    ] = None,
    layout: Annotated[
        str | None, typer.Option(help="How the corpus lies on disk; found out if left out.")
    ] = None,
    label: Annotated[
        str | None, typer.Option(help="The column, or the task, that labels are taken from.")
    ] = None,
    speaker: Annotated[str | None, typer.Option(help="The column that names speakers.")] = None,
    speaker_pattern: Annotated[
        str | None, typer.Option(help="A regular expression that finds the speaker in a name.")
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="Only the clips of this official split, such as test.")
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(help="Hear the first so many seconds; the model's T if left out."),
    ] = None,
    draws: Annotated[int, typer.Option(help="Random places for each clip.", min=1)] = 100,
    seed: Annotated[int, typer.Option(help="Of the random places, and of --limit.", min=0)] = 0,
    device: Annotated[
        str, typer.Option(help="cpu, cuda, cuda:1 and so on, or auto: a GPU if there is one.")
    ] = "auto",
) -> None:
    """Silence the moments that spoke strongest for each answer, and see whether it falls.

    Moments of 25 ms go strongest first, weakest first, and at random places; the model hears
    each clip again. Where its evidence holds, the first costs the answer most and the second
    least. The corpus's labels need not be the model's.
    """
    import random

    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

    import cabcnn
    from cabcnn import audio, corpora, files
    from cabcnn.cli.terminal import make_folder
    from cabcnn.faithfulness import measure_corpus, summarise
    from cabcnn.memory import keep_freed_memory
    from cabcnn.reports import faithfulness as figure

    keep_freed_memory()
    classifier = cabcnn.load(checkpoint, device)
    audio.check_seconds(seconds)
    options = {"label": label, "speaker": speaker, "speaker_pattern": speaker_pattern}
    clips = corpora.read(corpus, layout, **options)
    if split is not None and not (clips := [clip for clip in clips if clip.split == split]):
        raise CorpusError(f"No clip of this corpus is in a split called {split!r}.")
    if limit is not None and limit < len(clips):
        chosen = sorted(random.Random(seed).sample(range(len(clips)), limit))
        clips = [clips[place] for place in chosen]
    make_folder(out)
    with Progress(
        *Progress.get_default_columns()[:2],
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    ) as bar:
        task = bar.add_task("Silencing", total=len(clips))
        rows, left_out = measure_corpus(
            classifier,
            clips,
            seconds,
            draws=draws,
            seed=seed,
            progress=lambda done: bar.update(task, completed=done),
        )
    for clip, reason in left_out:
        say(f"{clip.path}: left out: {reason}", sys.stderr)
    summary = summarise(rows, seed)
    files.write(out / "curves.csv", figure.curves_csv(summary))
    files.write(out / "clips.csv", figure.clips_csv(rows))
    figure.draw(summary, out / "curves.png", classifier.card.name)
    say(f"{_count(summary.clips, 'clip')} of {_count(summary.speakers, 'speaker')}", sys.stdout)
    for what, mean, between in (
        ("strongest first below random", summary.drop, summary.drop_interval),
        ("weakest first above random", summary.rise, summary.rise_interval),
    ):
        line = f"{what}\t{100 * mean:+.1f} points of the answer's probability, on average"
        if between is not None:
            line += f"\t95 %: {100 * between.low:+.1f} to {100 * between.high:+.1f}"
        say(line, sys.stdout)
    for outcome, count in sorted(summary.outcomes.items(), key=lambda item: -item[1]):
        say(f"evidence {outcome}\t{count} of {_count(summary.clips, 'clip')}", sys.stdout)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
