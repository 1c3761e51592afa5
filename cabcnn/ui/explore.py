"""The Explore tab: a sound goes in, and the view shows why it was classified as it was."""

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
from cabcnn.ui.messages import error_message, no_message, notice, session_id
from cabcnn.ui.models import Models
from cabcnn.ui.sounds import Clip, Sounds
from cabcnn.ui.view_payload import explain_for_view

VIEW = "view"
OTHER_EXAMPLE = "is not for this model; this is another example."
SECONDS = (5, 10, 30, 60)
MODEL_T = 0  # among the choices of T: the one that the model was trained with
MAX_SECONDS = 60.0  # of a clip that are kept, so that another T needs no new upload
RECORDING = "Recording"
# What phones, cameras and recorders write. Browsers do not take all of these for sound.
FILE_TYPES = [
    "audio",
    "video",
    *(".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au", ".caf", ".m4a"),
    *(".aac", ".webm", ".weba", ".mka", ".mp4", ".mov", ".mkv", ".3gp", ".amr", ".awb", ".wma"),
]
NO_SOUND = "You have no sound open: record, upload or choose one."
# A few sounds are explained at a time, which leaves the page responsive for everybody else.
LIMITS: dict[str, Any] = {"concurrency_id": "explain", "concurrency_limit": 4}

AfterEvent = Callable[[events.Dependency], None]


