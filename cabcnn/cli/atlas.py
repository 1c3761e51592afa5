"""`cabcnn atlas`: what each classifier of a model is for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cabcnn.cli.terminal import say
from cabcnn.errors import CabcnnError

if TYPE_CHECKING:
    from cabcnn.atlas import Atlas

COLUMNS = ("classifier", "attention", "loudest", "argues for", "most in", "specialisation")


def atlas(
    corpus: Annotated[
        str,
        typer.Argument(
            metavar="CORPUS", help="A folder of recordings, a list of them, or built-in."
        ),
    ],
    checkpoint: Annotated[
        str, typer.Option(help="A model's name (see `cabcnn models`) or its file.")
    ] = "accents",
    seconds: Annotated[
        float | None,
        typer.Option(help="Hear the first so many seconds; the model's T if left out."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Also write it: to a .json file, or into a folder, as a page to look at and "
            "listen to, without a server."
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many clips, from all over the corpus.")
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
    device: Annotated[
        str, typer.Option(help="cpu, cuda, cuda:1 and so on, or auto: a GPU if there is one.")
    ] = "auto",
) -> None:
    """Tell what each classifier of a model is for, over all clips of a corpus.

    Prints a line for each classifier, the most used first: its share of all attention, how
    often it is the loudest, what it argues for, in which label it speaks most, and how
    specialised that makes it (0 to 1). Computed once: the next time the answer is there at
    once. A clip that can't be used is named on the error stream.
    """
    from rich.console import Console
    from rich.progress import Progress

    import cabcnn
    from cabcnn import corpora, memory
    from cabcnn.atlas import kept, of, write
    from cabcnn.atlas.compute import root_of

    if out is not None and out.suffix.lower() in (".html", ".htm"):
        raise CabcnnError(f"{out} would be a page without its sounds; give a folder for both.")
    memory.keep_freed_memory()
    classifier = cabcnn.load(checkpoint, device)
    clips = corpora.read(
        corpus, layout, label=label, speaker=speaker, speaker_pattern=speaker_pattern
    )
    root = root_of(clips) if clips else None
    if limit is not None and limit < len(clips):
        clips = [clips[k * len(clips) // limit] for k in range(limit)]
    found = kept(classifier, clips, seconds)
    if found is None:
        with Progress(
            console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
        ) as bar:
            task = bar.add_task("Explaining", total=len(clips))
            found = of(
                classifier,
                clips,
                Path(corpus).name,
                seconds=seconds,
                root=root,
                progress=lambda done: bar.update(task, completed=done),
            )
    for name, reason in found.left_out:
        say(f"{name}: left out: {reason}", sys.stderr)
    _show(found)
    if out is None:
        return
    if out.suffix.lower() == ".json":
        write(found, out)
    elif root is not None:
        from cabcnn.views.atlas import standalone

        say(str(standalone.write(found, classifier.card.title, root, out)), sys.stderr)


def _show(atlas: Atlas) -> None:
    say("\t".join(COLUMNS), sys.stdout)
    most = atlas.spread.argmax(1)
    for i in (-atlas.use).argsort(kind="stable"):
        k = atlas.argues_for[i]
        row = (
            str(i),
            f"{atlas.use[i]:.4f}",
            f"{atlas.loudest[i]:.4f}",
            f"{atlas.classes[k]} {atlas.votes[i, k]:.2f}",
            f"{atlas.labels[most[i]]} {atlas.spread[i, most[i]]:.2f}",
            f"{atlas.specialisation[i]:.3f}",
        )
        say("\t".join(row), sys.stdout)
