"""The Compare tab: the sounds and models of A and B, and the view of both."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from cabcnn.errors import CabcnnError
from cabcnn.ui import busy
from cabcnn.ui.compare.sides import MADE_FROM_A, NAMES, NOISE, OWN, SLOTS, Settings, Sides
from cabcnn.ui.components import CompareView
from cabcnn.ui.explore import FILE_TYPES, MODEL_T, RECORDING, SECONDS
from cabcnn.ui.messages import error_message, no_message, notice, session_id
from cabcnn.ui.models import Models
from cabcnn.ui.sounds import Clip, Sounds

VIEW = "compare-view"
LOWEST_SNR, HIGHEST_SNR, FIRST_SNR = -10, 40, 10  # dB
LIMITS: dict[str, Any] = {"concurrency_id": "compare", "concurrency_limit": 4}


class Column(NamedTuple):
    """The components of one side."""

    source: gr.Dropdown
    upload: gr.UploadButton
    microphone: gr.Audio
    model: gr.Dropdown
    message: gr.HTML


def build(models: Models, sounds: Sounds, tab: gr.Tab) -> None:
    """Lays out `tab`."""
    sides = Sides(models, sounds)
    gr.HTML(
        "<p>Two clips, one clip by two models, or a clip against itself with noise added: which "
        "answer each gets, and which classifiers change.</p>",
        elem_id="compare-about",
    )
    with gr.Row(elem_id="compare-inputs"):
        columns = [_column(sides, models, side) for side in range(len(NAMES))]
    with gr.Row(elem_id="compare-both"):
        seconds = gr.Radio(
            choices=[*((f"{s} s", s) for s in SECONDS), ("Model's own", MODEL_T)],
            value=MODEL_T,
            label="Use the first",
            elem_id="compare-seconds",
        )
        snr = gr.Slider(
            LOWEST_SNR,
            HIGHEST_SNR,
            FIRST_SNR,
            step=1,
            label="Noise in B: sound over noise, dB",
            elem_id="compare-noise",
            buttons=[],
        )
    view = CompareView(elem_id=VIEW)

    a, b = columns
    inputs = [a.source, a.model, b.source, b.model, seconds, snr]

    def update(
        session: str, settings: Settings, new_clips: dict[int, Callable[[], Clip]]
    ) -> dict[Any, Any]:
        """Opens new clips on their sides, and makes B anew if it is made from a new A. A side
        that fails shows the error and keeps its last clip, as the other side does."""
        updates: dict[Any, Any] = {}
        payloads: dict[int, dict[str, Any]] = {}
        remake_b = 0 in new_clips and 1 not in new_clips and settings.sources[1] in MADE_FROM_A
        for side in range(len(NAMES)):
            if side not in new_clips and not (side == 1 and remake_b and 0 in payloads):
                continue
            make_clip = new_clips.get(side, lambda: sides.clip(session, 1, settings))
            message = columns[side].message
            try:
                clip = make_clip()
                payloads[side] = sides.open(session, side, clip, settings)
                updates[message] = notice(clip.description) if clip.description else no_message()
            except CabcnnError as error:
                updates[message] = error_message(error)
        if payloads:
            updates[view], errors = sides.value(session, payloads)
            for side, error in errors.items():
                updates[columns[side].message] = error_message(error)
        return updates

    def explain_again(session: str, settings: Settings, which: tuple[int, ...]) -> dict[Any, Any]:
        """Explains the clips of some sides again, by another model or T."""
        clips = {side: sounds.clip(session, SLOTS[side]) for side in which}
        return update(
            session,
            settings,
            {side: lambda clip=clip: clip for side, clip in clips.items() if clip},
        )

    def wire(side: int) -> None:
        column = columns[side]

        def choose_source(request: gr.Request, *values: Any) -> dict[Any, Any]:
            settings, session = Settings.of(values), session_id(request)
            updates: dict[Any, Any] = {}
            names = list(settings.models)
            if side == 1 and settings.sources[1] == NOISE:
                names[1] = names[0]
            if side == 0 and settings.sources[1] == NOISE:
                names[1] = names[0]  # so that the noise is the only difference
            for other, name in enumerate(names):
                if name != settings.models[other]:
                    updates[columns[other].model] = name
            if settings.sources[side] != OWN:
                updates[column.source] = gr.Dropdown(choices=sides.source_choices(side))
            settings = settings._replace(models=(names[0], names[1]))
            new_clips = {side: lambda: sides.clip(session, side, settings)}
            return updates | update(session, settings, new_clips)

        def open_own(path: str | None, title: str, request: gr.Request, values: tuple[Any, ...]):
            if path is None:  # the box was emptied
                return {}
            settings = Settings.of(values)
            sources = [*settings.sources]
            sources[side] = OWN
            settings = settings._replace(sources=(sources[0], sources[1]))
            try:
                clip = sides.read(Path(path), title)
            except CabcnnError as error:
                return {column.message: error_message(error, title)}
            finally:
                sounds.release(Path(path))
            updates = update(session_id(request), settings, {side: lambda: clip})
            if view in updates:
                choices = sides.source_choices(side, title)
                updates[column.source] = gr.Dropdown(choices=choices, value=OWN)
            return updates

        def upload_sound(path: str | None, request: gr.Request, *values: Any):
            return open_own(path, Path(path or "").name, request, values)

        def record_sound(path: str | None, request: gr.Request, *values: Any):
            return open_own(path, RECORDING, request, values) | {column.microphone: None}

        def choose_model(request: gr.Request, *values: Any):
            settings, session = Settings.of(values), session_id(request)
            if side == 0 and settings.sources[1] == NOISE:
                name = settings.models[0]
                settings = settings._replace(models=(name, name))
                return {columns[1].model: name} | explain_again(session, settings, (0, 1))
            return explain_again(session, settings, (side,))

        outputs = [
            view,
            *(part for one in columns for part in (one.source, one.model, one.message)),
        ]
        stop_busy(column.source.input(choose_source, inputs, outputs, **explaining))
        stop_busy(
            column.upload.upload(upload_sound, [column.upload, *inputs], outputs, **explaining)
        )
        stop_busy(
            column.microphone.stop_recording(
                record_sound,
                [column.microphone, *inputs],
                [*outputs, column.microphone],
                **explaining,
            )
        )
        stop_busy(column.model.input(choose_model, inputs, outputs, **explaining))

    def choose_seconds(request: gr.Request, *values: Any):
        return explain_again(session_id(request), Settings.of(values), (0, 1))

    def choose_snr(request: gr.Request, *values: Any):
        settings, session = Settings.of(values), session_id(request)
        if settings.sources[1] != NOISE or sounds.clip(session, SLOTS[0]) is None:
            return {}
        return update(session, settings, {1: lambda: sides.clip(session, 1, settings)})

    def update_model_choices(*names: str | None):
        choices = models.choices()
        known = {name for _, name in choices}
        return [
            gr.Dropdown(choices=choices, value=name if name in known else models.first())
            for name in names
        ]

    def show_snr(source: str | None):
        return gr.Slider(visible=source == NOISE)

    private: dict[str, Any] = {"api_visibility": "private"}
    explaining: dict[str, Any] = {
        **private,
        **LIMITS,
        "show_progress": "hidden",
        "show_progress_on": view,
        "trigger_mode": "always_last",
        "js": busy.start(VIEW),
    }
    stop_busy = partial(busy.stop, elem_id=VIEW)
    wire(0)
    wire(1)
    outputs = [view, *(column.message for column in columns)]
    stop_busy(seconds.input(choose_seconds, inputs, outputs, **explaining))
    stop_busy(snr.release(choose_snr, inputs, outputs, **explaining))
    b.source.change(show_snr, b.source, snr, queue=False, **private)
    choices = [column.model for column in columns]
    tab.select(
        update_model_choices, choices, choices, queue=False, show_progress="hidden", **private
    )


def _column(sides: Sides, models: Models, side: int) -> Column:
    name = NAMES[side]
    letter = name.lower()
    with gr.Column(elem_classes=["compare-side", f"compare-{letter}"], min_width=320):
        source = gr.Dropdown(
            choices=sides.source_choices(side),
            value=NOISE if side else None,
            label=f"{name}: sound",
            elem_id=f"compare-source-{letter}",
            filterable=False,
        )
        with gr.Row(elem_classes="compare-own"):
            upload = gr.UploadButton(
                "Upload",
                file_types=FILE_TYPES,
                elem_id=f"compare-upload-{letter}",
                size="sm",
                scale=0,
                min_width=90,
            )
            microphone = gr.Audio(
                sources=["microphone"],
                type="filepath",
                label=f"Record {name}",
                elem_id=f"compare-microphone-{letter}",
                min_width=200,
                buttons=[],
            )
        model = gr.Dropdown(
            choices=models.choices(),
            value=models.first(),
            label=f"{name}: model",
            elem_id=f"compare-model-{letter}",
            filterable=False,
        )
        message = gr.HTML(
            visible=False, elem_id=f"compare-message-{letter}", elem_classes="message"
        )
    return Column(source, upload, microphone, model, message)
