"""Training the classifiers and the attention on the features of a frozen trunk.

The features are computed once, so that an epoch takes a second. Each time, a clip is represented
by a few random intervals of one of its copies, which keeps the block from memorising the few
speakers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cabcnn.dataset.arrays import Arrays
from cabcnn.model import CabCnn
from cabcnn.training.batches import balanced
from cabcnn.training.excerpts import first_seconds
from cabcnn.training.loss import sharpened_loss


@dataclass(frozen=True)
class BlockRecipe:
    """How the classifier block is trained; the learning rate falls to zero as a cosine.

    `sharpness` is that of `sharpened_loss`.
    """

    seconds: float | None = 30.0
    epochs: int = 40
    batch_size: int = 32
    learning_rate: float = 4e-3
    attention_rate: float = 0.3  # of that, for the attention, which is pretrained
    sharpness: float = 8.0
    intervals: int = 150
    seed: int = 0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def extract_features(
    model: CabCnn,
    arrays: Arrays,
    clips: Sequence[int] | NDArray[np.int64],
    seconds: float | None,
    device: str = "cpu",
) -> dict[int, Tensor]:
    """The normalised features (p, 128) of the first `seconds` of some clips, in half precision."""
    model = model.to(device).eval()
    features = {}
    with torch.inference_mode():
        for clip in map(int, clips):
            values = torch.from_numpy(first_seconds(arrays, clip, seconds)).to(device)
            features[clip] = model.norm(model.extract_features([values])).half()
    return {clip: rows.clone() for clip, rows in features.items()}  # no inference tensors


def train_block(
    start: dict[str, Tensor],
    copies: Sequence[Mapping[int, Tensor]],
    labels: NDArray[np.int64],
    clips: NDArray[np.int64],
    recipe: BlockRecipe,
    *,
    device: str = "cpu",
    on_epoch: Callable[[int, float], None] = lambda epoch, loss: None,
) -> CabCnn:
    """A whole model: trunk and norm of `start`, its attention trained further, new classifiers.

    `copies` hold the features of each clip, as recorded and otherwise; of a clip that some of them
    lack, one of the others is drawn. `clips` are those to learn from, of which each class is drawn
    equally often. `on_epoch` gets the epoch and the mean loss in nats, of the sharpened
    probabilities.
    """
    classes = int(labels.max()) + 1
    versions = {i: [copy[i] for copy in copies if i in copy] for i in map(int, clips)}
    random = np.random.default_rng(recipe.seed)
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        model = CabCnn(classes)
        own = {k: v for k, v in start.items() if not k.startswith("classifiers")}
        model.load_state_dict(model.state_dict() | own)
    model = model.to(device).eval()
    rates = [recipe.learning_rate, recipe.learning_rate * recipe.attention_rate]
    learned = [[*model.classifiers.parameters()], [*model.attention.parameters()]]
    adam = torch.optim.Adam([{"params": part} for part in learned])
    for epoch in range(recipe.epochs):
        for group, rate in zip(adam.param_groups, rates, strict=True):
            group["lr"] = rate * (1 + np.cos(np.pi * epoch / recipe.epochs)) / 2
        losses = []
        order = balanced(clips, labels, random)
        for first in range(0, len(order), recipe.batch_size):
            chosen = order[first : first + recipe.batch_size]
            rows = []
            for clip in chosen:
                held = versions[int(clip)]
                features = held[int(random.integers(len(held)))]
                drawn = torch.from_numpy(random.integers(0, len(features), recipe.intervals))
                rows.append(features[drawn.to(device)])
            attention, votes = model.block(torch.cat(rows).float())
            intervals = (attention.unsqueeze(1) * votes).sum(0).T
            probabilities = intervals.unflatten(0, (len(chosen), -1)).mean(1)
            targets = torch.from_numpy(labels[chosen]).to(device)
            loss = sharpened_loss(probabilities, targets, recipe.sharpness).mean()
            adam.zero_grad(set_to_none=True)
            loss.backward()
            adam.step()
            losses.append(loss.item())
        on_epoch(epoch + 1, float(np.mean(losses)))
    return model
