"""The tab: what A and B are, by which models, and the view of both."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from cabcnn.errors import CabcnnError
from cabcnn.ui import busy
from cabcnn.ui.compare.sides import NAMES, NOISE, OWN, PLACES, TIED, Settings, Sides
from cabcnn.ui.components import CompareView
from cabcnn.ui.explore import FILE_TYPES, RECORDING, SECONDS
from cabcnn.ui.messages import note, nothing, session_of, trouble
from cabcnn.ui.models import Models
from cabcnn.ui.sounds import Clip, Sounds

VIEW = "compare-view"
DECIBELS = (-10, 40, 10)  # lowest, highest and first ratio of sound to noise
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
        "<p>Two clips, one clip by two models, or a clip against itself with noise added: who "
        "hears what, and which classifiers change.</p>",
        elem_id="compare-about",
    )
    with gr.Row(elem_id="compare-inputs"):
        columns = [_column(sides, models, side) for side in range(len(NAMES))]
    with gr.Row(elem_id="compare-both"):
        seconds = gr.Radio(
            choices=[*((f"{s} s", s) for s in SECONDS), ("Model's own", 0)],
            value=0,
            label="Hear the first",
            elem_id="compare-seconds",
        )
        low, high, first = DECIBELS
        decibels = gr.Slider(
            low,
            high,
            first,
            step=1,
            label="Noise in B: sound over noise, dB",
            elem_id="compare-noise",
            buttons=[],
        )
    view = CompareView(elem_id=VIEW)

    first_, second = columns
    settings = [first_.source, first_.model, second.source, second.model, seconds, decibels]

    def update(
        session: str, chosen: Settings, news: dict[int, Callable[[], Clip]]
    ) -> dict[Any, Any]:
        """Puts new clips to their sides, and B anew where it is made of a new A. What fails
        says so at its side, which keeps what it had, as the other does."""
        out: dict[Any, Any] = {}
        made: dict[int, dict[str, Any]] = {}
        follows = 0 in news and 1 not in news and chosen.sources[1] in TIED
        for side in range(len(NAMES)):
            if side not in news and not (side == 1 and follows and 0 in made):
                continue
            make = news.get(side, lambda: sides.clip(session, 1, chosen))
            try:
                clip = make()
                made[side] = sides.put(session, side, clip, chosen)
                out[columns[side].message] = note(clip.about) if clip.about else nothing()
            except CabcnnError as error:
                out[columns[side].message] = trouble(error)
        if made:
            out[view], troubles = sides.value(session, made)
            out |= {columns[side].message: trouble(error) for side, error in troubles.items()}
        return out

    def again(session: str, chosen: Settings, which: tuple[int, ...]) -> dict[Any, Any]:
        """The sides' own sounds once more, by another model or T."""
        held = {side: sounds.clip(session, PLACES[side]) for side in which}
        return update(session, chosen, {s: lambda c=c: c for s, c in held.items() if c})

    def wire(side: int) -> None:
        column = columns[side]

        def pick_sound(request: gr.Request, *values: Any) -> dict[Any, Any]:
            chosen, session = Settings.of(values), session_of(request)
            out: dict[Any, Any] = {}
            names = list(chosen.models)
            if example := sides.example(chosen.sources[side]):
                names[side] = example.checkpoint
            if side == 1 and chosen.sources[1] == NOISE:
                names[1] = names[0]
            if side == 0 and chosen.sources[1] == NOISE:
                names[1] = names[0]  # noise, and nothing else, is then the difference
            for place, name in enumerate(names):
                if name != chosen.models[place]:
                    out[columns[place].model] = name
            if chosen.sources[side] != OWN:
                out[column.source] = gr.Dropdown(choices=sides.sources(side))
            chosen = chosen._replace(models=(names[0], names[1]))
            news = {side: lambda: sides.clip(session, side, chosen)}
            return out | update(session, chosen, news)

        def take(path: str | None, title: str, request: gr.Request, values: tuple[Any, ...]):
            if path is None:  # the box was emptied
                return {}
            chosen = Settings.of(values)
            sources = [*chosen.sources]
            sources[side] = OWN
            chosen = chosen._replace(sources=(sources[0], sources[1]))
            try:
                clip = sides.read(Path(path), title)
            except CabcnnError as error:
                return {column.message: trouble(error)}
            finally:
                sounds.used(Path(path))
            out = update(session_of(request), chosen, {side: lambda: clip})
            if view in out:
                own = gr.Dropdown(choices=sides.sources(side, title), value=OWN)
                out[column.source] = own
            return out

        def take_file(path: str | None, request: gr.Request, *values: Any):
            return take(path, Path(path or "").name, request, values)

        def take_recording(path: str | None, request: gr.Request, *values: Any):
            return take(path, RECORDING, request, values) | {column.microphone: None}

        def pick_model(request: gr.Request, *values: Any):
            chosen, session = Settings.of(values), session_of(request)
            if side == 0 and chosen.sources[1] == NOISE:
                name = chosen.models[0]
                chosen = chosen._replace(models=(name, name))
                return {columns[1].model: name} | again(session, chosen, (0, 1))
            return again(session, chosen, (side,))

        outputs = [
            view,
            *(part for one in columns for part in (one.source, one.model, one.message)),
        ]
        answered(column.source.input(pick_sound, settings, outputs, **each))
        answered(column.upload.upload(take_file, [column.upload, *settings], outputs, **each))
        answered(
            column.microphone.stop_recording(
                take_recording,
                [column.microphone, *settings],
                [*outputs, column.microphone],
                **each,
            )
        )
        answered(column.model.input(pick_model, settings, outputs, **each))

    def hear_more(request: gr.Request, *values: Any):
        return again(session_of(request), Settings.of(values), (0, 1))

    def change_noise(request: gr.Request, *values: Any):
        chosen, session = Settings.of(values), session_of(request)
        if chosen.sources[1] != NOISE or sounds.clip(session, PLACES[0]) is None:
            return {}
        return update(session, chosen, {1: lambda: sides.clip(session, 1, chosen)})

    def offer_models(*names: str | None):
        known = models.choices()
        there = {name for _, name in known}
        return [
            gr.Dropdown(choices=known, value=name if name in there else models.first())
            for name in names
        ]

    def show_noise(source: str | None):
        return gr.Slider(visible=source == NOISE)

    quiet: dict[str, Any] = {"api_visibility": "private"}
    each: dict[str, Any] = {
        **quiet,
        **LIMITS,
        "show_progress": "hidden",
        "show_progress_on": view,
        "trigger_mode": "always_last",
        "js": busy.start(VIEW),
    }
    answered = partial(busy.stop, elem_id=VIEW)
    wire(0)
    wire(1)
    said = [view, *(column.message for column in columns)]
    answered(seconds.input(hear_more, settings, said, **each))
    answered(decibels.release(change_noise, settings, said, **each))
    second.source.change(show_noise, second.source, decibels, queue=False, **quiet)
    choices = [column.model for column in columns]
    tab.select(offer_models, choices, choices, queue=False, show_progress="hidden", **quiet)


def _column(sides: Sides, models: Models, side: int) -> Column:
    name = NAMES[side]
    letter = name.lower()
    with gr.Column(elem_classes=["compare-side", f"compare-{letter}"], min_width=320):
        source = gr.Dropdown(
            choices=sides.sources(side),
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
