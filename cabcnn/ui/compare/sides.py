"""The two sides of the comparison: the sound of each, and what is shown of it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr

from cabcnn import audio
from cabcnn.errors import AudioError, CabcnnError
from cabcnn.ui import examples
from cabcnn.ui.compare.noise import with_noise
from cabcnn.ui.models import Models
from cabcnn.ui.sounds import Clip, Sounds
from cabcnn.ui.view_payload import explain_for_view

SLOTS = ("compare-a", "compare-b")
NAMES = ("A", "B")
EXPLORE_CLIP, SAME, NOISE, OWN = "open", "same", "noise", "own"
MADE_FROM_A = (SAME, NOISE)
MAX_SECONDS = 60.0  # of a clip that are kept


class Settings(NamedTuple):
    """What the visitor chose: the source and the model of each side, the seconds to analyse (0:
    the model's T), and the signal-to-noise ratio in dB."""

    sources: tuple[str | None, str | None]
    models: tuple[str | None, str | None]
    seconds: float
    snr: float

    @classmethod
    def of(cls, values: tuple[Any, ...]) -> Settings:
        """From the values of the components, in the order in which the tab passes them."""
        source_a, model_a, source_b, model_b, seconds, snr = values
        return cls((source_a, source_b), (model_a, model_b), seconds, snr)


class Sides:
    """Turns settings into clips, and clips into payloads."""

    def __init__(self, models: Models, sounds: Sounds) -> None:
        self.models, self.sounds, self.examples = models, sounds, examples.load()
        self._versions = itertools.count(1)

    def source_choices(self, side: int, own_name: str | None = None) -> list[tuple[str, str]]:
        """The sources that a side can have, as (text, source); `own_name` is the name of its own
        recording or upload, if it has one."""
        own = [(own_name, OWN)] if own_name else []
        made_from_a = [("A with noise added", NOISE), ("The same sound as A", SAME)] if side else []
        clips = [(clip.title, f"example {j}") for j, clip in enumerate(self.examples)]
        return [*own, *made_from_a, ("The clip of Explore", EXPLORE_CLIP), *clips]

    def example(self, source: str | None) -> examples.Example | None:
        """The example that a source stands for, if it is one."""
        kind, _, number = (source or "").partition(" ")
        return self.examples[int(number)] if kind == "example" else None

    def clip(self, session: str, side: int, settings: Settings) -> Clip:
        """The clip that a side's settings ask for. Raises CabcnnError if there is none."""
        source = settings.sources[side]
        if example := self.example(source):
            return examples.clip(example, MAX_SECONDS)
        if source == EXPLORE_CLIP:
            clip = self.sounds.clip(session)
            if_missing = "No clip is open in Explore: open one there, or choose another sound here."
        elif source in MADE_FROM_A:
            clip = self.sounds.clip(session, SLOTS[0])
            if_missing = "B is made from A: choose a sound for A first."
        else:
            clip = self.sounds.clip(session, SLOTS[side])
            if_missing = f"There is no sound for {NAMES[side]}: choose, upload or record one."
        if clip is None:
            raise AudioError(if_missing)
        if source == NOISE:
            noisy = with_noise(clip.sound, settings.snr)
            return Clip(f"{clip.name} + noise, {settings.snr:g} dB", noisy)
        return clip

    def read(self, path: Path, title: str) -> Clip:
        """The clip in an uploaded or recorded file. Raises AudioError if it can't be read."""
        return Clip(title, audio.read(path, MAX_SECONDS))

    def open(self, session: str, side: int, clip: Clip, settings: Settings) -> dict[str, Any]:
        """Opens a clip on a side, explained by that side's model. Returns its payload.

        Raises CabcnnError if it can't be explained; the side then keeps its last clip.
        """
        classifier, name = self.models.get(settings.models[side]), settings.models[side] or ""
        length, slot = settings.seconds or classifier.card.seconds, SLOTS[side]
        save_sound = partial(self.sounds.open, session, clip, model=name, seconds=length, slot=slot)
        return explain_for_view(classifier, clip, length, save_sound)

    def value(
        self, session: str, payloads: Mapping[int, dict[str, Any]]
    ) -> tuple[dict[str, Any], dict[int, CabcnnError]]:
        """The view's value with both sides, some of whose `payloads` are known already; and the
        error of each side that can't be shown any more. If values overtake each other, the view
        keeps the one with the highest `turn`."""
        version = next(self._versions)
        open_clips = [self.sounds.open_clip(session, slot) for slot in SLOTS]
        shown: list[dict[str, Any] | None] = [payloads.get(0), payloads.get(1)]
        errors: dict[int, CabcnnError] = {}
        for side, open_clip in enumerate(open_clips):
            if open_clip is not None and shown[side] is None:
                file = gr.FileData(path=str(open_clip.file), mime_type="audio/wav").model_dump()
                try:
                    shown[side] = explain_for_view(
                        self.models.get(open_clip.model),
                        open_clip.clip,
                        open_clip.seconds,
                        lambda _, file=file: file,
                    )
                except CabcnnError as error:  # its model was removed
                    errors[side] = error
        sides = [value and {**value, "key": Path(value["audio"]["path"]).name} for value in shown]
        a, b = open_clips
        same_model = bool(a and b and a.model == b.model)
        return {"turn": version, "sides": sides, "same": same_model}, errors
