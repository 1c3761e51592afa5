"""Training classifiers and attention on a trunk that stays as it is.

The trunk's features are computed once, so that an epoch takes a second. A clip is shown as a
few intervals drawn at random from a random version of it, anew each time: the noise of the draw
keeps the block from knowing the few speakers by heart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from cabcnn.dataset.arrays import Arrays
from cabcnn.model import CabCnn
from cabcnn.training.batches import first_seconds


@dataclass(frozen=True)
class BlockRecipe:
    """How the classifier block is trained; the learning rate falls to zero as a cosine.

    `sharpness` is a power that the clip's probabilities are raised to (and normalised again)
    before the loss: a mean over intervals of which few tell anything never comes near 1, and
    the plain loss would demand that each single interval be sure.
    """

    seconds: float | None = 30.0
    epochs: int = 40
    batch_size: int = 32
    learning_rate: float = 4e-3
    attention_rate: float = 0.3  # of that, for the attention, which has learned already
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
    """What the block sees of the first `seconds` of some clips: (p, 128) each, in half
    precision."""
    model = model.to(device).eval()
    kept = {}
    with torch.inference_mode():
        for clip in map(int, clips):
            values = torch.from_numpy(first_seconds(arrays, clip, seconds)).to(device)
            kept[clip] = model.norm(model.extract_features([values])).half()
    return {clip: part.clone() for clip, part in kept.items()}


def train_block(
    start: dict[str, Tensor],
    versions: Sequence[Mapping[int, Tensor]],
    labels: NDArray[np.int64],
    clips: NDArray[np.int64],
    recipe: BlockRecipe,
    *,
    device: str = "cpu",
    on_epoch: Callable[[int, float], None] = lambda epoch, loss: None,
) -> CabCnn:
    """A whole model: the trunk, norm and attention of `start`, classifiers learned anew, and the
    attention learned on.

    `versions` hold the features of each clip, as it is and disguised; `clips` are those to learn
    from, drawn so that each class comes as often as any. `on_epoch` is told
    the mean loss in nats, of the sharpened probabilities.
    """
    classes = int(labels.max()) + 1
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
        order = _balanced(clips, labels, random)
        for first in range(0, len(order), recipe.batch_size):
            chosen = order[first : first + recipe.batch_size]
            rows = []
            for clip in chosen:
                whole = versions[int(random.integers(len(versions)))][int(clip)]
                drawn = torch.from_numpy(random.integers(0, len(whole), recipe.intervals))
                rows.append(whole[drawn.to(device)])
            attention, votes = model.block(torch.cat(rows).float())
            said = (attention.unsqueeze(1) * votes).sum(0).T
            clip_said = said.unflatten(0, (len(chosen), -1)).mean(1)
            sharpened = recipe.sharpness * clip_said.clamp_min(1e-7).log()
            loss = F.cross_entropy(sharpened, torch.from_numpy(labels[chosen]).to(device))
            adam.zero_grad(set_to_none=True)
            loss.backward()
            adam.step()
            losses.append(loss.item())
        on_epoch(epoch + 1, float(np.mean(losses)))
    return model


def _balanced(
    clips: NDArray[np.int64], labels: NDArray[np.int64], random: np.random.Generator
) -> NDArray[np.int64]:
    """As many clips of each class, about as many in all as there are."""
    present = np.unique(labels[clips])
    share = max(len(clips) // len(present), 1)
    drawn = [np.resize(random.permutation(clips[labels[clips] == k]), share) for k in present]
    return random.permutation(np.concatenate(drawn))
