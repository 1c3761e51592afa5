"""Batches made in background threads while the device computes the one before."""

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
from cabcnn.training.batches import Batch, Map, PendingBatch

MOST_WORKERS = 8  # threads that feed one GPU; numpy releases the GIL
BATCHES_AT_ONCE = 2  # the clips of one are made while the one before is packed


class Loaded(NamedTuple):
    """A `Batch` on its device: `values` of each clip, `labels` (B,), and `clips` in all."""

    values: list[Tensor]
    labels: Tensor
    clips: int


def load_batches(
    pending: Iterable[PendingBatch], device: torch.device, threads: int | None = None
) -> Generator[Loaded]:
    """The batches on `device`, in order, a few of them made in advance.

    The `threads` work on one batch together, so that a GPU does not wait long for the first one.
    """
    threads = workers(device) if threads is None else threads
    at_once = min(threads, BATCHES_AT_ONCE)
    with ThreadPoolExecutor(threads, "clips") as pool:  # starts no thread before it is needed
        map_clips: Map = pool.map if threads > 1 else map

        def make(make_batch: PendingBatch) -> tuple[Staged, Batch]:
            batch = make_batch(map_clips)
            return stage(batch.values, device), batch

        with closing(ordered_map(make, pending, at_once, at_once + 1)) as batches:
            for values, batch in batches:
                labels = torch.from_numpy(batch.labels).to(device, non_blocking=True)
                yield Loaded(to_device(values, device), labels, batch.clips)


def workers(device: torch.device) -> int:
    """How many threads make batches: one beside a CPU that trains too, several for a GPU."""
    return 1 if device.type == "cpu" else min(MOST_WORKERS, cpu_count())


class Staged(NamedTuple):
    """Clips ready to be copied to a device: for a GPU in one tensor, in pinned memory."""

    pieces: list[Tensor]
    lengths: list[int]


def stage(values: list[NDArray[np.float32]], device: torch.device) -> Staged:
    lengths = [len(part) for part in values]
    if device.type != "cuda" or not values:
        return Staged([torch.from_numpy(part) for part in values], lengths)
    piece = torch.empty(sum(lengths), pin_memory=True)
    np.concatenate(values, out=piece.numpy())
    return Staged([piece], lengths)


def to_device(values: Staged, device: torch.device) -> list[Tensor]:
    pieces = [piece.to(device, non_blocking=True) for piece in values.pieces]
    return list(pieces[0].split(values.lengths)) if len(pieces) < len(values.lengths) else pieces
