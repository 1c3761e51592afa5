"""A loaded checkpoint, ready to explain any sound."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch

from cabcnn import audio, checkpoint, familiarity
from cabcnn.checkpoint import Card
from cabcnn.envelope import envelope
from cabcnn.explanation import Explanation
from cabcnn.model import CabCnn
from cabcnn.streaming import Stream


class Classifier:
    """A model and its card. Safe to use from several threads at once."""

    def __init__(self, model: CabCnn, card: Card) -> None:
        self.model, self.card = model.eval(), card

    def explain(
        self, source: audio.Source, seconds: float | None = None, *, name: str | None = None
    ) -> Explanation:
        """Explains a file, `(samples, rate)` or a `Sound`; at most its first `seconds`.

        Without `seconds`, as much as the model was trained on (the card's T). `name` is how
        the explanation calls the clip, else the file's own name.

        Raises AudioError where there is nothing to classify.
        """
        seconds = self.card.seconds if seconds is None else seconds
        sound = audio.read(source, seconds)
        device = self.model.norm.weight.device
        values = torch.from_numpy(audio.front_end(sound, self.card.rate, seconds)).to(device)
        with torch.inference_mode():
            features = self.model.extract_features([values])
            output = self.model.classify(features, [len(features)])
        notices = sound.notices(self.card.median_seconds)
        edge = self.card.novelty_threshold
        if edge is not None and familiarity.unlike(
            features, self.model.norm, edge, self.card.seconds
        ):
            notices.append(familiarity.NOTICE)
        if name is None:
            name = Path(source).name if isinstance(source, str | os.PathLike) else ""
        return Explanation(
            labels=self.card.labels,
            attention=output.attention.cpu().numpy().astype(np.float64),
            votes=output.votes.cpu().numpy().astype(np.float64),
            seconds=sound.seconds,
            name=name,
            model=self.card.name,
            notices=tuple(notices),
            score=self.card.score(),
            envelope=envelope(sound.samples, sound.rate),
        )

    def stream(self, rate: int, constants: tuple[float, float] | None = None) -> Stream:
        """Begins to listen to a sound at `rate` that comes in pieces, as from a microphone:
        `stream.push(samples)` gives the intervals that are decided by then.

        `constants`, a mean and a deviation, take the place of the running ones; `Stream` says
        what running ones change. Raises AudioError for a rate that no recording has.
        """
        return Stream(self.model, self.card, rate, constants)


def load(name: str | Path) -> Classifier:
    """Loads a model by its name in `checkpoints/` or by its path.

    Raises CheckpointError where it is missing, damaged, foreign or of a later version.
    """
    return Classifier(*checkpoint.load(checkpoint.find(name)))
