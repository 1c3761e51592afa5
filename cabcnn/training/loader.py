"""Batches prepared in the background, while the device works on the one before."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cabcnn.threads import cpu_count, ordered_map
from cabcnn.training.batches import Batch, Each, PendingBatch

MOST_WORKERS = 8  # threads that feed one GPU; numpy lets them run side by side
BATCHES_AT_ONCE = 2  # while one is packed, the clips of the next are made


class Loaded(NamedTuple):
    """A batch on its device: `values` of each clip, `labels` (B,), and `clips` as in `Batch`."""

    values: list[Tensor]
    labels: Tensor
    clips: int


def loaded(
    plans: Iterable[PendingBatch], device: torch.device, threads: int | None = None
) -> Generator[Loaded]:
    """The batches on `device`, in their order, a few of them made ahead.

    Several `threads` share the clips of a batch out, so that an epoch's first one, for which a GPU
    has to wait, is soon there.
    """
    threads = workers(device) if threads is None else threads
    at_once = min(threads, BATCHES_AT_ONCE)
    with ThreadPoolExecutor(threads, "clips") as pool:  # which has no thread before it is asked
        each: Each = pool.map if threads > 1 else map

        def make(plan: PendingBatch) -> tuple[Staged, Batch]:
            batch = plan(each)
            return staged(batch.values, device), batch

        with closing(ordered_map(make, plans, at_once, at_once + 1)) as batches:
            for values, batch in batches:
                labels = torch.from_numpy(batch.labels).to(device, non_blocking=True)
                yield Loaded(moved(values, device), labels, batch.clips)


def workers(device: torch.device) -> int:
    """How many threads prepare batches: a CPU that also computes can spare one."""
    return 1 if device.type == "cpu" else min(MOST_WORKERS, cpu_count())


class Staged(NamedTuple):
    """Clips ready to move to a device: for a GPU in one piece, in memory that it may read."""

    pieces: list[Tensor]
    lengths: list[int]


def staged(values: list[NDArray[np.float32]], device: torch.device) -> Staged:
    lengths = [len(part) for part in values]
    if device.type != "cuda" or not values:
        return Staged([torch.from_numpy(part) for part in values], lengths)
    piece = torch.empty(sum(lengths), pin_memory=True)
    np.concatenate(values, out=piece.numpy())
    return Staged([piece], lengths)


def moved(values: Staged, device: torch.device) -> list[Tensor]:
    pieces = [piece.to(device, non_blocking=True) for piece in values.pieces]
    return list(pieces[0].split(values.lengths)) if len(pieces) < len(values.lengths) else pieces
