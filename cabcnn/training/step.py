"""One training step on a batch, which several processes may share and which need not fit memory."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from cabcnn import memory as memories
from cabcnn.model import FEATURES, CabCnn, interval_count
from cabcnn.training.distributed import Processes
from cabcnn.training.loader import Loaded
from cabcnn.training.loss import plain_loss, sharpened_loss
from cabcnn.training.recipe import Recipe

ACTIVATION_BYTES = 800  # of activations for each front-end value, about
MOST_MEMORY = 6 << 30  # bytes of activations on a CPU by default


def default_memory(device: torch.device) -> int:
    """Bytes that the activations of a batch may take: half of a GPU's free memory, or a third of
    the machine's (or container's) memory, at most 6 GiB."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0] // 2
    return min(MOST_MEMORY, memories.limit_bytes() // 3)


def step(
    model: CabCnn,
    adam: torch.optim.Optimizer,
    batch: Loaded,
    recipe: Recipe,
    processes: Processes,
    memory: int,
) -> Tensor:
    """Updates the weights by one batch. Returns (2 + m * m,) for this process's share: the sum of
    its clips' plain losses, 1 if a gradient was not finite, and the confusion matrix."""
    sums = gradients(model, batch, recipe, processes, memory)
    flat = torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])
    broken = ~flat.isfinite().all()
    adam.step()
    return torch.cat([sums[:1], broken.float()[None], sums[1:]])


def gradients(
    model: CabCnn, batch: Loaded, recipe: Recipe, processes: Processes, memory: int
) -> Tensor:
    """Computes the gradients of the whole batch's mean loss, the same in every process.

    Returns (1 + m * m,) for this process's share: the sum of plain losses, and the confusion
    matrix.
    """
    device = processes.device
    with torch.autocast(device.type, torch.bfloat16, enabled=recipe.mixed(device.type)):
        if batch.values:
            features = model.extract_features(
                batch.values, activation_checkpointing(model, memory // ACTIVATION_BYTES)
            )
        else:  # no clip for this process, which still takes part in every sum
            features = torch.zeros(0, FEATURES, device=device)
            features.requires_grad_(not recipe.freeze_trunk)
    output = model.classify(features, [interval_count(len(clip)) for clip in batch.values])
    minimised = sharpened_loss(output.probabilities, batch.labels, recipe.sharpness)
    objective = minimised.sum() / batch.clips
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
        # The plain loss whatever the sharpness, to be compared with that of validation.
        losses = plain_loss(output.probabilities, batch.labels)
        places = batch.labels * model.classes + output.probabilities.argmax(1)
        confusion = losses.new_zeros(model.classes**2)
        confusion.index_add_(0, places, torch.ones_like(losses))
        return torch.cat([losses.sum()[None], confusion])


def activation_checkpointing(model: CabCnn, room: int) -> Callable[[Tensor, list[int]], Tensor]:
    """The trunk with activation checkpointing: it keeps the activations of the first `room` values
    and computes the others again in the backward pass.

    Batch norm needs the features of the whole batch, so gradients can't be accumulated over parts
    of it. But it is the trunk's activations that fill the memory, and computing them twice gives
    the same result to the last bit.
    """

    def features(values: Tensor, lengths: list[int]) -> Tensor:
        nonlocal room
        room -= values.numel()
        if room >= 0 or not torch.is_grad_enabled():
            return model.features(values, lengths)
        rows = checkpoint(model.features, values, lengths, use_reentrant=False)
        assert isinstance(rows, Tensor)
        return rows

    return features


def _add_up(model: CabCnn, processes: Processes) -> None:
    """Sums the gradients over the processes, each of which has those of its own clips: half a
    megabyte, which needs no buckets."""
    if processes.size == 1:
        return
    learned = [p for p in model.parameters() if p.requires_grad]
    own = [torch.zeros_like(p) if p.grad is None else p.grad for p in learned]
    total = processes.sum(torch.cat([gradient.flatten() for gradient in own]))
    for parameter, part in zip(learned, total.split([p.numel() for p in learned]), strict=True):
        parameter.grad = part.view_as(parameter)
