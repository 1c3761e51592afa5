"""The events of the first step: recordings are chosen, read, and described."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from cabcnn.errors import CabcnnError
from cabcnn.ui.limits import visitor
from cabcnn.ui.messages import error_message, no_message, notice, session_id
from cabcnn.ui.sounds import Sounds
from cabcnn.ui.train import recordings, settings
from cabcnn.ui.train.corpus_summary import CorpusSummary, built_in, to_html
from cabcnn.ui.train.page_state import PageStates
from cabcnn.ui.train.recordings import BUILT_IN, FOLDER, ZIP, Recordings, Upload
from cabcnn.ui.train.settings import Settings

PROGRESS = gr.Progress()  # as a default, it tells Gradio to pass the event's own
UPLOAD_EXPIRED = "The recordings are no longer on the server: upload them again."


def connect(
    step: Recordings,
    training_step: Settings,
    pages: PageStates,
    sounds: Sounds,
    corpora_folder: Path | None,
    tab: gr.Tab,
) -> None:
    """Connects the components of the first step; its result sets some of the second's."""

    def show_corpus(
        session: str, inspect: Callable[[], CorpusSummary], upload: Upload | None = None
    ) -> dict[Any, Any]:
        """Shows what `inspect` returns. An upload that can't be read is kept: it may be read with
        other options."""
        try:
            summary = inspect()
        except CabcnnError as error:
            return {**clear(session, upload), step.message: error_message(error)}
        pages.set_corpus(session, summary, upload)
        classes = [row[0] for row in summary.labels]
        protocols = settings.protocol_choices(summary, classes)
        return {
            step.summary: to_html(summary),
            step.classes: gr.CheckboxGroup(choices=classes, value=classes, visible=True),
            training_step.seconds: summary.seconds,
            training_step.protocol: gr.Radio(choices=protocols, value=protocols[0][1]),
            training_step.name: summary.name,
            step.message: no_message(),
        }

    def clear(session: str, upload: Upload | None = None) -> dict[Any, Any]:
        pages.set_corpus(session, None, upload)
        return {
            step.summary: "",
            step.classes: gr.CheckboxGroup(choices=[], value=[], visible=False),
            step.message: no_message(),
        }

    def choose_kind(request: gr.Request, kind: str) -> dict[Any, Any]:
        session = session_id(request)
        updates = {
            step.description: recordings.description_of(kind),
            step.upload: gr.File(visible=kind == ZIP, value=None),
            step.folder: gr.Dropdown(visible=kind == FOLDER, value=None),
            step.options: gr.Accordion(visible=False),
        }
        return updates | (show_corpus(session, built_in) if kind == BUILT_IN else clear(session))

    def open_tab(request: gr.Request, kind: str) -> dict[Any, Any]:
        """Shows the built-in voices when the tab is first opened."""
        session = session_id(request)
        if kind != BUILT_IN or pages.page(session).corpus is not None:
            return gr.skip()
        return show_corpus(session, built_in)

    def open_zip(
        request: gr.Request, path: str | None, progress: Any = PROGRESS, *options: Any
    ) -> dict[Any, Any]:
        if path is None:  # the box was emptied
            return gr.skip()

        session = session_id(request)
        try:
            upload = recordings.unpack(
                Path(path), pages.jobs.uploads, reporter(progress), visitor(request)
            )
        except CabcnnError as error:
            updates = {**clear(session), step.message: error_message(error)}
        else:
            updates = show_corpus(session, lambda: read_upload(upload, options, progress), upload)
            updates[step.options] = gr.Accordion(visible=True)
        finally:
            sounds.release(Path(path))
        return {**updates, step.upload: None}

    def read_upload(upload: Upload, options: Sequence[Any], progress: gr.Progress) -> CorpusSummary:
        folder, root, name = upload
        return recordings.read(root, name, options, root, reporter(progress), folder)

    def open_folder(
        request: gr.Request, name: str | None, progress: Any = PROGRESS, *options: Any
    ) -> dict[Any, Any]:
        if not name:
            return gr.skip()

        def inspect() -> CorpusSummary:
            path = recordings.path_below(corpora_folder, name)
            corpus_name = recordings.safe_name(path.stem)
            assert corpora_folder is not None
            root = corpora_folder.resolve()
            return recordings.read(path, corpus_name, options, root, reporter(progress))

        updates = show_corpus(session_id(request), inspect)
        return {**updates, step.options: gr.Accordion(visible=True)}

    def read_again(
        request: gr.Request, kind: str, name: str | None, progress: Any = PROGRESS, *options: Any
    ) -> dict[Any, Any]:
        if kind == FOLDER:
            return open_folder(request, name, progress, *options)
        session = session_id(request)
        upload = pages.page(session).upload
        if upload is None:
            return {step.message: notice(UPLOAD_EXPIRED)}
        return show_corpus(session, lambda: read_upload(upload, options, progress), upload)

    def choose_classes(request: gr.Request, classes: list[str], protocol: str) -> Any:
        """With other classes, tests on unseen speakers may become possible, or impossible."""
        summary = pages.page(session_id(request)).corpus
        if summary is None:
            return gr.skip()
        protocols = settings.protocol_choices(summary, classes)
        if protocol in {value for _, value in protocols}:
            # Without a value: the visitor may have chosen another protocol meanwhile.
            return gr.Radio(choices=protocols)
        return gr.Radio(choices=protocols, value=protocols[0][1])

    outputs = [
        step.summary, step.classes, step.options, training_step.seconds, training_step.protocol,
        training_step.name, step.message,
    ]  # fmt: skip
    private: dict[str, Any] = {
        "api_visibility": "private",
        "show_progress_on": step.summary,
        "concurrency_id": "corpora",
        "concurrency_limit": 2,  # decoding thousands of clips must not hold up everything else
    }
    options = step.option_inputs()
    step.kind.input(
        choose_kind, step.kind, [step.description, step.upload, step.folder, *outputs], **private
    )
    tab.select(open_tab, step.kind, outputs, **private)
    step.upload.upload(open_zip, [step.upload, *options], [step.upload, *outputs], **private)
    step.folder.input(open_folder, [step.folder, *options], outputs, **private)
    step.read_again.click(read_again, [step.kind, step.folder, *options], outputs, **private)
    step.classes.input(
        choose_classes,
        [step.classes, training_step.protocol],
        training_step.protocol,
        queue=False,
        show_progress="hidden",
        api_visibility="private",
    )


def reporter(progress: gr.Progress) -> Callable[[float, str], object]:
    return lambda share, description: progress(share, desc=description)
