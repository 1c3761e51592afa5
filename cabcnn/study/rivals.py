"""Training a rival on spectrogram images, as the paper did it (Section 4): stochastic gradient
descent with a learning rate of 1e-3, momentum 0.9, weight decay 1e-8, batches of 48, and an end
after 15 epochs without a lower validation loss; the best epoch's weights count."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from cabcnn.baselines import Rival
from cabcnn.baselines.images import images
from cabcnn.errors import CabcnnError
from cabcnn.metrics import log_losses

LEARNING_RATE, MOMENTUM, WEIGHT_DECAY = 1e-3, 0.9, 1e-8
BATCH, PATIENCE = 48, 15


def named(rival: Rival) -> str:
    """Its title, and that it is a reconstruction where it is one."""
    return rival.title + (" (reconstruction)" if rival.reconstruction else "")


class Side(NamedTuple):
    """Clips as a rival sees them: `spectrograms` (N, bins, 256) bytes and `labels` (N,)."""

    spectrograms: NDArray[np.uint8]
    labels: NDArray[np.int64]


class Course(NamedTuple):
    """How a training went: a row an epoch, and the epoch (from 1) whose weights are kept."""

    history: list[dict[str, float]]
    best_epoch: int


def train_rival(
    rival: Rival,
    classes: int,
    training: Side,
    validation: Side,
    *,
    seed: int,
    max_epochs: int,
    device: str = "cpu",
    on_epoch: Callable[[dict[str, float]], None] = lambda row: None,
) -> tuple[nn.Module, Course]:
    """Random numbers depend on `seed` alone. Raises CabcnnError where the loss stops being a
    number."""
    devices = [torch.device(device)] if device.startswith("cuda") else []
    history: list[dict[str, float]] = []
    best, best_loss, best_epoch = None, float("inf"), 0
    with torch.random.fork_rng(devices):
        torch.manual_seed(seed)
        # The order of pixels in memory in which convolutions are fastest, by a third on a CPU.
        model = rival.build(classes).to(device)
        model = model.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        descent = torch.optim.SGD(
            model.parameters(), LEARNING_RATE, MOMENTUM, weight_decay=WEIGHT_DECAY
        )
        random = np.random.default_rng(seed)
        while len(history) < max_epochs and len(history) - best_epoch < PATIENCE:
            begun = time.perf_counter()
            loss = _epoch(model, descent, rival, training, random, device)
            if not np.isfinite(loss):
                raise CabcnnError(
                    f"{named(rival)} diverged in epoch {len(history) + 1}: the loss is no number."
                )
            found = answers(model, rival, validation.spectrograms, device)
            row = {
                "epoch": len(history) + 1,
                "training_loss": loss,
                "loss": float(log_losses(found, validation.labels).mean()),
                "seconds": round(time.perf_counter() - begun, 3),
            }
            history.append(row)
            if row["loss"] < best_loss:
                best_loss, best_epoch = row["loss"], len(history)
                best = copy.deepcopy(model.state_dict())
            on_epoch(row)
    if best is None:
        raise CabcnnError(f"{named(rival)} diverged: its validation loss was never a number.")
    model.load_state_dict(best)
    return model.eval(), Course(history, best_epoch)


def answers(
    model: nn.Module, rival: Rival, spectrograms: NDArray[np.uint8], device: str
) -> NDArray[np.float64]:
    """Class probabilities (N, m) of N clips."""
    model.eval()
    with torch.inference_mode():
        found = [
            model(picture).double().softmax(1).cpu()
            for picture in _pictures(rival, spectrograms, device)
        ]
    return torch.cat(found).numpy()


def _epoch(
    model: nn.Module,
    descent: torch.optim.Optimizer,
    rival: Rival,
    side: Side,
    random: np.random.Generator,
    device: str,
) -> float:
    model.train()
    order = random.permutation(len(side.labels))
    total = torch.zeros((), dtype=torch.float64, device=device)
    at = shown = 0
    for pictures in _pictures(rival, side.spectrograms[order], device):
        labels = torch.from_numpy(side.labels[order[at : at + len(pictures)]]).to(device)
        at += len(pictures)
        if len(pictures) == 1 and at > 1:
            continue  # batch normalisation has nothing to say of a single picture at 1 x 1
        loss = F.cross_entropy(model(pictures), labels)
        descent.zero_grad()
        loss.backward()
        descent.step()
        total += loss.detach() * len(pictures)
        shown += len(pictures)
    return float(total) / shown


def _pictures(rival: Rival, spectrograms: NDArray[np.uint8], device: str) -> Iterator[Tensor]:
    for start in range(0, len(spectrograms), BATCH):
        part = torch.from_numpy(np.ascontiguousarray(spectrograms[start : start + BATCH]))
        pictures = images(part.to(device), rival.picture)
        yield pictures.contiguous(memory_format=torch.channels_last)
