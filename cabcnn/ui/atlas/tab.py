"""The tab: the atlas of the page's model, or how it gets one."""

from __future__ import annotations

import base64
from functools import cache
from typing import Any

import gradio as gr

from cabcnn import atlas, corpora
from cabcnn.atlas import Atlas
from cabcnn.atlas.compute import relative_name
from cabcnn.atlas.snippets import snippet as cut_snippet
from cabcnn.classifier import Classifier
from cabcnn.corpora import Clip, built_in
from cabcnn.corpora.layouts import BUILT_IN
from cabcnn.errors import CabcnnError
from cabcnn.ui import tab_ids
from cabcnn.ui.atlas.background import BackgroundAtlases
from cabcnn.ui.components import AtlasView
from cabcnn.ui.models import Models
from cabcnn.views.atlas import payload

POLL_SECONDS = 1.0


def build(models: Models, model: gr.Dropdown, tab: gr.Tab, tabs: gr.Tabs) -> None:
    """Lays out the tab, one of the page's `tabs`. `model` is the page's choice of model."""
    background = BackgroundAtlases()

    def snippet(request: Any) -> str:
        """A moment's sound as a data URL, which the view requests; "" if there is none."""
        moment_id = payload.parse_snippet_request(request)
        if moment_id is None:
            return ""
        name, classifier, rank = moment_id
        try:
            model_atlas = _atlas(models.get(name))
            if model_atlas is None or not 0 <= classifier < len(model_atlas.moments):
                return ""
            moments = model_atlas.moments[classifier]
            if not 0 <= rank < len(moments):
                return ""
            sound = model_atlas.sounds[moments[rank].sound]
            wav = cut_snippet(built_in.folder() / sound.name, moments[rank])
        except CabcnnError:
            return ""
        return "data:audio/wav;base64," + base64.b64encode(wav).decode("ascii")

    view = AtlasView("", server_functions=[snippet], elem_id="atlas")
    timer = gr.Timer(POLL_SECONDS, active=False)

    def view_value(name: str | None) -> tuple[str, bool]:
        """What the view shows of a model, and whether that is going to change."""
        try:
            classifier = models.get(name)
            title, job = classifier.card.title, background.running(name or "")
            if job is not None:
                return payload.busy(title, job.done, job.total), True
            model_atlas = _atlas(classifier)
            if model_atlas is not None:
                return payload.ready(model_atlas, title, _transcripts(), name=name), False
            error = background.error(name or "")
            return payload.missing(title, len(_clips()), error), False
        except CabcnnError as error:
            return payload.broken(str(error)), False

    def update_atlas(name: str | None) -> dict[Any, Any]:
        value, poll = view_value(name)
        return {view: value, timer: gr.Timer(active=poll)}

    def compute_atlas(name: str | None) -> dict[Any, Any]:
        try:
            background.start(name or "", models.get(name), _clips())
        except CabcnnError as error:
            gr.Warning(str(error))
        return update_atlas(name)

    def cancel_atlas(name: str | None) -> dict[Any, Any]:
        background.cancel(name or "")
        return update_atlas(name)

    def open_explore():
        return gr.Tabs(selected=tab_ids.EXPLORE)

    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    updating: dict[str, Any] = {"inputs": model, "outputs": [view, timer], **private}
    gr.on(
        [tab.select, timer.tick, model.change],
        update_atlas,
        trigger_mode="always_last",
        queue=False,
        **updating,
    )
    view.compute(compute_atlas, **updating)
    view.cancel(cancel_atlas, **updating)
    view.look(open_explore, None, tabs, queue=False, **private)


def _atlas(classifier: Classifier) -> Atlas | None:
    return atlas.find(classifier, _clips())


@cache
def _clips() -> list[Clip]:
    return corpora.read(BUILT_IN)


@cache
def _transcripts() -> dict[str, str]:
    """The sentence that is spoken in each clip of the built-in corpus, by the clip's name in an
    atlas."""
    root = built_in.folder().absolute()
    return {relative_name(clip, root): clip.extra.get("sentence", "") for clip in _clips()}
