"""The models that were trained or added here: adding, downloading and removing their files."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from cabcnn import checkpoint, files
from cabcnn.errors import CabcnnError, CheckpointError
from cabcnn.runs.plan import LONGEST_NAME
from cabcnn.runs.queue import JobQueue
from cabcnn.ui.messages import error_message, gradio_errors, notice
from cabcnn.ui.models import Models
from cabcnn.ui.sounds import Sounds
from cabcnn.ui.train.recordings import safe_name

MAX_MODELS = 200
MAX_BYTES = 64 << 20  # a hundred times the usual size of a model


def own_models() -> list[str]:
    """The names of the models that did not come with the program."""
    shipped = {path.stem for path in checkpoint.folder().glob(f"*{checkpoint.SUFFIX}")}
    return [name for name in checkpoint.names() if name not in shipped]


def add(path: Path, jobs: JobQueue) -> str:
    """Copies a checkpoint to the models and returns the name that it got.

    Raises CabcnnError if it is not a valid checkpoint, or there are too many models.
    """
    if path.stat().st_size > MAX_BYTES:
        raise CheckpointError(f"{path.name} is larger than any model of this kind.")
    checkpoint.load(path)  # raises if it is invalid
    if len(own_models()) >= MAX_MODELS:
        raise CheckpointError(f"{MAX_MODELS} models are kept here; remove some first.")
    taken = {name.casefold() for name in (*checkpoint.names(), *(job.name for job in jobs.all()))}
    names = files.numbered(safe_name(path.stem), LONGEST_NAME)
    name = next(name for name in names if name.casefold() not in taken)
    checkpoint.keep(path, name)
    return name


def file_of(name: str | None) -> Path:
    """The file of a model that was trained or added here. Raises CheckpointError for others."""
    if name not in own_models():
        raise CheckpointError("Choose one of the models that were trained or added here.")
    return checkpoint.find(name)


def remove(name: str | None) -> None:
    """Deletes a model for good. Raises CabcnnError if that is not possible."""
    path = file_of(name)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise CabcnnError(f"{name} can't be removed ({error.strerror}).") from error


class ModelFiles(NamedTuple):
    """The components."""

    upload: gr.UploadButton
    choice: gr.Dropdown
    download: gr.Button
    remove: gr.Button


def lay_out() -> ModelFiles:
    """Puts the components on the page."""
    with gr.Accordion("Model files", open=False, elem_id="train-files"):
        upload = gr.UploadButton(
            "Add a model file", file_types=[checkpoint.SUFFIX], size="sm", elem_id="train-bring"
        )
        choice = gr.Dropdown(
            choices=own_models(),
            value=None,
            label="Models trained or added here",
            filterable=False,
            elem_id="train-mine",
        )
        with gr.Row():
            download = gr.Button("Download", size="sm", min_width=100)
            remove_button = gr.Button("Remove", size="sm", min_width=100)
    return ModelFiles(upload, choice, download, remove_button)


def connect(
    components: ModelFiles,
    jobs: JobQueue,
    models: Models,
    sounds: Sounds,
    model: gr.Dropdown,
    message: gr.HTML,
    tab: gr.Tab,
    file: gr.DownloadButton,
    press_download: str,
) -> None:
    """Connects the components with the page's choice of `model`. `file` is a hidden button that
    the JavaScript `press_download` presses."""

    def update_choices(current: str | None) -> dict[Any, Any]:
        choices = models.choices()
        is_known = current in {name for _, name in choices}
        return {
            model: gr.Dropdown(choices=choices, value=current if is_known else models.first()),
            components.choice: gr.Dropdown(choices=own_models(), value=None),
        }

    def add_model(path: str, current: str | None) -> dict[Any, Any]:
        try:
            name = add(Path(path), jobs)
        except CabcnnError as error:
            return {message: error_message(error)}
        finally:
            sounds.release(Path(path))
        text = f"{name} was added to the models; choose it at the top of the page."
        return {**update_choices(current), message: notice(text)}

    def download_model(name: str | None) -> str:
        with gradio_errors():
            path = file_of(name)
        return str(shutil.copy(path, tempfile.mkdtemp(dir=sounds.folder)))

    def remove_model(name: str | None, current: str | None) -> dict[Any, Any]:
        try:
            remove(name)
        except CabcnnError as error:
            return {message: error_message(error)}
        return {**update_choices(current), message: notice(f"{name} was removed.")}

    private: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    outputs = [model, components.choice, message]
    components.upload.upload(add_model, [components.upload, model], outputs, **private)
    downloaded = components.download.click(download_model, components.choice, file, **private)
    downloaded.success(None, js=press_download)
    components.remove.click(remove_model, [components.choice, model], outputs, **private)
    tab.select(
        lambda: gr.Dropdown(choices=own_models()), None, components.choice, queue=False, **private
    )
