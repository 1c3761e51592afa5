"""How a model is trained, as plain numbers that its card repeats."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Recipe:
    """The paper's settings (Section 4), and those that may differ from them.

    The defaults are the paper's, except that clips of different lengths are kept whole
    instead of being truncated to the shortest of their batch.
    """

    seconds: float | None = 30.0  # T: what is kept of each clip
    batch_size: int = 128
    learning_rate: float = 1e-3
    epsilon: float = 1e-7
    anneal: bool = False  # let the learning rate fall to zero at max_epochs, as a cosine
    patience: int = 15  # epochs without a better validation score
    monitor: Literal["loss", "unweighted_recall", "nothing"] = "loss"  # nothing: the last epoch
    max_epochs: int = 1000
    truncate: bool = False  # the paper's way: each batch cut to its shortest clip
    crop_seconds: float | None = None  # train on random excerpts of this length
    balance: bool = False  # draw classes equally often
    noise: float = 0.0  # standard deviation of added noise, of standardised values
    speed: float = 0.0  # largest relative change of speed
    recalibrate: bool = False  # after each epoch, batch norm's statistics from training clips
    spread: float = 0.0  # weight of the term that spreads the attention
    weight_decay: float = 0.0
    freeze_trunk: bool = False  # train the classifier block only
    precision: Literal["float32", "bfloat16"] = "float32"
    seed: int = 0

    def annealed(self, epoch: int) -> float:
        """The learning rate of an epoch, counted from 0, as it falls to zero at `max_epochs`."""
        return self.learning_rate * (1 + math.cos(math.pi * epoch / self.max_epochs)) / 2

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


PAPER = Recipe(truncate=True)
