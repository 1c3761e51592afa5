"""The tab: the atlas of the page's chosen model, or how it gets one."""

from __future__ import annotations

import base64
from functools import cache
from typing import Any

import gradio as gr

from cabcnn import atlas, corpora
from cabcnn.atlas import Atlas
from cabcnn.atlas.compute import name_of
from cabcnn.atlas.snippets import snippet as cut
from cabcnn.classifier import Classifier
from cabcnn.corpora import Clip, built_in
from cabcnn.corpora.layouts import BUILT_IN
from cabcnn.errors import CabcnnError
from cabcnn.ui.atlas.background import BackgroundAtlases
from cabcnn.ui.components import AtlasView
from cabcnn.ui.models import Models
from cabcnn.views.atlas import payload

POLL_SECONDS = 1.0


def build(models: Models, model: gr.Dropdown, tab: gr.Tab, tabs: gr.Tabs, explore: str) -> None:
    """Lays out the tab, one of the page's `tabs`. `model` is the page's choice of model, `explore`
    the id of the tab in which a classifier can be looked up."""
    working = BackgroundAtlases()

    def snippet(asked: Any) -> str:
        """The view's own question: a moment's sound as a data URL, "" where there is none."""
        question = payload.asked(asked)
        if question is None:
            return ""
        name, classifier, place = question
        try:
            found = _find(models.get(name))
            if found is None or not 0 <= classifier < len(found.moments):
                return ""
            moments = found.moments[classifier]
            if not 0 <= place < len(moments):
                return ""
            sound = found.sounds[moments[place].sound]
            wav = cut(built_in.folder() / sound.name, moments[place])
        except CabcnnError:
            return ""
        return "data:audio/wav;base64," + base64.b64encode(wav).decode("ascii")

    view = AtlasView("", server_functions=[snippet], elem_id="atlas")
    timer = gr.Timer(POLL_SECONDS, active=False)

    def shown(name: str | None) -> tuple[str, bool]:
        """What the view shows of a model, and whether that changes by itself."""
        try:
            classifier = models.get(name)
            title, work = classifier.card.title, working.of(name or "")
            if work is not None:
                return payload.busy(title, work.done, work.total), True
            found = _find(classifier)
            if found is not None:
                return payload.ready(found, title, _said(), name=name), False
            return payload.waiting(title, len(_clips()), working.trouble(name or "")), False
        except CabcnnError as error:
            return payload.broken(str(error)), False

    def look_at_atlas(name: str | None) -> dict[Any, Any]:
        value, active = shown(name)
        return {view: value, timer: gr.Timer(active=active)}

    def compute_atlas(name: str | None) -> dict[Any, Any]:
        try:
            working.start(name or "", models.get(name), _clips())
        except CabcnnError as error:
            gr.Warning(str(error))
        return look_at_atlas(name)

    def cancel_atlas(name: str | None) -> dict[Any, Any]:
        working.end(name or "")
        return look_at_atlas(name)

    def look_up():
        return gr.Tabs(selected=explore)

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    both: dict[str, Any] = {"inputs": model, "outputs": [view, timer], **quiet}
    gr.on(
        [tab.select, timer.tick, model.change],
        look_at_atlas,
        trigger_mode="always_last",
        queue=False,
        **both,
    )
    view.compute(compute_atlas, **both)
    view.cancel(cancel_atlas, **both)
    view.look(look_up, None, tabs, queue=False, **quiet)


def _find(classifier: Classifier) -> Atlas | None:
    return atlas.kept(classifier, _clips())


@cache
def _clips() -> list[Clip]:
    return corpora.read(BUILT_IN)


@cache
def _said() -> dict[str, str]:
    """What is said in each clip of the built-in corpus, by the clip's name in an atlas."""
    root = built_in.folder().absolute()
    return {name_of(clip, root): clip.extra.get("sentence", "") for clip in _clips()}
