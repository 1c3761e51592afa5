"""Training one model: Adam, early stopping, the best weights kept, resumable after any epoch."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cabcnn import files
from cabcnn.dataset.arrays import Arrays
from cabcnn.errors import CabcnnError
from cabcnn.metrics import scores
from cabcnn.model import CabCnn
from cabcnn.training.batches import epoch_batches, pending_batches
from cabcnn.training.distributed import Processes, init, share_norm
from cabcnn.training.evaluation import Evaluation, evaluate
from cabcnn.training.loader import load_batches
from cabcnn.training.recipe import Recipe
from cabcnn.training.state import Progress, fingerprint, restore, serialize
from cabcnn.training.step import default_memory, step

__all__ = ["RECALIBRATION_CLIPS", "Progress", "fingerprint", "recalibrate", "train"]

RECALIBRATION_CLIPS = 128  # enough for the mean and variance of 128 features


def train(
    arrays: Arrays,
    training: Sequence[int] | NDArray[np.int64],
    validation: Sequence[int] | NDArray[np.int64],
    recipe: Recipe,
    *,
    device: str = "cpu",
    start: dict[str, Tensor] | None = None,
    state: Path | None = None,
    on_epoch: Callable[[Progress, CabCnn], bool | None] = lambda progress, model: None,
    asked_to_stop: Callable[[], bool] = lambda: False,
    memory: int | None = None,
    build: Callable[[int], CabCnn] = CabCnn,
) -> tuple[CabCnn, Progress]:
    """Trains on the `training` clips of `arrays` and keeps the weights of the epoch that does best
    on the `validation` clips. Returns the model with those weights, and the run's progress.

    `start` are weights to start from instead of random ones. `state` is a file that holds the run
    after every epoch: if it exists, the run resumes from it and ends as it would have without the
    interruption. `on_epoch` is called after each epoch and stops the run by returning True;
    `asked_to_stop` is asked before a resumed run trains any further. `memory` is how many bytes
    the activations of a batch may take; those beyond it are computed twice, with the same result.
    `build(classes)` makes the network with random weights; parameters that it marks as needing no
    gradient are not trained.

    Each row of the history has epoch, training_loss, training_recall (unweighted, on the
    augmented excerpts), learning_rate, seconds and best (the epoch whose weights are kept so
    far); with `validation` also loss, balanced_loss, accuracy, unweighted_recall, macro_f1 and
    effective_classifiers.

    Random numbers depend on `recipe.seed` and the epoch only; on a GPU, sums may still be rounded
    in another order from run to run. With `recipe.monitor` "nothing", every epoch runs, the last
    weights are kept and `validation` may be empty.

    Under `torchrun` or `accelerate launch` all processes call this with the same arguments and
    train one model together; only the leader writes `state` and calls `on_epoch`. The result is
    that of a single process, except for dropout, which is random in each process.

    Raises CabcnnError if `state` belongs to another run or can't be written, there is nothing to
    train or validate on, or the loss is no longer finite.
    """
    if not len(training) or not (len(validation) or recipe.monitor == "nothing"):
        raise CabcnnError("Training needs at least one clip to learn from and one to validate on.")
    processes = init(device)
    data = fingerprint(arrays, training, validation)
    devices = [processes.device] if processes.device.type == "cuda" else []
    with torch.random.fork_rng(devices):
        torch.manual_seed(recipe.seed)
        model = build(len(arrays.label_names)).to(processes.device)
        if start is not None:
            model.load_state_dict(start)
        share_norm(model, processes)
        for parameter in (*model.trunk.parameters(), *model.norm.parameters()):
            parameter.requires_grad_(not recipe.freeze_trunk)
        adam = torch.optim.Adam(
            [p for p in model.parameters() if p.requires_grad],
            recipe.learning_rate,
            eps=recipe.epsilon,
            weight_decay=recipe.weight_decay,
        )
        memory = default_memory(processes.device) if memory is None else memory
        progress, best = Progress(), _copy(model)
        if earlier := processes.share(_read(state) if processes.leads else b""):
            progress, best = restore(earlier, state, model, adam, recipe, data)
        stop = processes.leads and bool(earlier) and asked_to_stop()
        stop = processes.share(bytes([stop])) == bytes([True])
        while not (stop or progress.finished(recipe)):
            begun = time.perf_counter()
            row = _epoch(arrays, training, recipe, progress.epoch, model, adam, processes, memory)
            result = None
            if len(validation):
                result = evaluate(model, arrays, validation, recipe.seconds, processes=processes)
            row["seconds"] = round(time.perf_counter() - begun, 3)
            _record(progress, row, result, recipe)
            if progress.best_epoch == progress.epoch:
                best = _copy(model)
            stop = False
            if processes.leads:
                if state is not None:
                    files.write(state, serialize(progress, model, adam, best, recipe, data))
                stop = bool(on_epoch(progress, model))
            shared = processes.share(json.dumps([vars(progress), stop]).encode())
            if not processes.leads:
                facts, stop = json.loads(shared)
                progress = Progress(**facts)
        model.load_state_dict(best)
        share_norm(model, Processes(processes.device))
    return model.eval(), progress


def _epoch(
    arrays: Arrays,
    clips: Sequence[int] | NDArray[np.int64],
    recipe: Recipe,
    epoch: int,
    model: CabCnn,
    adam: torch.optim.Optimizer,
    processes: Processes,
    memory: int,
) -> dict[str, float]:
    random = np.random.default_rng([recipe.seed, epoch])
    torch.manual_seed(int(random.integers(2**62)) + processes.rank)
    rate = recipe.annealed(epoch) if recipe.anneal else recipe.learning_rate
    for group in adam.param_groups:
        group["lr"] = rate
    model.train(not recipe.freeze_trunk)  # frozen: no dropout, and batch norm as it is
    pending = pending_batches(arrays, clips, recipe, random, processes.rank, processes.size)
    # Read once an epoch: reading after every step would make the GPU wait.
    sums = [
        step(model, adam, batch, recipe, processes, memory)
        for batch in load_batches(pending, processes.device)
    ]
    total = processes.sum(torch.stack(sums).sum(0, dtype=torch.float64)).cpu().numpy()
    loss, broken, confusion = total[0], total[1], total[2:].reshape(model.classes, -1)
    if broken or not np.isfinite(loss):
        raise CabcnnError(
            f"Training diverged in epoch {epoch + 1}: the loss is not finite; lower the "
            f"learning rate ({recipe.learning_rate:g})."
        )
    if recipe.recalibrate:
        if processes.leads:
            batches = epoch_batches(arrays, clips, recipe, random)
            excerpts = itertools.chain.from_iterable(batch.values for batch in batches)
            recalibrate(model, itertools.islice(excerpts, RECALIBRATION_CLIPS))
        processes.broadcast(model)
    return {
        "training_loss": float(loss / confusion.sum()),
        "training_recall": scores(confusion).unweighted_recall,
        "learning_rate": rate,
    }


def recalibrate(model: CabCnn, values: Iterable[NDArray[np.float32]]) -> None:
    """Sets batch norm's statistics to those of the features of some excerpts, without dropout.

    With Keras's momentum of 0.99 the running statistics lag hundreds of steps behind. A small
    corpus has so few steps in an epoch that they no longer fit the weights, and validation would
    measure that.
    """
    model.eval()
    device = next(model.parameters()).device
    with torch.no_grad():
        rows = model.extract_features([torch.from_numpy(part).to(device) for part in values])
        variance, mean = torch.var_mean(rows, 0, correction=0)
        model.norm.running_mean.copy_(mean)
        model.norm.running_var.copy_(variance)


def _record(
    progress: Progress, row: dict[str, float], result: Evaluation | None, recipe: Recipe
) -> None:
    """Adds the epoch to the history, and decides whether it is the best one so far."""
    progress.epoch += 1
    row = {"epoch": progress.epoch, **row}
    score = float(progress.epoch)
    if result is not None:
        row |= {"loss": result.loss, "balanced_loss": result.balanced_loss}
        row |= result.scores._asdict() | {"effective_classifiers": result.effective_classifiers}
        if recipe.monitor == "unweighted_recall":
            # Of epochs with the same recall, the one with the lower loss.
            score = result.scores.unweighted_recall - 1e-6 * result.balanced_loss
        elif recipe.monitor == "loss":
            score = -(result.balanced_loss if recipe.balance else result.loss)
    if score > progress.best_score:
        progress.best_score, progress.best_epoch = score, progress.epoch
    progress.history.append({**row, "best": progress.best_epoch})


def _copy(model: CabCnn) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def _read(state: Path | None) -> bytes:
    if state is None or not state.exists():
        return b""
    try:
        return state.read_bytes() or b"?"  # an empty file is no state, and must not pass for none
    except OSError as error:
        raise CabcnnError(f"{state} can't be read ({error.strerror}).") from error
