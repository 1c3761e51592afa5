"""Training a baseline on spectrogram images, as in the paper (Section 4): stochastic gradient
descent with a learning rate of 1e-3, momentum 0.9, weight decay 1e-8, batches of 48, and early
stopping after 15 epochs without a lower validation loss; the best epoch's weights are kept."""

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

from cabcnn.baselines import Baseline
from cabcnn.baselines.images import images
from cabcnn.errors import CabcnnError
from cabcnn.metrics import log_losses

LEARNING_RATE, MOMENTUM, WEIGHT_DECAY = 1e-3, 0.9, 1e-8
BATCH, PATIENCE = 48, 15


def display_name(baseline: Baseline) -> str:
    """Its title, with a note if it is a reconstruction."""
    return baseline.title + (" (reconstruction)" if baseline.reconstruction else "")


class Images(NamedTuple):
    """A baseline's input: `spectrograms` (N, bins, 256) as bytes, and `labels` (N,)."""

    spectrograms: NDArray[np.uint8]
    labels: NDArray[np.int64]


class History(NamedTuple):
    """A row for each epoch, and the number (from 1) of the epoch whose weights are kept."""

    history: list[dict[str, float]]
    best_epoch: int


def train_baseline(
    baseline: Baseline,
    classes: int,
    training: Images,
    validation: Images,
    *,
    seed: int,
    max_epochs: int,
    device: str = "cpu",
    on_epoch: Callable[[dict[str, float]], None] = lambda row: None,
) -> tuple[nn.Module, History]:
    """Trains a model; random numbers depend on `seed` alone.

    Raises CabcnnError if the training or the validation loss is not finite.
    """
    devices = [torch.device(device)] if device.startswith("cuda") else []
    history: list[dict[str, float]] = []
    best, best_loss, best_epoch = None, float("inf"), 0
    with torch.random.fork_rng(devices):
        torch.manual_seed(seed)
        # Convolutions are a third faster on a CPU with this memory format.
        model = baseline.build(classes).to(device)
        model = model.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        optimizer = torch.optim.SGD(
            model.parameters(), LEARNING_RATE, MOMENTUM, weight_decay=WEIGHT_DECAY
        )
        random = np.random.default_rng(seed)
        while len(history) < max_epochs and len(history) - best_epoch < PATIENCE:
            begun = time.perf_counter()
            loss = _epoch(model, optimizer, baseline, training, random, device)
            if not np.isfinite(loss):
                epoch = len(history) + 1
                raise CabcnnError(
                    f"{display_name(baseline)} diverged: the loss of epoch {epoch} is not a number."
                )
            probabilities = predict(model, baseline, validation.spectrograms, device)
            row = {
                "epoch": len(history) + 1,
                "training_loss": loss,
                "loss": float(log_losses(probabilities, validation.labels).mean()),
                "seconds": round(time.perf_counter() - begun, 3),
            }
            history.append(row)
            if row["loss"] < best_loss:
                best_loss, best_epoch = row["loss"], len(history)
                best = copy.deepcopy(model.state_dict())
            on_epoch(row)
    if best is None:
        raise CabcnnError(
            f"{display_name(baseline)} diverged: its validation loss was never a number."
        )
    model.load_state_dict(best)
    return model.eval(), History(history, best_epoch)


def predict(
    model: nn.Module, baseline: Baseline, spectrograms: NDArray[np.uint8], device: str
) -> NDArray[np.float64]:
    """Class probabilities (N, m) of N clips."""
    model.eval()
    with torch.inference_mode():
        probabilities = [
            model(batch).double().softmax(1).cpu()
            for batch in _batches(baseline, spectrograms, device)
        ]
    return torch.cat(probabilities).numpy()


def _epoch(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    baseline: Baseline,
    clips: Images,
    random: np.random.Generator,
    device: str,
) -> float:
    model.train()
    order = random.permutation(len(clips.labels))
    total = torch.zeros((), dtype=torch.float64, device=device)
    start = trained = 0
    for batch in _batches(baseline, clips.spectrograms[order], device):
        labels = torch.from_numpy(clips.labels[order[start : start + len(batch)]]).to(device)
        start += len(batch)
        if len(batch) == 1 and start > 1:
            continue  # batch normalisation needs more than one value at 1 x 1 pixels
        loss = F.cross_entropy(model(batch), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.detach() * len(batch)
        trained += len(batch)
    return float(total) / trained


def _batches(baseline: Baseline, spectrograms: NDArray[np.uint8], device: str) -> Iterator[Tensor]:
    for start in range(0, len(spectrograms), BATCH):
        part = torch.from_numpy(np.ascontiguousarray(spectrograms[start : start + BATCH]))
        batch = images(part.to(device), baseline.image_format)
        yield batch.contiguous(memory_format=torch.channels_last)
