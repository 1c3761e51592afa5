"""Training one model in several processes, as `accelerate launch` or `torchrun` start them: on
several GPUs, several machines or, for tests, one CPU.

All processes hold the same weights, and each computes its share of every batch. Gradients, batch
norm's statistics and the attention's spread are summed over the processes, so that the result is
that of a single process with the whole batch.
"""

from __future__ import annotations

import os
from typing import Any, cast

import torch
import torch.distributed as dist
from torch import Tensor

from cabcnn.model import BatchNorm, CabCnn


class Processes:
    """This process, number `rank` of `size`, and its `device`.

    Number 0 leads: it alone writes files and reports. With `size` 1, the methods do nothing.
    """

    def __init__(self, device: str | torch.device, rank: int = 0, size: int = 1) -> None:
        self.device, self.rank, self.size = torch.device(device), rank, size

    @property
    def leads(self) -> bool:
        return self.rank == 0

    def sum(self, tensor: Tensor) -> Tensor:
        """Sums a tensor over the processes, in place and without gradients."""
        if self.size > 1:
            dist.all_reduce(tensor)
        return tensor

    def sum_with_gradient(self, tensor: Tensor) -> Tensor:
        """Sums a tensor over the processes; gradients flow back to all of them."""
        return cast(Tensor, _Sum.apply(tensor)) if self.size > 1 else tensor

    def share(self, content: bytes) -> bytes:
        """The leader's `content`, in every process."""
        if self.size == 1:
            return content
        length = torch.tensor([len(content)], device=self.device)
        dist.broadcast(length, 0)
        data = torch.zeros(int(length), dtype=torch.uint8, device=self.device)
        if self.leads and content:
            data.copy_(torch.frombuffer(bytearray(content), dtype=torch.uint8))
        dist.broadcast(data, 0)
        return data.cpu().numpy().tobytes()

    def broadcast(self, model: CabCnn) -> None:
        """Copies the leader's weights and statistics to every process."""
        if self.size > 1:
            for tensor in model.state_dict().values():
                dist.broadcast(tensor, 0)


def init(device: str) -> Processes:
    """This process among those that were launched together.

    If there are several, "cuda" becomes each one's own GPU.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return Processes(device)
    from accelerate import Accelerator

    # By default accelerate trains separate copies if there is no GPU.
    together = Accelerator(cpu=torch.device(device).type == "cpu")
    return Processes(together.device, together.process_index, together.num_processes)


class SharedNorm(BatchNorm):
    """Batch normalisation over the features of all processes."""

    def __init__(self, processes: Processes, channels: int) -> None:
        super().__init__(channels)
        self.processes = processes

    def moments(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        add = self.processes.sum_with_gradient
        sums = add(torch.cat([rows.sum(0), rows.new_full((1,), len(rows))]))
        mean, count = sums[:-1] / sums[-1], sums[-1]
        return add((rows - mean).square().sum(0)) / count, mean


def share_norm(model: CabCnn, processes: Processes) -> None:
    """Makes a model normalise over all processes, or over its own batches again."""
    shared = processes.size > 1
    if shared == isinstance(model.norm, SharedNorm):
        return
    old, channels = model.norm, len(model.norm.weight)
    model.norm = SharedNorm(processes, channels) if shared else BatchNorm(channels)
    model.norm.to(old.weight).train(old.training)  # its device and precision
    model.norm.load_state_dict(old.state_dict())


class _Sum(torch.autograd.Function):
    """A sum over processes. The loss of each depends on every term, so gradients are summed too."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor) -> Tensor:
        tensor = tensor.detach().clone()
        dist.all_reduce(tensor)
        return tensor

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        gradient = gradients[0].clone()
        dist.all_reduce(gradient)
        return gradient
