"""`cabcnn evaluate`: how often a model is right on a corpus."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from cabcnn.cli.terminal import say
from cabcnn.errors import CorpusError


def evaluate(
    checkpoint: Annotated[
        str, typer.Argument(metavar="MODEL", help="A model's name, or its file.")
    ],
    corpus: Annotated[
        str,
        typer.Argument(
            metavar="CORPUS", help="A folder of recordings, a list of them, or built-in."
        ),
    ],
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
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for predictions.csv, scores.json and the pictures.", file_okay=False
        ),
    ] = None,
    familiar: Annotated[
        bool,
        typer.Option(
            "--familiar",
            help="Write into the model's card how far clips like these, of which it should have "
            "learned from none, are from those it learned from, and how long they mostly are: "
            "others, and much shorter ones, are then warned of.",
        ),
    ] = False,
    device: Annotated[str, typer.Option(help="cpu, cuda or auto.")] = "auto",
    cache: Annotated[
        Path | None, typer.Option(help="Where decoded recordings are kept.", file_okay=False)
    ] = None,
) -> None:
    """Score a model on a corpus whose labels it knows.

    Whether these clips, or these voices, are among those it learned from, the model can't
    tell: a score on them says little of others.
    """
    from rich.console import Console
    from rich.progress import Progress

    import cabcnn
    from cabcnn import audio, corpora, files
    from cabcnn import checkpoint as checkpoints
    from cabcnn.dataset.cache import prepare_cached
    from cabcnn.familiarity import MIN_CLIPS
    from cabcnn.memory import keep_freed_memory
    from cabcnn.reports import predictions, run
    from cabcnn.runs.card import median_seconds
    from cabcnn.runs.card import novelty_threshold as familiar_to
    from cabcnn.training.evaluation import evaluate as score

    keep_freed_memory()
    classifier = cabcnn.load(checkpoint, device)
    card = classifier.card
    options = {"label": label, "speaker": speaker, "speaker_pattern": speaker_pattern}
    clips = corpora.read(corpus, layout, **options)
    if split is not None and not (clips := [clip for clip in clips if clip.split == split]):
        raise CorpusError(f"No clip of this corpus is in a split called {split!r}.")
    if foreign := sorted({clip.label for clip in clips} - set(card.labels)):
        raise CorpusError(
            f"The corpus has the label {foreign[0]!r}, which {card.name} does not know: it "
            f"chooses among {', '.join(card.labels)}."
        )
    audio.check_seconds(seconds)
    heard = card.seconds if seconds is None else seconds
    with Progress(
        console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
    ) as bar:
        task = bar.add_task("Decoding", total=len(clips))
        prepared = prepare_cached(
            clips,
            card.rate,
            heard,
            cache,
            progress=lambda done: bar.update(task, completed=done),
            label_names=card.labels,
        )
        task = bar.add_task("Classifying", total=len(prepared.clips))
        evaluation = score(
            classifier.model,
            prepared.arrays,
            range(len(prepared.clips)),
            heard,
            progress=lambda done: bar.update(task, completed=done),
        )
    for one in prepared.left_out:
        say(f"{one.clip.path}: left out: {one.reason}", sys.stderr)
    facts = run.as_dict(evaluation, [clip.speaker for clip in prepared.clips])
    _show(facts, card.labels)
    if familiar:
        edge = familiar_to(classifier.model, prepared.arrays, range(len(prepared.clips)), heard)
        if edge is None:
            raise CorpusError(
                f"To say what is familiar takes {MIN_CLIPS} clips or more; bring more."
            )
        length = median_seconds(prepared.arrays, range(len(prepared.clips)), heard)
        checkpoints.recard(
            checkpoints.find(checkpoint), novelty_threshold=edge, median_seconds=length
        )
        say(f"familiar\t{edge:.4f}\nusual seconds\t{length}", sys.stdout)
    if out is not None:
        files.make_folder(out)
        rows = [
            (clip.split, clip, row)
            for clip, row in zip(prepared.clips, evaluation.probabilities, strict=True)
        ]
        files.write(out / "predictions.csv", predictions.to_csv(rows, card.labels, corpus))
        files.write_json(out / "scores.json", {"model": card.name, "labels": card.labels, **facts})
        run.draw([(Path(corpus).name, evaluation)], card.labels, out)


def _show(facts: dict, labels: tuple[str, ...]) -> None:
    """Prints the scores, with their intervals, and which class is taken for which."""
    intervals = facts["intervals"] or {}
    voices = f" of {_count(facts['speakers'], 'speaker')}" if facts["speakers"] else ""
    say(_count(facts["clips"], "clip") + voices, sys.stdout)
    for name, title in (
        ("unweighted_recall", "unweighted recall"),
        ("accuracy", "accuracy"),
        ("macro_f1", "macro F1"),
        ("log_loss", "log loss"),
    ):
        line = f"{title}\t{facts[name]:.4f}"
        if edges := intervals.get(name):
            line += f"\t95 %: {edges[0]:.4f} to {edges[1]:.4f}"
        say(line, sys.stdout)
    say(f"calibration error\t{facts['calibration']['error']:.4f}", sys.stdout)
    say("\t".join(["actual \\ predicted", *labels]), sys.stdout)
    for label, counts in zip(labels, facts["confusion"], strict=True):
        say("\t".join([label, *map(str, counts)]), sys.stdout)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
