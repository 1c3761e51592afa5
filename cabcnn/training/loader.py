"""Batches prepared in the background, while the device works on the one before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cabcnn.training.batches import Batch
from cabcnn.training.threads import cpus, in_turn

MOST_WORKERS = 8  # threads that feed one GPU; numpy lets them run side by side


class Loaded(NamedTuple):
    """A batch on its device: `values` of each clip, `labels` (B,), and `clips` as in `Batch`."""

    values: list[Tensor]
    labels: Tensor
    clips: int


def loaded(plans: Iterable[Callable[[], Batch]], device: torch.device) -> Iterator[Loaded]:
    """The batches on `device`, in their order, a few of them made ahead."""

    def make(plan: Callable[[], Batch]) -> tuple[Staged, Batch]:
        batch = plan()
        return staged(batch.values, device), batch

    threads = workers(device)
    for values, batch in in_turn(make, plans, threads, threads + 1):
        labels = torch.from_numpy(batch.labels).to(device, non_blocking=True)
        yield Loaded(moved(values, device), labels, batch.clips)


def workers(device: torch.device) -> int:
    """How many threads prepare batches: a CPU that also computes can spare one."""
    return 1 if device.type == "cpu" else min(MOST_WORKERS, cpus())


class Staged(NamedTuple):
    """Clips ready to move to a device: for a GPU in one piece, in memory that it may read."""

    pieces: list[Tensor]
    lengths: list[int]


def staged(values: list[NDArray[np.float32]], device: torch.device) -> Staged:
    lengths = [len(part) for part in values]
    if device.type != "cuda" or not values:
        return Staged([torch.from_numpy(part) for part in values], lengths)
    return Staged([torch.from_numpy(np.concatenate(values)).pin_memory()], lengths)


def moved(values: Staged, device: torch.device) -> list[Tensor]:
    pieces = [piece.to(device, non_blocking=True) for piece in values.pieces]
    return list(pieces[0].split(values.lengths)) if len(pieces) < len(values.lengths) else pieces
