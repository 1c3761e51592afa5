"""The state of a training run after an epoch, as bytes: all that is needed to resume it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from cabcnn.dataset.arrays import Arrays
from cabcnn.errors import CabcnnError
from cabcnn.model import CabCnn
from cabcnn.training.recipe import Recipe

FACTS = "facts"  # JSON, as a tensor of bytes


@dataclass
class Progress:
    """How far a training run is; `history` has a row for each epoch."""

    epoch: int = 0
    best_epoch: int = 0
    best_score: float = float("-inf")
    history: list[dict[str, float]] = field(default_factory=list)

    def finished(self, recipe: Recipe) -> bool:
        since_best = self.epoch - self.best_epoch
        if self.epoch > 0 and since_best >= recipe.patience:
            return True
        return self.epoch >= recipe.max_epochs


def fingerprint(
    arrays: Arrays,
    training: Sequence[int] | NDArray[np.int64],
    validation: Sequence[int] | NDArray[np.int64],
) -> str:
    """A hash of a training set: its clips' labels, lengths and loudness."""
    known = hashlib.sha256(" ".join(arrays.label_names).encode())
    for part in (training, validation):
        known.update(np.asarray(part, np.int64).tobytes() + b"|")
    for numbers in (arrays.labels, arrays.values, np.float32(arrays.moments[:, 2])):
        known.update(np.ascontiguousarray(numbers).tobytes())
    return known.hexdigest()


def serialize(
    progress: Progress,
    model: CabCnn,
    adam: torch.optim.Optimizer,
    best: dict[str, Tensor],
    recipe: Recipe,
    data: str,
) -> bytes:
    """The whole state, for `restore`."""
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    tensors |= {f"best.{name}": value for name, value in best.items()}
    for number, moments in adam.state_dict()["state"].items():
        tensors |= {f"adam.{number}.{name}": value for name, value in moments.items()}
    facts: dict[str, Any] = {"recipe": recipe.as_dict(), "data": data, "progress": vars(progress)}
    tensors[FACTS] = torch.frombuffer(bytearray(json.dumps(facts).encode()), dtype=torch.uint8)
    return save(
        {name: value.detach().cpu().clone().contiguous() for name, value in tensors.items()}
    )


def restore(
    content: bytes,
    path: Path | None,
    model: CabCnn,
    adam: torch.optim.Optimizer,
    recipe: Recipe,
    data: str,
) -> tuple[Progress, dict[str, Tensor]]:
    """Loads the weights and Adam's moments; returns the progress and the best weights so far.

    Raises CabcnnError, naming `path`, if `content` is no training state, or one of another recipe
    or other data.
    """
    try:
        tensors = load(content)
        facts = json.loads(tensors.pop(FACTS).numpy().tobytes())
        # A recipe of an earlier version lacks the fields that are newer, and means their defaults.
        known = Recipe(**facts["recipe"])
        clips, progress = facts["data"], Progress(**facts["progress"])
    except (SafetensorError, KeyError, TypeError, ValueError, CabcnnError) as error:
        raise CabcnnError(
            f"{path} does not hold a training run; remove it to start again."
        ) from error
    if known != recipe:
        raise CabcnnError(f"{path} holds a run of another recipe; remove it to start again.")
    if clips != data:
        raise CabcnnError(f"{path} holds a run on other clips; remove it to start again.")

    def under(prefix: str) -> dict[str, Tensor]:
        return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}

    try:
        model.load_state_dict(under("model."))
        saved = adam.state_dict()
        for name, value in under("adam.").items():
            number, moment = name.split(".")
            saved["state"].setdefault(int(number), {})[moment] = value
        adam.load_state_dict(saved)
    except (RuntimeError, ValueError) as error:
        raise CabcnnError(f"{path} is damaged; remove it to start again.") from error
    device = next(model.parameters()).device
    return progress, {name: value.to(device) for name, value in under("best.").items()}
