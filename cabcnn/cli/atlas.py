"""`cabcnn atlas`: what each classifier of a model does, over a corpus."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cabcnn.cli.corpus_options import (
    Corpus,
    Device,
    Label,
    Layout,
    Seconds,
    Speaker,
    SpeakerPattern,
    read_clips,
)
from cabcnn.cli.terminal import progress_bar, write_line
from cabcnn.errors import CabcnnError

if TYPE_CHECKING:
    from cabcnn.atlas import Atlas

COLUMNS = ("classifier", "attention", "loudest", "argues for", "most in", "specialisation")


def atlas(
    corpus: Corpus,
    checkpoint: Annotated[
        str, typer.Option(help="A model's name (see `cabcnn models`) or its file.")
    ] = "accents",
    seconds: Seconds = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Also write the atlas: to a .json file, or to a folder, as a page with its sounds "
            "that needs no server."
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Use at most this many clips, spread over the corpus.")
    ] = None,
    layout: Layout = None,
    label: Label = None,
    speaker: Speaker = None,
    speaker_pattern: SpeakerPattern = None,
    device: Device = "auto",
) -> None:
    """Show what each classifier of a model does over all clips of a corpus.

    Prints a line for each classifier, the most used first: its share of all attention, how often
    it has the most attention, the class it argues for, the label with most of its attention, and
    how specialised that makes it (0 to 1). The result is kept, so the next call is quick. Clips
    that can't be used are named on the error stream.
    """
    import cabcnn
    from cabcnn import memory
    from cabcnn.atlas import find, find_or_compute, write
    from cabcnn.atlas.compute import common_folder

    if out is not None and out.suffix.lower() in (".html", ".htm"):
        raise CabcnnError(f"{out} would be a page without its sounds; give a folder for both.")
    memory.keep_freed_memory()
    classifier = cabcnn.load(checkpoint, device)
    clips = read_clips(corpus, layout, label, speaker, speaker_pattern)
    root = common_folder(clips) if clips else None
    if limit is not None and limit < len(clips):
        clips = [clips[k * len(clips) // limit] for k in range(limit)]
    result = find(classifier, clips, seconds)
    if result is None:
        with progress_bar("Explaining", len(clips)) as progress:
            result = find_or_compute(
                classifier,
                clips,
                Path(corpus).name,
                seconds=seconds,
                root=root,
                progress=progress,
            )
    for name, reason in result.left_out:
        write_line(f"{name}: left out: {reason}", err=True)
    _print_table(result)
    if out is None:
        return
    if out.suffix.lower() == ".json":
        write(result, out)
    elif root is not None:
        from cabcnn.views.atlas import standalone

        write_line(str(standalone.write(result, classifier.card.title, root, out)), err=True)


def _print_table(atlas: Atlas) -> None:
    write_line("\t".join(COLUMNS))
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
        write_line("\t".join(row))
