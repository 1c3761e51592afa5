"""How a model is trained, as plain numbers that its card repeats."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from cabcnn import schema
from cabcnn.schema import Between, Seconds

Monitor = Literal["loss", "unweighted_recall", "nothing"]
Precision = Literal["auto", "float32", "bfloat16"]
Epochs = Annotated[int, Between(1, 100_000)]
NotNegative = Annotated[float, Between(0, 1e30)]  # within what single precision holds
Sharpness = Annotated[float, Between(1, 100)]
Seed = Annotated[int, Between(0, 2**32 - 1)]


@dataclass(frozen=True)
class Recipe:
    """The paper's settings (Section 4), and those that may differ from them.

    The defaults are the paper's, except that clips of different lengths are kept whole
    instead of being truncated to the shortest of their batch.

    Raises CabcnnError, naming the setting, if one is of the wrong type or out of bounds.
    """

    seconds: Seconds | None = 30.0  # T: the part of each clip that is used; None for all of it
    batch_size: Annotated[int, Between(1, 65_536)] = 128
    learning_rate: NotNegative = 1e-3
    epsilon: Annotated[float, Between(0, 1)] = 1e-7
    anneal: bool = False  # let the learning rate fall to zero at max_epochs, as a cosine
    patience: Epochs = 15  # epochs without a better validation score
    monitor: Monitor = "loss"  # that score; nothing: keep the last epoch
    max_epochs: Epochs = 1000
    truncate: bool = False  # the paper's way: each batch cut to its shortest clip
    crop_seconds: Seconds | None = None  # train on random excerpts of this length, at most of T
    anywhere: bool = False  # excerpts from the whole clip, not from its first T only
    balance: bool = False  # draw classes equally often
    gain: Annotated[float, Between(0, 120)] = 0.0  # largest change of level in an excerpt, in dB
    noise: NotNegative = 0.0  # deviation of noise added to the values
    speed: Annotated[float, Between(0, 0.999)] = 0.0  # largest relative change of speed
    recalibrate: bool = False  # after each epoch, batch norm's statistics from training clips
    sharpness: Sharpness = 1.0  # power of a clip's probabilities in the loss; 1: the paper's loss
    spread: NotNegative = 0.0  # weight of the term that spreads attention
    weight_decay: NotNegative = 0.0
    freeze_trunk: bool = False  # train the classifier block only
    precision: Precision = "float32"  # auto: bfloat16 on a GPU, float32 elsewhere
    seed: Seed = 0

    def __post_init__(self) -> None:
        schema.check(self)

    def annealed(self, epoch: int) -> float:
        """The learning rate of an epoch, counted from 0, as it falls to zero at `max_epochs`."""
        return self.learning_rate * (1 + math.cos(math.pi * epoch / self.max_epochs)) / 2

    def mixed(self, device_type: str) -> bool:
        """Whether to compute in bfloat16 on a kind of device, "cpu" or "cuda"."""
        return self.precision == "bfloat16" or (self.precision == "auto" and device_type == "cuda")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


PAPER = Recipe(truncate=True)
# For corpora of some hundred clips or more: small batches, so that an epoch has enough steps, and
# the weights with the best recall on validation speakers. Annealing, changes of level and speed,
# and the spread are left out because they cost recall or gained none: docs/experiments.md.
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
