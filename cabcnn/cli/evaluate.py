"""`cabcnn evaluate`: a model's scores on a corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cabcnn.cli.corpus_options import (
    Cache,
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
from cabcnn.errors import CorpusError


def evaluate(
    checkpoint: Annotated[str, typer.Argument(metavar="MODEL", help="A model's name or its file.")],
    corpus: Corpus,
    layout: Layout = None,
    label: Label = None,
    speaker: Speaker = None,
    speaker_pattern: SpeakerPattern = None,
    split: Split = None,
    seconds: Seconds = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for predictions.csv, scores.json and the figures.", file_okay=False
        ),
    ] = None,
    familiar: Annotated[
        bool,
        typer.Option(
            "--familiar",
            help="Write into the model's card how unlike its training data clips such as these "
            "are, and their median length; the model will warn of clips that are less familiar or "
            "much shorter. None of these clips may be among those it learned from.",
        ),
    ] = False,
    device: Device = "auto",
    cache: Cache = None,
) -> None:
    """Score a model on a corpus with labels that it knows.

    It is up to you that none of the clips or speakers are among those that the model learned from:
    a score on those says little about others.
    """
    import cabcnn
    from cabcnn import audio, files
    from cabcnn import checkpoint as checkpoints
    from cabcnn.dataset.cache import prepare_cached
    from cabcnn.familiarity import MIN_CLIPS
    from cabcnn.memory import keep_freed_memory
    from cabcnn.reports import predictions, run
    from cabcnn.runs.card import median_seconds, novelty_threshold
    from cabcnn.training.evaluation import evaluate as score

    keep_freed_memory()
    classifier = cabcnn.load(checkpoint, device)
    card = classifier.card
    clips = read_clips(corpus, layout, label, speaker, speaker_pattern, split=split)
    if foreign := sorted({clip.label for clip in clips} - set(card.labels)):
        raise CorpusError(
            f"The corpus has the label {foreign[0]!r}, which {card.name} does not know: it "
            f"chooses among {', '.join(card.labels)}."
        )
    audio.check_seconds(seconds)
    seconds = card.seconds if seconds is None else seconds
    with progress_bar("Decoding", len(clips)) as progress:
        prepared = prepare_cached(
            clips, card.rate, seconds, cache, progress=progress, label_names=card.labels
        )
    with progress_bar("Classifying", len(prepared.clips)) as progress:
        evaluation = score(
            classifier.model,
            prepared.arrays,
            range(len(prepared.clips)),
            seconds,
            progress=progress,
        )
    for one in prepared.left_out:
        write_line(f"{one.clip.path}: left out: {one.reason}", err=True)
    scores = run.as_dict(evaluation, [clip.speaker for clip in prepared.clips])
    _print_scores(scores, card.labels)
    if familiar:
        arrays, every = prepared.arrays, range(len(prepared.clips))
        threshold = novelty_threshold(classifier.model, arrays, every, seconds)
        if threshold is None:
            raise CorpusError(f"--familiar needs {MIN_CLIPS} clips or more; add more clips.")
        length = median_seconds(arrays, every, seconds)
        checkpoints.update_card(
            checkpoints.find(checkpoint), novelty_threshold=threshold, median_seconds=length
        )
        write_line(f"novelty threshold\t{threshold:.4f}\nmedian seconds\t{length}")
    if out is not None:
        files.make_folder(out)
        rows = [
            (clip.split, clip, row)
            for clip, row in zip(prepared.clips, evaluation.probabilities, strict=True)
        ]
        files.write(out / "predictions.csv", predictions.to_csv(rows, card.labels, corpus))
        files.write_json(out / "scores.json", {"model": card.name, "labels": card.labels, **scores})
        run.draw([(Path(corpus).name, evaluation)], card.labels, out)


def _print_scores(scores: dict, labels: tuple[str, ...]) -> None:
    """Prints the scores with their intervals, and the confusion matrix."""
    intervals = scores["intervals"] or {}
    speakers = f" of {count(scores['speakers'], 'speaker')}" if scores["speakers"] else ""
    write_line(count(scores["clips"], "clip") + speakers)
    for name, title in (
        ("unweighted_recall", "unweighted recall"),
        ("accuracy", "accuracy"),
        ("macro_f1", "macro F1"),
        ("log_loss", "log loss"),
    ):
        line = f"{title}\t{scores[name]:.4f}"
        if edges := intervals.get(name):
            line += f"\t95 %: {edges[0]:.4f} to {edges[1]:.4f}"
        write_line(line)
    write_line(f"calibration error\t{scores['calibration']['error']:.4f}")
    write_line("\t".join(["actual \\ predicted", *labels]))
    for label, counts in zip(labels, scores["confusion"], strict=True):
        write_line("\t".join([label, *map(str, counts)]))
