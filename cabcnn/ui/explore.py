"""The Explore tab: a sound goes in, and the view shows why it was classified so."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from gradio import events

from cabcnn import audio
from cabcnn.checkpoint import Card
from cabcnn.errors import CabcnnError
from cabcnn.ui import busy, evidence, examples, export, links
from cabcnn.ui.components import AttentionView
from cabcnn.ui.messages import note, nothing, session_of, trouble
from cabcnn.ui.models import Models
from cabcnn.ui.sounds import Clip, Sounds
from cabcnn.ui.view_payload import explain_for_view

VIEW = "view"
SECONDS = (5, 10, 30, 60)
OWN = 0  # of the T buttons: as much as the model was trained on
LONGEST = 60.0  # seconds of a clip that are kept, so that another T needs no new upload
RECORDING = "Recording"
# What phones, cameras and recorders write, some of which browsers do not count as sound.
FILE_TYPES = [
    "audio",
    "video",
    *(".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au", ".caf", ".m4a"),
    *(".aac", ".webm", ".weba", ".mka", ".mp4", ".mov", ".mkv", ".3gp", ".amr", ".awb", ".wma"),
]
NO_SOUND = "No sound is held for you at the moment: record, upload or choose one."
# Sounds are explained a few at a time; the page stays free for everybody else meanwhile.
LIMITS: dict[str, Any] = {"concurrency_id": "explain", "concurrency_limit": 4}

AfterEvent = Callable[[events.Dependency], None]


def build(models: Models, sounds: Sounds, model: gr.Dropdown) -> tuple[AfterEvent, AfterEvent]:
    """Lays out the tab. `model` is the page's choice of model, shared by its tabs.

    Returns what makes an event elsewhere that changed the model end in a new explanation of the
    sound that is held, if any; and what makes the page's loading end in what its link asks for.
    """
    clips = examples.load()

    def seconds_of(name: str | None) -> list[tuple[str, float]]:
        try:
            return _seconds_choices(models.card(name))
        except CabcnnError:  # said when there is a sound to explain
            return _seconds_choices(None)

    with gr.Row(elem_id="inputs", equal_height=True):
        microphone = gr.Audio(
            sources=["microphone"],
            type="filepath",
            label="Record",
            elem_id="microphone",
            min_width=260,
            buttons=[],
        )
        upload = gr.File(
            label="Upload a sound or a video",
            file_types=FILE_TYPES,
            elem_id="upload",
            min_width=260,
        )
        with gr.Column(elem_id="choices", min_width=300):
            seconds = gr.Radio(
                choices=seconds_of(models.first()),
                value=OWN,
                label="Hear the first",
                elem_id="seconds",
            )
    chosen = gr.Dataset(
        label="Or try a synthetic voice",
        components=["textbox"],
        samples=[[clip.title] for clip in clips],
        type="index",
        layout="gallery",
        samples_per_page=len(clips),
        elem_id="examples",
    )
    message = gr.HTML(visible=False, elem_id="message")
    view = AttentionView(elem_id=VIEW)
    evidence.build(models, sounds, view)
    export.build(models, sounds, model, seconds, FILE_TYPES, LONGEST)
    address = gr.Textbox(visible=False)  # what comes after the page's #

    def explain(
        clip: Clip, name: str, wanted: float, session: str, opened: bool = False
    ) -> dict[str, Any]:
        classifier = models.get(name)
        heard = wanted or classifier.card.seconds
        hold = partial(sounds.hold, session, clip, model=name, seconds=heard, by=classifier)
        link = {
            "example": clip.origin and clip.origin.path.stem,
            "model": name,
            "seconds": wanted,
            "opened": opened,
        }
        return explain_for_view(classifier, clip, heard, hold, link)

    def try_out(
        example: examples.Example, name: str, wanted: float, session: str, opened: bool = False
    ):
        clip = examples.clip(example, _longest(models.card(name), wanted))
        return show(clip, name, wanted, session, opened)

    def show(
        clip: Clip, name: str, wanted: float, session: str, opened: bool = False
    ) -> dict[Any, Any]:
        return {view: explain(clip, name, wanted, session, opened), message: said_of(clip)}

    def said_of(clip: Clip):
        return note(clip.about) if clip.about else nothing()

    def give(path: str | None, title: str, name: str, wanted: float, request: gr.Request):
        if path is None:  # the box was emptied
            return {}
        try:
            clip = Clip(title, audio.read(Path(path), _longest(models.card(name), wanted)))
            return show(clip, name, wanted, session_of(request))
        except CabcnnError as error:
            return {message: trouble(error)}
        finally:
            sounds.used(Path(path))

    def record(path: str | None, name: str, wanted: float, request: gr.Request):
        return give(path, RECORDING, name, wanted, request) | {microphone: None}

    def open_file(path: str | None, name: str, wanted: float, request: gr.Request):
        return give(path, Path(path or "").name, name, wanted, request) | {upload: None}

    def choose(index: int, wanted: float, request: gr.Request):
        example = clips[index]
        name = example.checkpoint
        try:
            return try_out(example, name, wanted, session_of(request)) | {model: name}
        except CabcnnError as error:
            return {message: trouble(error)}

    def explain_held(name: str, wanted: float, session: str):
        clip = sounds.clip(session)
        if clip is None:
            return {message: note(NO_SOUND)}
        try:
            return show(clip, name, wanted, session)
        except CabcnnError as error:
            return {message: trouble(error)}

    def again(name: str, wanted: float, request: gr.Request):
        """Gradio tells of one choice in a list twice: the second time it is there already."""
        session = session_of(request)
        held = sounds.held(session)
        with suppress(CabcnnError):  # said by what follows
            by = models.get(name)
            if held is not None and held.by is by and held.seconds == (wanted or by.card.seconds):
                return {message: said_of(held.clip)}
        return explain_held(name, wanted, session)

    def follow(name: str, wanted: float, request: gr.Request):
        session = session_of(request)
        held = sounds.clip(session) is not None
        return explain_held(name, wanted, session) if held else gr.skip()

    def relabel(name: str | None):
        return gr.Radio(choices=seconds_of(name))

    def open_link(asked: str | None, request: gr.Request):
        """What a link brings; without one the page stays as it is."""
        names = [name for _, name in models.choices()]
        try:
            known = [clip.path.stem for clip in clips]
            link = links.read(asked or "", known, names, (*SECONDS, OWN))
            if link is None:
                return gr.skip()
            wanted = OWN if link.seconds is None else link.seconds
            name = link.model or models.first() or ""
            chosen_too = {model: name, seconds: gr.Radio(seconds_of(name), value=wanted)}
            if link.example is None:
                return {message: note(links.WITHOUT_SOUND), **chosen_too}
            example = next(c for c in clips if c.path.stem == link.example)
            name = link.model or example.checkpoint
            shown = try_out(example, name, wanted, session_of(request), True)
            return shown | chosen_too | {model: name}
        except CabcnnError as error:
            return {message: trouble(error)}

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    each: dict[str, Any] = {
        **quiet,
        **LIMITS,
        "show_progress_on": view,
        "js": busy.start(VIEW),
    }
    for event in (
        microphone.stop_recording(
            record, [microphone, model, seconds], [view, message, microphone], **each
        ),
        upload.upload(open_file, [upload, model, seconds], [view, message, upload], **each),
        chosen.click(
            choose, [chosen, seconds], [view, message, model], trigger_mode="always_last", **each
        ),
        gr.on(
            [model.input, seconds.input],
            again,
            [model, seconds],
            [view, message],
            trigger_mode="always_last",
            **each,
        ),
    ):
        busy.stop(event, VIEW)
    model.change(relabel, model, seconds, queue=False, **quiet)

    def explain_after(event: events.Dependency) -> None:
        busy.stop(event.success(follow, [model, seconds], [view, message], **each), VIEW)

    def open_after(event: events.Dependency) -> None:
        linked = {**each, "js": busy.start(VIEW, "location.hash", where="location.hash")}
        opened = event.then(open_link, address, [view, message, model, seconds], **linked)
        busy.stop(opened, VIEW)

    return explain_after, open_after


def explain_example(models: Models, example: examples.Example) -> None:
    """Has an example's explanation, by the model and T that it comes with, ready for the first
    who chooses it. Raises CabcnnError where its model is missing or no good."""
    classifier = models.get(example.checkpoint)
    clip = examples.clip(example, _longest(classifier.card, OWN))
    explain_for_view(classifier, clip, classifier.card.seconds, lambda _: {})


def _longest(card: Card, wanted: float) -> float:
    return max(LONGEST, wanted, card.seconds or 0)


def _seconds_choices(card: Card | None) -> list[tuple[str, float]]:
    if card is None or card.seconds is None:
        own = f"All (up to {LONGEST:.0f} s)" if card else "Model's own"
    else:
        own = f"Model's own: {card.seconds:g} s"
    return [*((f"{seconds} s", seconds) for seconds in SECONDS), (own, OWN)]
