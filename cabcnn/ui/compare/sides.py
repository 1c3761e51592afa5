"""The two sides of the comparison: what each one's sound is, and what is shown of it."""

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

PLACES = ("compare-a", "compare-b")  # where the sides' clips are held
NAMES = ("A", "B")
OPEN, SAME, NOISE, OWN = "open", "same", "noise", "own"
TIED = (SAME, NOISE)  # what B can be made of A
LONGEST = 60.0  # seconds of a clip that are kept


class Settings(NamedTuple):
    """What is chosen: each side's source and model, seconds (0: the model's own), SNR in dB."""

    sources: tuple[str | None, str | None]
    models: tuple[str | None, str | None]
    seconds: float
    decibels: float

    @classmethod
    def of(cls, values: tuple[Any, ...]) -> Settings:
        """From the values of the components, in the order that the tab gives them in."""
        source_a, model_a, source_b, model_b, seconds, decibels = values
        return cls((source_a, source_b), (model_a, model_b), seconds, decibels)


class Sides:
    """Makes clips of what was chosen, and payloads of clips."""

    def __init__(self, models: Models, sounds: Sounds) -> None:
        self.models, self.sounds, self.examples = models, sounds, examples.load()
        self._turns = itertools.count(1)

    def sources(self, side: int, own: str | None = None) -> list[tuple[str, str]]:
        """What a side may be, as (text, source); `own` names a recording or upload of it."""
        mine = [(own, OWN)] if own else []
        tied = [("A with noise added", NOISE), ("The same sound as A", SAME)] if side else []
        clips = [(clip.title, f"example {j}") for j, clip in enumerate(self.examples)]
        return [*mine, *tied, ("The clip of Explore", OPEN), *clips]

    def example(self, source: str | None) -> examples.Example | None:
        """The example that a source is, if it is one."""
        kind, _, number = (source or "").partition(" ")
        return self.examples[int(number)] if kind == "example" else None

    def clip(self, session: str, side: int, settings: Settings) -> Clip:
        """The clip that a side is to be.

        Raises CabcnnError where its source holds none.
        """
        source = settings.sources[side]
        if example := self.example(source):
            return examples.clip(example, LONGEST)
        if source == OPEN:
            clip = self.sounds.clip(session)
            missing = "No clip is open in Explore: open one there, or choose another sound here."
        elif source in TIED:
            clip = self.sounds.clip(session, PLACES[0])
            missing = "B is made of A: choose a sound for A first."
        else:
            clip = self.sounds.clip(session, PLACES[side])
            missing = f"There is no sound for {NAMES[side]}: choose, upload or record one."
        if clip is None:
            raise AudioError(missing)
        if source == NOISE:
            sound = with_noise(clip.sound, settings.decibels)
            return Clip(f"{clip.name} + noise, {settings.decibels:g} dB", sound)
        return clip

    def read(self, path: Path, title: str) -> Clip:
        """The clip of an uploaded or recorded file. Raises AudioError where it can't be read."""
        return Clip(title, audio.read(path, LONGEST))

    def put(self, session: str, side: int, clip: Clip, settings: Settings) -> dict[str, Any]:
        """Holds a clip as a side's, explained by its model. Returns its payload.

        Raises CabcnnError where it can't be explained; what was held before then stays.
        """
        classifier, name = self.models.get(settings.models[side]), settings.models[side] or ""
        heard = settings.seconds or classifier.card.seconds
        place = PLACES[side]
        hold = partial(self.sounds.hold, session, clip, model=name, seconds=heard, place=place)
        return explain_for_view(classifier, clip, heard, hold)

    def value(
        self, session: str, known: Mapping[int, dict[str, Any]]
    ) -> tuple[dict[str, Any], dict[int, CabcnnError]]:
        """The view's value: both sides as they are held, of which the payloads of some are
        `known`. Values that overtake each other are told apart by their `turn`. Beside it what
        is wrong with a side that is held and can't be shown any more."""
        turn = next(self._turns)
        held = [self.sounds.held(session, place) for place in PLACES]
        shown: list[dict[str, Any] | None] = [known.get(0), known.get(1)]
        troubles: dict[int, CabcnnError] = {}
        for side, one in enumerate(held):
            if one is not None and shown[side] is None:
                file = gr.FileData(path=str(one.playing), mime_type="audio/wav").model_dump()
                try:
                    classifier = self.models.get(one.model)
                    shown[side] = explain_for_view(
                        classifier, one.clip, one.seconds, lambda _, f=file: f
                    )
                except CabcnnError as error:  # its model went away
                    troubles[side] = error
        sides = [made and {**made, "key": Path(made["audio"]["path"]).name} for made in shown]
        first, second = held
        same = bool(first and second and first.model == second.model)
        return {"turn": turn, "sides": sides, "same": same}, troubles
