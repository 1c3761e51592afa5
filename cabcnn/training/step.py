"""One step of training on a batch, which may lie on several processes and need not fit memory."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from cabcnn import memory as memories
from cabcnn.model import FEATURES, CabCnn, interval_count
from cabcnn.training.distributed import Processes
from cabcnn.training.loader import Loaded
from cabcnn.training.recipe import Recipe

ACTIVATION_BYTES = 800  # that a front-end value leaves behind for the backward pass, about
MOST_MEMORY = 6 << 30  # bytes of them on a CPU, unless asked otherwise


def default_memory(device: torch.device) -> int:
    """Bytes that a batch's activations may take: on a GPU half of what is free, on a CPU a third
    of the machine's memory, or of its container's, at most 6 GiB."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0] // 2
    return min(MOST_MEMORY, memories.total() // 3)


def step(
    model: CabCnn,
    adam: torch.optim.Optimizer,
    batch: Loaded,
    recipe: Recipe,
    processes: Processes,
    memory: int,
) -> Tensor:
    """Moves the weights by one batch. Returns (2 + m * m,) of this process's share: the sum of
    its clips' losses, whether a gradient was no number, and the confusion matrix."""
    sums = gradients(model, batch, recipe, processes, memory)
    found = torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])
    broken = ~found.isfinite().all()
    adam.step()
    return torch.cat([sums[:1], broken.float()[None], sums[1:]])


def gradients(
    model: CabCnn, batch: Loaded, recipe: Recipe, processes: Processes, memory: int
) -> Tensor:
    """Leaves the gradients of the whole batch's mean loss in the model of every process.

    Returns (1 + m * m,) of this process's share: the sum of losses, and the confusion matrix.
    """
    device = processes.device
    with torch.autocast(device.type, torch.bfloat16, enabled=recipe.mixed(device.type)):
        if batch.values:
            features = model.extract_features(
                batch.values, activation_checkpointing(model, memory // ACTIVATION_BYTES)
            )
        else:  # no clip left for this process, which still has its part in every sum
            features = torch.zeros(0, FEATURES, device=device)
            features.requires_grad_(not recipe.freeze_trunk)
    output = model.classify(features, [interval_count(len(clip)) for clip in batch.values])
    losses = F.nll_loss(output.probabilities.clamp_min(1e-7).log(), batch.labels, reduction="none")
    objective = losses.sum() / batch.clips
    if recipe.spread:
        attention = output.attention
        total = torch.cat([attention.sum(0), attention.new_full((1,), len(attention))])
        total = processes.sum_with_gradient(total)
        mean = total[:-1] / total[-1]
        unequal = (mean * (mean * model.n).clamp_min(1e-9).log()).sum()
        objective = objective + recipe.spread * unequal / processes.size
    model.zero_grad(set_to_none=True)
    objective.backward()
    _add_up(model, processes)
    with torch.no_grad():
        places = batch.labels * model.classes + output.probabilities.argmax(1)
        confusion = losses.new_zeros(model.classes**2)
        confusion.index_add_(0, places, torch.ones_like(losses))
        return torch.cat([losses.sum()[None], confusion])


def activation_checkpointing(model: CabCnn, room: int) -> Callable[[Tensor, list[int]], Tensor]:
    """The trunk, which keeps the activations of the first `room` values that it is given and
    computes those of the others again when they are needed.

    Batch norm needs the features of the whole batch, so that a batch can't be cut in parts
    whose gradients are added up. It is the trunk's activations that fill the memory: without
    them, a batch leaves its features only, and the result is the same to the last bit.
    """

    def features(values: Tensor, lengths: list[int]) -> Tensor:
        nonlocal room
        room -= values.numel()
        if room >= 0 or not torch.is_grad_enabled():
            return model.features(values, lengths)
        found = checkpoint(model.features, values, lengths, use_reentrant=False)
        assert isinstance(found, Tensor)
        return found

    return features


def _add_up(model: CabCnn, processes: Processes) -> None:
    """Each process's gradients are those of its own clips' terms; half a megabyte in all, which
    needs no buckets."""
    if processes.size == 1:
        return
    learned = [p for p in model.parameters() if p.requires_grad]
    own = [torch.zeros_like(p) if p.grad is None else p.grad for p in learned]
    total = processes.sum(torch.cat([gradient.flatten() for gradient in own]))
    for parameter, part in zip(learned, total.split([p.numel() for p in learned]), strict=True):
        parameter.grad = part.view_as(parameter)
