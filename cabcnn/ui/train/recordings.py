"""The first step of the Train tab: choosing recordings, and how to read them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from cabcnn import corpora
from cabcnn.corpora import archive
from cabcnn.corpora.manifest import LISTS
from cabcnn.corpora.speakers import TEMPLATES
from cabcnn.errors import CabcnnError, CorpusError
from cabcnn.runs.queue.uploads import Uploads
from cabcnn.ui.train.corpus_summary import CorpusSummary, inspect

BUILT_IN, ZIP, FOLDER = "built-in", "zip", "folder"
DETECT = "detect"
UNKNOWN, PATTERN = "", "pattern"  # choices of how names say who is speaking, beside TEMPLATES
MAX_LISTED = 200
DESCRIPTIONS = {
    BUILT_IN: "Synthetic English voices with several accents, made for this project: to see right "
    "away how training works, not to learn how real people speak.",
    ZIP: "A .zip of at most 500 MB with a folder for each class (US, UK, …) that holds its "
    "recordings; or recordings and a list of them, a CSV file with the columns path, label and "
    "speaker. A few dozen recordings of each class, by several speakers, are a good start. They "
    "are used for training only, nobody else can read them, and they are removed once the "
    "training is over and you have left the page.",
    FOLDER: "A folder on the server, organised like the zip or like one of the known corpora; or a "
    "list of recordings there. Nothing in it is changed.",
}


Progress = Callable[[float, str], object]  # the share that is done, and of what


class Upload(NamedTuple):
    """Uploaded recordings: the folder that is theirs alone, where in it they begin, and their
    name."""

    folder: Path
    root: Path
    name: str


class Recordings(NamedTuple):
    """The components."""

    kind: gr.Radio
    description: gr.HTML
    upload: gr.File
    folder: gr.Dropdown
    options: gr.Accordion
    layout: gr.Dropdown
    label_column: gr.Textbox
    speaker_column: gr.Textbox
    speakers: gr.Dropdown
    pattern: gr.Textbox
    read_again: gr.Button
    message: gr.HTML
    summary: gr.HTML
    classes: gr.CheckboxGroup

    def option_inputs(self) -> list[Any]:
        """The inputs whose values `parse_options` takes."""
        return [self.layout, self.label_column, self.speaker_column, self.speakers, self.pattern]


def lay_out(corpora_folder: Path | None) -> Recordings:
    """Puts the components on the page."""
    kinds = [("Built-in voices", BUILT_IN), ("My recordings", ZIP)]
    if corpora_folder is not None:
        kinds.append(("A folder on the server", FOLDER))
    kind = gr.Radio(
        choices=kinds, value=BUILT_IN, label="Recordings", show_label=False, elem_id="train-kind"
    )
    description = gr.HTML(description_of(BUILT_IN), elem_id="train-explained")
    upload = gr.File(
        label="A zip of recordings", file_types=[".zip"], elem_id="train-upload", visible=False
    )
    folder = gr.Dropdown(
        choices=folders_and_lists(corpora_folder),
        value=None,
        label="Folder or list",
        allow_custom_value=True,
        visible=False,
        elem_id="train-folder",
    )
    with gr.Accordion(
        "How to read them", open=False, visible=False, elem_id="train-reading"
    ) as options:
        layout = gr.Dropdown(
            choices=[
                ("Recognise it", DETECT),
                *((about, name) for name, about in corpora.LAYOUTS.items() if name != BUILT_IN),
            ],
            value=DETECT,
            label="Layout",
            filterable=False,
        )
        with gr.Row():
            label_column = gr.Textbox(
                label="Column of the classes", info="In a list; default “label”.", min_width=150
            )
            speaker_column = gr.Textbox(
                label="Column of the speakers", info="In a list; default “speaker”.", min_width=150
            )
        speakers = gr.Dropdown(
            choices=[
                ("Unknown", UNKNOWN),
                *((template.about, name) for name, template in TEMPLATES.items()),
                ("A pattern in the file names", PATTERN),
            ],
            value=UNKNOWN,
            label="Who is speaking",
            info="If recordings are in a folder for each class. Knowing the speakers lets the "
            "model be tested on voices that it never heard.",
            filterable=False,
            elem_id="train-speakers",
        )
        pattern = gr.Textbox(
            label="Speaker pattern",
            info="A regular expression whose first group is the speaker: “(.+)_” for anna_03.wav.",
            visible=False,
            elem_id="train-pattern",
        )
        read_again = gr.Button("Read again", size="sm")
    message = gr.HTML(visible=False, elem_id="train-message", elem_classes="message")
    summary = gr.HTML(elem_id="train-corpus")
    classes = gr.CheckboxGroup(
        choices=[], label="Classes to learn", visible=False, elem_id="train-classes"
    )
    speakers.input(
        lambda choice: gr.Textbox(visible=choice == PATTERN),
        speakers,
        pattern,
        queue=False,
        show_progress="hidden",
        api_visibility="private",
    )
    return Recordings(
        kind, description, upload, folder, options, layout, label_column, speaker_column,
        speakers, pattern, read_again, message, summary, classes,
    )  # fmt: skip


def description_of(kind: str) -> str:
    return f"<p>{DESCRIPTIONS[kind]}</p>"


def parse_options(values: Sequence[Any]) -> tuple[str | None, dict[str, Any]]:
    """The layout and the options for `corpora.read`, from the values of
    `Recordings.option_inputs`. Raises CorpusError if the pattern was chosen and left empty."""
    layout, label, speaker, speakers, pattern = (str(value or "").strip() for value in values)
    if speakers == PATTERN and not pattern:
        raise CorpusError("Give a speaker pattern, or choose another way to tell the speakers.")
    options = {
        "label": label,
        "speaker": speaker,
        "speaker_pattern": pattern if speakers == PATTERN else speakers,
    }
    options = {name: value for name, value in options.items() if value}
    return None if layout in (DETECT, "") else layout, options


def unpack(path: Path, uploads: Uploads, progress: Progress, visitor: str = "") -> Upload:
    """Unpacks an uploaded archive. Raises CabcnnError, with nothing left behind, if it can't."""
    folder, name = uploads.new(visitor), safe_name(path.stem)
    try:
        root = archive.unpack(
            path, folder / name, progress=lambda share: progress(share, "Unpacking")
        )
    except BaseException:
        uploads.release(folder)
        raise
    return Upload(folder, root, name)


