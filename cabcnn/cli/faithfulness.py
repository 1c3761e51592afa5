"""`cabcnn faithfulness`: whether silencing the evidence for an answer changes the answer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cabcnn.cli.corpus_options import (
    Corpus,
    Device,
    Label,
    Layout,
    Seconds,
    Speaker,
    SpeakerPattern,
    Split,
    read_clips,
)
from cabcnn.cli.terminal import count, progress_bar, write_line


def faithfulness(
    corpus: Corpus,
    checkpoint: Annotated[str, typer.Option(help="A model's name or its file.")],
    out: Annotated[
        Path,
        typer.Option(help="Folder for curves.csv, clips.csv and curves.png.", file_okay=False),
    ],
    limit: Annotated[
        int | None, typer.Option(help="Use at most this many random clips.", min=1)
    ] = None,
    layout: Layout = None,
    label: Label = None,
    speaker: Speaker = None,
    speaker_pattern: SpeakerPattern = None,
    split: Split = None,
    seconds: Seconds = None,
    draws: Annotated[int, typer.Option(help="Random draws for each clip.", min=1)] = 100,
    seed: Annotated[int, typer.Option(help="Of the random draws and --limit.", min=0)] = 0,
    device: Device = "auto",
) -> None:
    """Silence the strongest evidence for each answer, and measure whether its probability falls.

    Intervals of 25 ms are silenced strongest first, weakest first and at random, and the clip is
    classified again. If the evidence is faithful, the first lowers the probability of the answer
    most and the second least. The corpus's labels need not be the model's.
    """
    import random

    import cabcnn
    from cabcnn import audio, files
    from cabcnn.faithfulness import measure_corpus, summarise
    from cabcnn.memory import keep_freed_memory
    from cabcnn.reports import faithfulness as figure

    keep_freed_memory()
    classifier = cabcnn.load(checkpoint, device)
    audio.check_seconds(seconds)
    clips = read_clips(corpus, layout, label, speaker, speaker_pattern, split=split)
    if limit is not None and limit < len(clips):
        chosen = sorted(random.Random(seed).sample(range(len(clips)), limit))
        clips = [clips[index] for index in chosen]
    files.make_folder(out)
    with progress_bar("Silencing", len(clips)) as progress:
        rows, left_out = measure_corpus(
            classifier, clips, seconds, draws=draws, seed=seed, progress=progress
        )
    for clip, reason in left_out:
        write_line(f"{clip.path}: left out: {reason}", err=True)
    summary = summarise(rows, seed)
    files.write(out / "curves.csv", figure.curves_csv(summary))
    files.write(out / "clips.csv", figure.clips_csv(rows))
    figure.draw(summary, out / "curves.png", classifier.card.name)
    write_line(f"{count(summary.clips, 'clip')} of {count(summary.speakers, 'speaker')}")
    for what, mean, between in (
        ("strongest first below random", summary.drop, summary.drop_interval),
        ("weakest first above random", summary.rise, summary.rise_interval),
    ):
        line = f"{what}\t{100 * mean:+.1f} points of the answer's probability, on average"
        if between is not None:
            line += f"\t95 %: {100 * between.low:+.1f} to {100 * between.high:+.1f}"
        write_line(line)
    for outcome, clips_with_it in sorted(summary.outcomes.items(), key=lambda item: -item[1]):
        write_line(f"evidence {outcome}\t{clips_with_it} of {count(summary.clips, 'clip')}")
