"""The options that several commands share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cabcnn.errors import CorpusError

if TYPE_CHECKING:
    from cabcnn.corpora import Clip

SHOWN_DETAILS = 3  # of each note; `cabcnn corpus describe --all` lists them all
Corpus = Annotated[
    str,
    typer.Argument(
        metavar="CORPUS",
        help="A folder of recordings, a list of them (.csv, .tsv), or built-in.",
    ),
]
Layout = Annotated[
    str | None,
    typer.Option(
        help="How the corpus is organised, see `cabcnn corpus layouts`; detected if left out."
    ),
]
Label = Annotated[
    str | None, typer.Option(help="The column, or the archive's task, to take labels from.")
]
Speaker = Annotated[str | None, typer.Option(help="The column of a list that has the speakers.")]
SpeakerPattern = Annotated[
    str | None,
    typer.Option(
        help="How file names tell the speaker: before-underscore, before-hyphen, before-space, "
        "folder (one for each speaker inside the label's), each-file (all different), or a "
        "regular expression (RE2) whose first group is the speaker."
    ),
]
Only = Annotated[
    list[str] | None,
    typer.Option("--only", help="Use the clips with this label only. Can be repeated."),
]
Split = Annotated[
    str | None, typer.Option(help="Use the clips of this official split only, such as test.")
]
Seconds = Annotated[
    float | None,
    typer.Option(help="Seconds of each clip to use, from its start; the model's T if left out."),
]
Cache = Annotated[Path | None, typer.Option(help="Folder for decoded recordings.", file_okay=False)]
Device = Annotated[
    str, typer.Option(help="cpu, cuda, cuda:1 and so on, or auto: a GPU if there is one.")
]


def read_clips(
    corpus: str,
    layout: str | None,
    label: str | None,
    speaker: str | None,
    speaker_pattern: str | None,
    *,
    only: list[str] | None = None,
    split: str | None = None,
    quiet: bool = False,
) -> Sequence[Clip]:
    """The clips that the options choose. What reading left out, merged or guessed is printed to
    standard error unless `quiet`. Raises CorpusError if there are no clips."""
    from cabcnn import corpora
    from cabcnn.corpora.description import notes

    clips = corpora.read(
        corpus,
        layout,
        label=label,
        speaker=speaker,
        speaker_pattern=speaker_pattern,
        labels=only,
    )
    for note in () if quiet else notes(clips):
        write_note(note.sentence, note.details)
    if split is not None and not (clips := [clip for clip in clips if clip.split == split]):
        raise CorpusError(f"No clip of this corpus is in a split named {split!r}.")
    return clips


def write_note(sentence: str, details: Sequence[str]) -> None:
    more = ", ..." if len(details) > SHOWN_DETAILS else ""
    typer.echo(f"{sentence} ({', '.join(details[:SHOWN_DETAILS])}{more})", err=True)
