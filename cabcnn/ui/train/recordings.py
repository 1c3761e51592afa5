"""The first step of the Train tab: which recordings, and what is in them."""

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
from cabcnn.errors import CabcnnError, CorpusError
from cabcnn.runs.queue.uploads import Uploads
from cabcnn.ui.train.corpus_summary import CorpusSummary, inspect

BUILT_IN, ZIP, FOLDER = "built-in", "zip", "folder"
DETECT = "detect"
MOST_LISTED = 200
EXPLAINED = {
    BUILT_IN: "Synthetic English voices of several accents, made for this project: to see at once "
    "how training goes, not to tell how real people speak.",
    ZIP: "A .zip of at most 500 MB with a folder for each class (US, UK, …), recordings inside; or "
    "with a list beside them, in CSV, of the columns path, label and speaker. A few dozen "
    "recordings of each class, "
    "of several speakers, are a beginning. They are used for training only, are readable by "
    "nobody else, and are removed when the training is over and you have left the page.",
    FOLDER: "A folder on the machine that this page runs on, laid out like the zip or like one of "
    "the known corpora; or a list of recordings there. They are only read.",
}


Progress = Callable[[float, str], object]  # the share that is done, and of what


class Upload(NamedTuple):
    """Recordings that were uploaded: the folder they have for themselves, where in it they
    begin, and what they are called."""

    upload: Path
    begins: Path
    name: str


class Recordings(NamedTuple):
    """The components."""

    kind: gr.Radio
    explained: gr.HTML
    upload: gr.File
    folder: gr.Dropdown
    reading: gr.Accordion
    layout: gr.Dropdown
    label: gr.Textbox
    speaker: gr.Textbox
    pattern: gr.Textbox
    again: gr.Button
    said: gr.HTML
    found: gr.HTML
    classes: gr.CheckboxGroup

    def how(self) -> list[Any]:
        """How to read them: the inputs of `options_of`."""
        return [self.layout, self.label, self.speaker, self.pattern]


def lay_out(corpora_folder: Path | None) -> Recordings:
    """Puts the choices on the page."""
    kinds = [("Built-in voices", BUILT_IN), ("My recordings", ZIP)]
    if corpora_folder is not None:
        kinds.append(("A folder on the server", FOLDER))
    kind = gr.Radio(
        choices=kinds, value=BUILT_IN, label="Recordings", show_label=False, elem_id="train-kind"
    )
    explained = gr.HTML(explanation(BUILT_IN), elem_id="train-explained")
    upload = gr.File(
        label="A zip of recordings", file_types=[".zip"], elem_id="train-upload", visible=False
    )
    folder = gr.Dropdown(
        choices=listed(corpora_folder),
        value=None,
        label="Folder or list",
        allow_custom_value=True,
        visible=False,
        elem_id="train-folder",
    )
    with gr.Accordion(
        "How to read them", open=False, visible=False, elem_id="train-reading"
    ) as reading:
        layout = gr.Dropdown(
            choices=[
                ("Find out", DETECT),
                *((about, name) for name, about in corpora.LAYOUTS.items() if name != BUILT_IN),
            ],
            value=DETECT,
            label="Laid out as",
            filterable=False,
        )
        with gr.Row():
            label = gr.Textbox(
                label="Column of the classes", info="Of a list; else “label”.", min_width=150
            )
            speaker = gr.Textbox(
                label="Column of the speakers", info="Of a list; else “speaker”.", min_width=150
            )
        pattern = gr.Textbox(
            label="Speaker in the file names",
            info="A regular expression; its first group is the speaker. “(.+)_” for anna_03.wav. "
            "Knowing the speakers lets the model be tested on voices it never heard.",
        )
        again = gr.Button("Read again", size="sm")
    said = gr.HTML(visible=False, elem_id="train-said", elem_classes="message")
    found = gr.HTML(elem_id="train-found")
    classes = gr.CheckboxGroup(
        choices=[], label="Classes to learn", visible=False, elem_id="train-classes"
    )
    return Recordings(
        kind, explained, upload, folder, reading, layout, label, speaker, pattern, again,
        said, found, classes,
    )  # fmt: skip


def explanation(kind: str) -> str:
    return f"<p>{EXPLAINED[kind]}</p>"


def options_of(values: Sequence[Any]) -> tuple[str | None, dict[str, Any]]:
    """The layout and the options of `corpora.read`, from the values of `Recordings.how`."""
    layout, label, speaker, pattern = values
    options = {"label": label, "speaker": speaker, "speaker_pattern": pattern}
    given = {key: str(value or "").strip() for key, value in options.items()}
    return None if layout == DETECT else layout, {
        key: value for key, value in given.items() if value
    }


def unpacked(path: Path, uploads: Uploads, progress: Progress) -> Upload:
    """Unpacks an archive that was uploaded.

    Raises CabcnnError, with nothing left behind, where that can't be done.
    """
    upload, name = uploads.new(), called(path.stem)
    try:
        begins = archive.unpack(
            path, upload / name, progress=lambda share: progress(share, "Unpacking")
        )
    except BaseException:
        uploads.release(upload)
        raise
    return Upload(upload, begins, name)


def read(
    corpus: Path,
    name: str,
    how: Sequence[Any],
    inside: Path,
    progress: Progress,
    upload: Path | None = None,
) -> CorpusSummary:
    """Looks at a corpus on disk. Raises CabcnnError where it can't be trained on."""
    layout, options = options_of(how)
    try:
        return inspect(
            str(corpus),
            name=name,
            layout=layout,
            options=options,
            inside=inside,
            upload=upload,
            progress=lambda share: progress(share, "Listening"),
        )
    except CabcnnError as error:  # its owner never saw the server's folders
        raise CorpusError(
            str(error).replace(f"{inside}/", "").replace(str(inside), name)
        ) from error


def called(text: str) -> str:
    """A name for a model and its files, after what somebody called an archive or a folder."""
    return re.sub(r"[^\w \-]+", "-", text).strip(" -")[:40] or "voices"


def listed(root: Path | None) -> list[str]:
    """What a visitor may choose from: the folders one and two levels below the host's, and the
    lists in these and in the host's own; fewer lists where there are too many of both."""
    if root is None or not root.is_dir():
        return []
    folders: list[str] = []
    lists: list[str] = []
    for place, inside, files in os.walk(root):
        inside[:] = sorted(name for name in inside if not name.startswith("."))
        path = Path(place)
        depth = len(path.relative_to(root).parts)
        if depth:
            folders.append(path.relative_to(root).as_posix())
        lists += [
            (path / name).relative_to(root).as_posix()
            for name in sorted(files)
            if name.lower().endswith(LISTS) and not name.startswith(".")
        ]
        if depth == 2:
            inside.clear()
        if len(folders) >= MOST_LISTED:
            break
    return sorted([*folders, *lists[: max(MOST_LISTED - len(folders), 0)]])


def below(root: Path | None, name: str | None) -> Path:
    """A folder, or a list, that a visitor named, which lies inside the host's.

    Raises CorpusError where it does not, or the host allows none.
    """
    if root is None:
        raise CorpusError("This server lets nobody train on its folders.")
    path = (root / str(name or "")).resolve()
    if not name or not path.is_relative_to(root.resolve()) or not path.exists():
        raise CorpusError(f"There is no folder {name or ''!r} to train on; choose one of the list.")
    return path
