"""How a model is trained, as plain numbers that its card repeats."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from cabcnn.errors import CabcnnError

Monitor = Literal["loss", "unweighted_recall", "nothing"]
Precision = Literal["auto", "float32", "bfloat16"]


@dataclass(frozen=True)
class Recipe:
    """The paper's settings (Section 4), and those that may differ from them.

    The defaults are the paper's, except that clips of different lengths are kept whole
    instead of being truncated to the shortest of their batch.

    Raises CabcnnError for a number that nothing can be trained with.
    """

    seconds: float | None = 30.0  # T: what is kept of each clip
    batch_size: int = 128
    learning_rate: float = 1e-3
    epsilon: float = 1e-7
    anneal: bool = False  # let the learning rate fall to zero at max_epochs, as a cosine
    patience: int = 15  # epochs without a better validation score
    monitor: Monitor = "loss"  # that score; nothing: the last epoch counts
    max_epochs: int = 1000
    truncate: bool = False  # the paper's way: each batch cut to its shortest clip
    crop_seconds: float | None = None  # train on random excerpts of this length, at most of T
    anywhere: bool = False  # excerpts from the whole clip, not from its first T only
    balance: bool = False  # draw classes equally often
    gain: float = 0.0  # largest change of loudness in the course of an excerpt, in dB
    noise: float = 0.0  # standard deviation of added noise, of standardised values
    speed: float = 0.0  # largest relative change of speed
    recalibrate: bool = False  # after each epoch, batch norm's statistics from training clips
    spread: float = 0.0  # weight of the term that spreads the attention
    weight_decay: float = 0.0
    freeze_trunk: bool = False  # train the classifier block only
    precision: Precision = "float32"  # auto: bfloat16 on a GPU, float32 elsewhere
    seed: int = 0

    def __post_init__(self) -> None:
        at_least = {"batch_size": 1, "patience": 1, "max_epochs": 1}
        at_least |= dict.fromkeys(
            ("learning_rate", "epsilon", "gain", "noise", "speed", "spread", "weight_decay"), 0
        )
        for name, least in at_least.items():
            if not least <= getattr(self, name) < math.inf:
                raise CabcnnError(f"{name} is {getattr(self, name)}; it must be {least} or more.")
        if not self.speed < 1:
            raise CabcnnError(f"speed is {self.speed}; a change of speed must stay below 1.")
        for name in ("seconds", "crop_seconds"):
            length = getattr(self, name)
            if length is not None and not 0 < length < math.inf:
                raise CabcnnError(f"{name} is {length}; it must be more than 0, or nothing.")
        for name, kinds in (("monitor", Monitor), ("precision", Precision)):
            if getattr(self, name) not in get_args(kinds):
                known = ", ".join(get_args(kinds))
                raise CabcnnError(f"{name} is {getattr(self, name)!r}; choose one of {known}.")

    def annealed(self, epoch: int) -> float:
        """The learning rate of an epoch, counted from 0, as it falls to zero at `max_epochs`."""
        return self.learning_rate * (1 + math.cos(math.pi * epoch / self.max_epochs)) / 2

    def mixed(self, device_type: str) -> bool:
        """Whether to compute in bfloat16 on a kind of device, "cpu" or "cuda"."""
        return self.precision == "bfloat16" or (self.precision == "auto" and device_type == "cuda")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


PAPER = Recipe(truncate=True)
# For corpora of some hundred clips and up: small batches make steps enough of them, and the
# weights that hear unseen voices best are kept. Annealing, changes of loudness and of speed and the
# spread were part of it until they were found to cost, or to bring nothing: docs/training.md.
ROBUST = Recipe(
    batch_size=16,
    learning_rate=2e-3,
    patience=20,
    monitor="unweighted_recall",
    max_epochs=60,
    crop_seconds=5.0,
    anywhere=True,
    balance=True,
    noise=0.05,
    recalibrate=True,
    precision="auto",
)
RECIPES = {"paper": PAPER, "robust": ROBUST}