def read(
    corpus: Path,
    name: str,
    option_values: Sequence[Any],
    inside: Path,
    progress: Progress,
    upload: Path | None = None,
) -> CorpusSummary:
    """Inspects a corpus on disk. Raises CabcnnError if it can't be trained on."""
    layout, options = parse_options(option_values)
    try:
        return inspect(
            str(corpus),
            name=name,
            layout=layout,
            options=options,
            inside=inside,
            upload=upload,
            progress=lambda share: progress(share, "Reading"),
        )
    except CabcnnError as error:  # the server's folders are none of the visitor's business
        raise CorpusError(
            str(error).replace(f"{inside}/", "").replace(str(inside), name)
        ) from error


def safe_name(text: str) -> str:
    """A name for a model and its files, from the name of an archive or a folder."""
    return re.sub(r"[^\w \-]+", "-", text).strip(" -")[:40] or "voices"


def folders_and_lists(root: Path | None) -> list[str]:
    """What a visitor may choose from: the folders one and two levels below the host's, and the
    lists in these and in the host's own; fewer lists if there are too many of both."""
    if root is None or not root.is_dir():
        return []
    folders: list[str] = []
    lists: list[str] = []
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        path = Path(folder)
        depth = len(path.relative_to(root).parts)
        if depth:
            folders.append(path.relative_to(root).as_posix())
        lists += [
            (path / name).relative_to(root).as_posix()
            for name in sorted(names)
            if name.lower().endswith(LISTS) and not name.startswith(".")
        ]
        if depth == 2:
            subfolders.clear()
        if len(folders) >= MAX_LISTED:
            break
    return sorted([*folders, *lists[: max(MAX_LISTED - len(folders), 0)]])


def path_below(root: Path | None, name: str | None) -> Path:
    """The folder or list with this name inside the host's folder.

    Raises CorpusError if it is missing or outside, or if the host offers no folder.
    """
    if root is None:
        raise CorpusError("This server has no folder to train on.")
    path = (root / str(name or "")).resolve()
    if not name or not path.is_relative_to(root.resolve()) or not path.exists():
        raise CorpusError(
            f"There is no folder {name or ''!r} to train on; choose one from the list."
        )
    return path