def build(models: Models, sounds: Sounds, model: gr.Dropdown) -> tuple[AfterEvent, AfterEvent]:
    """Lays out the tab. `model` is the page's choice of model, which its tabs share.

    Returns two functions that take an event and add a step after it: one that explains the open
    sound, if there is one, by the model that the event has set; and one that opens what the link
    in the page's address asks for.
    """

    def example_titles(name: str | None) -> list[list[str]]:
        return [[clip.title] for clip in examples.suiting(name)]

    def seconds_choices(name: str | None) -> list[tuple[str, float]]:
        try:
            return _seconds_choices(models.card(name))
        except CabcnnError:  # shown when there is a sound to explain
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
                choices=seconds_choices(models.first()),
                value=MODEL_T,
                label="Use the first",
                elem_id="seconds",
            )
    example = gr.Dataset(
        label="Or try a synthetic voice",
        components=["textbox"],
        samples=example_titles(models.first()),
        type="values",
        layout="gallery",
        samples_per_page=len(examples.load()),
        elem_id="examples",
    )
    message = gr.HTML(visible=False, elem_id="message")
    view = AttentionView(elem_id=VIEW)
    evidence.build(models, sounds, view)
    export.build(models, sounds, model, seconds, FILE_TYPES, MAX_SECONDS)
    fragment = gr.Textbox(visible=False)  # what comes after the # of the page's address

    def explain(
        clip: Clip, name: str, t: float, session: str, from_link: bool = False
    ) -> dict[Any, Any]:
        """Shows why a model classifies a clip as it does."""
        classifier = models.get(name)
        length = t or classifier.card.seconds
        save_sound = partial(
            sounds.open, session, clip, model=name, seconds=length, classifier=classifier
        )
        link = {
            "example": clip.example and clip.example.path.stem,
            "model": name,
            "seconds": t,
            "opened": from_link,
        }
        value = explain_for_view(classifier, clip, length, save_sound, link)
        return {view: value, message: description(clip)}

    def open_example(
        chosen: examples.Example, name: str, t: float, session: str, from_link: bool = False
    ) -> dict[Any, Any]:
        clip = examples.clip(chosen, _max_seconds(models.card(name), t))
        return explain(clip, name, t, session, from_link)

    def description(clip: Clip) -> gr.HTML:
        return notice(clip.description) if clip.description else no_message()

    def explain_file(path: str | None, title: str, name: str, t: float, request: gr.Request):
        if path is None:  # the box was emptied
            return {}
        try:
            clip = Clip(title, audio.read(Path(path), _max_seconds(models.card(name), t)))
            return explain(clip, name, t, session_id(request))
        except CabcnnError as error:  # the last clip's verdict must not stand below it
            sounds.close(session_id(request))
            return {view: None, message: error_message(error, title)}
        finally:
            sounds.release(Path(path))

    def record(path: str | None, name: str, t: float, request: gr.Request):
        return explain_file(path, RECORDING, name, t, request) | {microphone: None}

    def open_file(path: str | None, name: str, t: float, request: gr.Request):
        return explain_file(path, Path(path or "").name, name, t, request) | {upload: None}

    def choose_example(row: list[str], name: str, t: float, request: gr.Request):
        chosen = next(clip for clip in examples.load() if [clip.title] == row)
        try:
            return open_example(chosen, name, t, session_id(request))
        except CabcnnError as error:
            return {view: None, message: error_message(error)}

    def explain_open_clip(name: str, t: float, session: str):
        clip = sounds.clip(session)
        if clip is None:
            return {message: notice(NO_SOUND)}
        try:
            if clip.example and not examples.makes_sense(clip.example.path, name):
                shown = open_example(examples.suiting(name)[0], name, t, session)
                return shown | {message: notice(f"{clip.name} {OTHER_EXAMPLE}")}
            return explain(clip, name, t, session)
        except CabcnnError as error:  # the last verdict must not stand below it
            sounds.hide(session)
            return {view: None, message: error_message(error)}

    def explain_again(name: str, t: float, request: gr.Request):
        """By another model or T. Gradio sends a choice from a list twice: the second time there
        is nothing left to do."""
        session = session_id(request)
        shown = sounds.open_clip(session)
        with suppress(CabcnnError):  # shown by what follows
            classifier = models.get(name)
            length = t or classifier.card.seconds
            if shown and shown.classifier is classifier and shown.seconds == length:
                return {message: description(shown.clip)}
        return explain_open_clip(name, t, session)

    def explain_if_open(name: str, t: float, request: gr.Request):
        session = session_id(request)
        has_clip = sounds.clip(session) is not None
        return explain_open_clip(name, t, session) if has_clip else gr.skip()

    def update_seconds(name: str | None):
        return gr.Radio(choices=seconds_choices(name))

    def update_examples(name: str | None):
        return gr.update(samples=example_titles(name))  # a Dataset would ask for components

    def open_link(address: str | None, request: gr.Request):
        """Without a link the page begins with an example."""
        names = [name for _, name in models.choices()]
        stems = {clip.path.stem: clip for clip in examples.load()}
        try:
            link = links.read(address or "", stems, names, (*SECONDS, MODEL_T))
            if link is None:
                if (first := models.first()) is None:
                    return gr.skip()
                return open_example(examples.suiting(first)[0], first, MODEL_T, session_id(request))
            t = MODEL_T if link.seconds is None else link.seconds
            name = link.model or models.first() or ""
            settings = {model: name, seconds: gr.Radio(seconds_choices(name), value=t)}
            if link.example is None:
                return {message: notice(links.WITHOUT_SOUND), **settings}
            chosen = stems[link.example]
            name = link.model or chosen.checkpoint
            shown = open_example(chosen, name, t, session_id(request), from_link=True)
            return shown | settings | {model: name}
        except CabcnnError as error:
            return {message: error_message(error)}

    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    explaining: dict[str, Any] = {
        **private,
        **LIMITS,
        "show_progress_on": view,
        "js": busy.start(VIEW),
    }
    for event in (
        microphone.stop_recording(
            record, [microphone, model, seconds], [view, message, microphone], **explaining
        ),
        upload.upload(open_file, [upload, model, seconds], [view, message, upload], **explaining),
        example.click(
            choose_example,
            [example, model, seconds],
            [view, message],
            trigger_mode="always_last",
            **explaining,
        ),
        gr.on(
            [model.input, seconds.input],
            explain_again,
            [model, seconds],
            [view, message],
            trigger_mode="always_last",
            **explaining,
        ),
    ):
        busy.stop(event, VIEW)
    model.change(update_seconds, model, seconds, queue=False, **private)
    model.change(update_examples, model, example, queue=False, **private)

    def explain_after(event: events.Dependency) -> None:
        explained = event.success(explain_if_open, [model, seconds], [view, message], **explaining)
        busy.stop(explained, VIEW)

    def open_after(event: events.Dependency) -> None:
        js = busy.start(VIEW, inputs="location.hash")
        outputs = [view, message, model, seconds]
        busy.stop(event.then(open_link, fragment, outputs, **{**explaining, "js": js}), VIEW)

    return explain_after, open_after


def explain_example(models: Models, example: examples.Example) -> None:
    """Explains an example by the model and T that it comes with, so that the first visitor who
    chooses it need not wait. Raises CabcnnError if its model is missing or can't be used."""
    classifier = models.get(example.checkpoint)
    clip = examples.clip(example, _max_seconds(classifier.card, MODEL_T))
    explain_for_view(classifier, clip, classifier.card.seconds, lambda _: {})


def _max_seconds(card: Card, t: float) -> float:
    return max(MAX_SECONDS, t, card.seconds or 0)


def _seconds_choices(card: Card | None) -> list[tuple[str, float]]:
    if card is None or card.seconds is None:
        own = f"All (up to {MAX_SECONDS:.0f} s)" if card else "Model's own"
    else:
        own = f"Model's own: {card.seconds:g} s"
    return [*((f"{seconds} s", seconds) for seconds in SECONDS), (own, MODEL_T)]
