"""What a training run leads to: the answers of each split's model, and the card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cabcnn.checkpoint import Card
from cabcnn.corpora.table import Clip
from cabcnn.dataset.cache import LeftOut
from cabcnn.runs.plan import Plan
from cabcnn.runs.protocols import Part
from cabcnn.training.evaluation import Evaluation


@dataclass(frozen=True)
class Result:
    """The model of one split: a row of numbers for each epoch, and its answers on the test clips.

    `stopped` says that training was stopped before the recipe was finished.
    """

    part: Part
    history: list[dict[str, Any]]
    best_epoch: int
    evaluation: Evaluation
    stopped: bool = False


@dataclass(frozen=True)
class Outcome:
    """A whole run. The model that is kept, and its card, are those of the first result."""

    plan: Plan
    card: Card
    results: tuple[Result, ...]
    clips: tuple[Clip, ...]
    left_out: tuple[LeftOut, ...]
