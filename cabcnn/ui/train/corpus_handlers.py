"""What happens in the first step: recordings are chosen, read, and what is in them is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from cabcnn.errors import CabcnnError
from cabcnn.ui.explore import note, nothing, session_of, trouble
from cabcnn.ui.sounds import Sounds
from cabcnn.ui.train import recordings, settings
from cabcnn.ui.train.corpus_summary import CorpusSummary, built_in, describe
from cabcnn.ui.train.page_state import PageStates
from cabcnn.ui.train.recordings import BUILT_IN, FOLDER, ZIP, Recordings, Upload
from cabcnn.ui.train.settings import Settings

PROGRESS = gr.Progress()  # as a default, it tells Gradio to hand in the event's own
BRING_AGAIN = "The recordings are no longer held for you: bring them again."


def wire(
    given: Recordings,
    chosen: Settings,
    desk: PageStates,
    sounds: Sounds,
    corpora_folder: Path | None,
    tab: gr.Tab,
) -> None:
    """Lets the components of the first step act; what is found sets some of the second's."""

    def put(
        session: str, look: Callable[[], CorpusSummary], brought: Upload | None = None
    ) -> dict[Any, Any]:
        """Looks at recordings and tells what is there. Those that were brought stay, even where
        they can't be read as they are: they may be read in another way."""
        try:
            found = look()
        except CabcnnError as error:
            return {**clear(session, brought), given.said: trouble(error)}
        desk.put(session, found, brought)
        classes = [row[0] for row in found.labels]
        protocols = settings.protocols(found, classes)
        return {
            given.found: describe(found),
            given.classes: gr.CheckboxGroup(choices=classes, value=classes, visible=True),
            chosen.seconds: found.seconds,
            chosen.protocol: gr.Radio(choices=protocols, value=protocols[0][1]),
            chosen.name: found.name,
            given.said: nothing(),
        }

    def clear(session: str, brought: Upload | None = None) -> dict[Any, Any]:
        desk.put(session, None, brought)
        return {
            given.found: "",
            given.classes: gr.CheckboxGroup(choices=[], value=[], visible=False),
            given.said: nothing(),
        }

    def choose_kind(request: gr.Request, kind: str) -> dict[Any, Any]:
        session = session_of(request)
        shown = {
            given.explained: recordings.explanation(kind),
            given.upload: gr.File(visible=kind == ZIP, value=None),
            given.folder: gr.Dropdown(visible=kind == FOLDER, value=None),
            given.reading: gr.Accordion(visible=False),
        }
        return shown | (put(session, built_in) if kind == BUILT_IN else clear(session))

    def begin(request: gr.Request, kind: str) -> dict[Any, Any]:
        """The first look at the tab: the built-in voices are there already."""
        session = session_of(request)
        if kind != BUILT_IN or desk.page(session).found is not None:
            return gr.skip()
        return put(session, built_in)

    def open_zip(
        request: gr.Request, path: str | None, progress: Any = PROGRESS, *how: Any
    ) -> dict[Any, Any]:
        if path is None:  # the box was emptied
            return gr.skip()

        session = session_of(request)
        try:
            brought = recordings.unpacked(Path(path), desk.jobs.uploads, told(progress))
        except CabcnnError as error:
            shown = {**clear(session), given.said: trouble(error)}
        else:
            shown = put(session, lambda: reread(brought, how, progress), brought)
            shown[given.reading] = gr.Accordion(visible=True)
        finally:
            sounds.used(Path(path))
        return {**shown, given.upload: None}

    def reread(brought: Upload, how: Sequence[Any], progress: gr.Progress) -> CorpusSummary:
        upload, begins, name = brought
        return recordings.read(begins, name, how, begins, told(progress), upload)

    def open_folder(
        request: gr.Request, name: str | None, progress: Any = PROGRESS, *how: Any
    ) -> dict[Any, Any]:
        if not name:
            return gr.skip()

        def look() -> CorpusSummary:
            path = recordings.below(corpora_folder, name)
            called = recordings.called(path.stem)
            assert corpora_folder is not None
            return recordings.read(path, called, how, corpora_folder.resolve(), told(progress))

        shown = put(session_of(request), look)
        return {**shown, given.reading: gr.Accordion(visible=True)}

    def read_again(
        request: gr.Request, kind: str, name: str | None, progress: Any = PROGRESS, *how: Any
    ) -> dict[Any, Any]:
        if kind == FOLDER:
            return open_folder(request, name, progress, *how)
        session = session_of(request)
        brought = desk.page(session).brought
        if brought is None:
            return {given.said: note(BRING_AGAIN)}
        return put(session, lambda: reread(brought, how, progress), brought)

    def choose_classes(request: gr.Request, classes: list[str], now: str) -> Any:
        """Fewer classes may allow, or no longer allow, tests on unheard voices."""
        found = desk.page(session_of(request)).found
        if found is None:
            return gr.skip()
        protocols = settings.protocols(found, classes)
        kept = now in {value for _, value in protocols}
        if kept:  # without a word of the value: the visitor may have chosen another meanwhile
            return gr.Radio(choices=protocols)
        return gr.Radio(choices=protocols, value=protocols[0][1])

    told_of = [given.found, given.classes, given.reading, *chosen[:1], chosen.protocol,
               chosen.name, given.said]  # fmt: skip
    quiet: dict[str, Any] = {
        "api_visibility": "private",
        "show_progress_on": given.found,
        "concurrency_id": "corpora",
        "concurrency_limit": 2,  # what listens to thousands of clips leaves room for the rest
    }
    given.kind.input(
        choose_kind, given.kind, [given.explained, given.upload, given.folder, *told_of], **quiet
    )
    tab.select(begin, given.kind, told_of, **quiet)
    given.upload.upload(open_zip, [given.upload, *given.how()], [given.upload, *told_of], **quiet)
    given.folder.input(open_folder, [given.folder, *given.how()], told_of, **quiet)
    given.again.click(read_again, [given.kind, given.folder, *given.how()], told_of, **quiet)
    given.classes.input(
        choose_classes,
        [given.classes, chosen.protocol],
        chosen.protocol,
        queue=False,
        show_progress="hidden",
        api_visibility="private",
    )


def told(progress: gr.Progress) -> Callable[[float, str], object]:
    return lambda share, what: progress(share, desc=what)
