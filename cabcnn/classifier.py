"""A loaded checkpoint, ready to explain any sound."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from cabcnn import audio, checkpoint, devices, familiarity
from cabcnn.checkpoint import Card
from cabcnn.envelope import envelope
from cabcnn.explanation import Explanation
from cabcnn.model import CabCnn, check_finite
from cabcnn.streaming import Stream

# OpenMP's threads are not there in a forked process, and torch would wait for them for ever.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=partial(torch.set_num_threads, 1))


class Classifier:
    """A model and its card. Can be shared by threads, and by forked processes, in which torch then
    computes with one thread.

    `device` is the device to run on: "auto" (a GPU if there is one), "cpu", "cuda" or "cuda:1";
    None leaves the model where it is. Raises CabcnnError for a device that this machine lacks.
    """

    def __init__(self, model: CabCnn, card: Card, device: str | None = None) -> None:
        if device is not None:
            model = model.to(devices.resolve(device))
        self.model, self.card = model.eval(), card

    @property
    def device(self) -> torch.device:
        return self.model.device

    def explain(
        self, source: audio.Source, seconds: float | None = None, *, name: str | None = None
    ) -> Explanation:
        """Explains the first `seconds` of a file, `(samples, rate)` or a `Sound`.

        `seconds` is the model's T if None. `name` is what the explanation calls the clip, the
        file's name if None.

        Raises AudioError if the sound can't be read, is silent or is shorter than 25 ms,
        CabcnnError if the model's answers are not numbers.
        """
        explanation, sound = self.analyse(source, seconds, name=name)
        return replace(explanation, envelope=envelope(sound.samples, sound.rate))

    def analyse(
        self, source: audio.Source, seconds: float | None = None, *, name: str | None = None
    ) -> tuple[Explanation, audio.Sound]:
        """What `explain` returns, but for the envelope, and the sound that was analysed, at its
        own sample rate: for callers that draw or play the sound themselves."""
        seconds = self.card.seconds if seconds is None else seconds
        sound = audio.read(source, seconds)
        values = torch.from_numpy(audio.front_end(sound, self.card.rate, seconds)).to(self.device)
        with torch.inference_mode():
            features = self.model.extract_features([values])
            output = self.model.classify(features, [len(features)])
        check_finite(output.probabilities)
        notices = sound.notices(self.card.median_seconds)
        threshold = self.card.novelty_threshold
        novel = threshold is not None and familiarity.is_novel(
            features, self.model.norm, threshold, self.card.seconds
        )
        if novel:
            notices.append(familiarity.NOTICE)
        applies = not novel and not sound.is_short(self.card.median_seconds)
        if name is None:
            name = audio.source_name(source)
        explanation = Explanation(
            labels=self.card.labels,
            attention=output.attention.cpu().numpy().astype(np.float64),
            votes=output.votes.cpu().numpy().astype(np.float64),
            seconds=sound.seconds,
            name=name,
            model=self.card.name,
            notices=tuple(notices),
            score=self.card.score() if applies else "",
            sureness=self.card.sureness if applies and self._as_measured(sound, seconds) else (),
        )
        return explanation, sound

    def _as_measured(self, sound: audio.Sound, seconds: float | None) -> bool:
        """Whether the model's own T would have given the same sound."""
        own = self.card.seconds
        return seconds == own or (not sound.truncated and (own is None or sound.seconds <= own))

    def stream(self, rate: int, mean_std: tuple[float, float] | None = None) -> Stream:
        """Starts classifying a sound at `rate` Hz that arrives in pieces, such as a microphone's.

        `mean_std` is the mean and standard deviation to standardise by; if None, running ones
        are used (see `Stream` for how much that changes). Raises AudioError for a rate that no
        recording has.
        """
        return Stream(self.model, self.card, rate, mean_std)


def load(name: str | Path, device: str = "cpu") -> Classifier:
    """Loads a model by its name (see `cabcnn models`) or path, onto a `Classifier`'s `device`.

    Raises CheckpointError if the file is missing, damaged, not a CAB-CNN model or from a later
    version, CabcnnError for a device that this machine lacks.
    """
    return Classifier(*checkpoint.load(checkpoint.find(name)), device)
