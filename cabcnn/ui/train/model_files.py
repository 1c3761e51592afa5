"""Models that were made or brought here: bringing one, taking one away."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from cabcnn import checkpoint, files
from cabcnn.errors import CabcnnError, CheckpointError
from cabcnn.runs.queue import JobQueue
from cabcnn.ui.explore import note, trouble
from cabcnn.ui.models import Models
from cabcnn.ui.sounds import Sounds
from cabcnn.ui.train.recordings import called

MOST_MODELS = 200
LARGEST = 64 << 20  # bytes; a hundred times a usual one


def own() -> list[str]:
    """The names of the models that did not come with the program."""
    shipped = {path.stem for path in checkpoint.folder().glob(f"*{checkpoint.SUFFIX}")}
    return [name for name in checkpoint.names() if name not in shipped]


def bring(path: Path, jobs: JobQueue) -> str:
    """Puts a checkpoint among the models and returns the name that it got.

    Raises CabcnnError where it is no good checkpoint, or there are too many.
    """
    if path.stat().st_size > LARGEST:
        raise CheckpointError(f"{path.name} is larger than any model of this kind.")
    checkpoint.load(path)  # says what is wrong with it
    if len(own()) >= MOST_MODELS:
        raise CheckpointError(f"{MOST_MODELS} models are kept here; remove some first.")
    taken = {name.casefold() for name in (*checkpoint.names(), *(job.name for job in jobs.all()))}
    wanted = called(path.stem)
    name, number = wanted, 2
    while name.casefold() in taken:
        name, number = f"{wanted}-{number}", number + 1
    target = checkpoint.own_folder() / f"{name}{checkpoint.SUFFIX}"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise files.write_error(target.parent, error) from error
    with files.atomic(target) as part:
        shutil.copyfile(path, part)
    return name


def file_of(name: str | None) -> Path:
    """The file of a model that was made or brought here. Raises CheckpointError for others."""
    if name not in own():
        raise CheckpointError("Choose one of the models that were trained or added here.")
    return checkpoint.find(name)


def remove(name: str | None) -> None:
    """Takes a model away for good. Raises CabcnnError where it is not there to be removed."""
    path = file_of(name)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise CabcnnError(f"{name} can't be removed ({error.strerror}).") from error


class ModelFiles(NamedTuple):
    """The components."""

    bring: gr.UploadButton
    mine: gr.Dropdown
    take: gr.Button
    drop: gr.Button


def lay_out() -> ModelFiles:
    """Puts them on the page."""
    with gr.Accordion("Model files", open=False, elem_id="train-files"):
        bring = gr.UploadButton(
            "Add a model file", file_types=[checkpoint.SUFFIX], size="sm", elem_id="train-bring"
        )
        mine = gr.Dropdown(
            choices=own(),
            value=None,
            label="Models trained or added here",
            filterable=False,
            elem_id="train-mine",
        )
        with gr.Row():
            take = gr.Button("Download", size="sm", min_width=100)
            drop = gr.Button("Remove", size="sm", min_width=100)
    return ModelFiles(bring, mine, take, drop)


def wire(
    shelf: ModelFiles,
    jobs: JobQueue,
    models: Models,
    sounds: Sounds,
    model: gr.Dropdown,
    message: gr.HTML,
    tab: gr.Tab,
    file: gr.DownloadButton,
    download: str,
) -> None:
    """Lets them act on the page's choice of `model`; `file` is the hidden button which the
    JavaScript `download` presses."""

    def offered(current: str | None) -> dict[Any, Any]:
        choices = models.choices()
        known = current in {name for _, name in choices}
        value = current if known else models.first()
        return {
            model: gr.Dropdown(choices=choices, value=value),
            shelf.mine: gr.Dropdown(choices=own(), value=None),
        }

    def add(path: str, current: str | None) -> dict[Any, Any]:
        try:
            name = bring(Path(path), jobs)
        except CabcnnError as error:
            return {message: trouble(error)}
        finally:
            sounds.used(Path(path))
        said = note(f"{name} is among the models now; choose it at the top of the page.")
        return {**offered(current), message: said}

    def take_model(name: str | None) -> str:
        try:
            place = Path(tempfile.mkdtemp(dir=sounds.folder))
            return str(shutil.copy(file_of(name), place))
        except CabcnnError as error:
            raise gr.Error(str(error), print_exception=False) from error

    def drop(name: str | None, current: str | None) -> dict[Any, Any]:
        try:
            remove(name)
        except CabcnnError as error:
            return {message: trouble(error)}
        return {**offered(current), message: note(f"{name} was removed.")}

    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    changed = [model, shelf.mine, message]
    shelf.bring.upload(add, [shelf.bring, model], changed, **quiet)
    shelf.take.click(take_model, shelf.mine, file, **quiet).success(None, js=download)
    shelf.drop.click(drop, [shelf.mine, model], changed, **quiet)
    tab.select(lambda: gr.Dropdown(choices=own()), None, shelf.mine, queue=False, **quiet)
