"""Training one model: Adam, early stopping, best weights kept, resumable after any epoch."""

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
from cabcnn.training.batches import epoch_batches, planned
from cabcnn.training.distributed import Processes, init, share_norm
from cabcnn.training.evaluation import Evaluation, evaluate
from cabcnn.training.loader import loaded
from cabcnn.training.recipe import Recipe
from cabcnn.training.state import Progress, fingerprint, restore, serialize
from cabcnn.training.step import default_memory, step

__all__ = ["RECALIBRATION_CLIPS", "Progress", "fingerprint", "recalibrate", "train"]

RECALIBRATION_CLIPS = 128  # enough for two moments of 128 features


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
    """Trains on some clips of `arrays`, chooses the epoch by others; returns the best weights.

    `start` are weights to begin with instead of random ones. `state` is a file that holds the
    run after every epoch: a run that finds one goes on from there and ends as it would have
    without the interruption. `on_epoch` is told after each epoch and stops the run by
    returning True; `asked_to_stop` ends one that goes on from a file before it learns any more.
    `memory` is how many bytes the activations of a batch may take; those
    beyond it are computed twice, to the same result. `build(classes)` makes the network with
    random weights; what it marks as needing no gradient is not trained.

    Each row of the history has epoch, training_loss, training_recall (unweighted, of the
    excerpts as they were shown), learning_rate and seconds; with `validation` also loss,
    balanced_loss, accuracy, unweighted_recall, macro_f1 and effective_classifiers.

    Random numbers depend on `recipe.seed` and the epoch alone; on a GPU sums may still be
    rounded in another order from run to run. With `recipe.monitor` "nothing", every epoch
    runs, the last weights are kept and `validation` may be empty.

    Under `torchrun` or `accelerate launch` all processes call this with the same arguments and
    train one model together; only the leader writes `state` and calls `on_epoch`. The result
    is that of one process, but for dropout, whose random numbers each process has its own of.

    Raises CabcnnError where `state` belongs to another run or can't be written, nothing can
    be validated, or the loss stops being a number.
    """
    if not len(training) or not (len(validation) or recipe.monitor == "nothing"):
        raise CabcnnError("Training needs at least one clip to learn from and one to validate.")
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
            _note(progress, row, result, recipe)
            if progress.best_epoch == progress.epoch:
                best = _copy(model)
            stop = False
            if processes.leads:
                if state is not None:
                    files.write(state, serialize(progress, model, adam, best, recipe, data))
                stop = bool(on_epoch(progress, model))
            said = processes.share(json.dumps([vars(progress), stop]).encode())
            if not processes.leads:
                facts, stop = json.loads(said)
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
    model.train(not recipe.freeze_trunk)  # a frozen trunk drops nothing out, its norm stays
    plans = planned(arrays, clips, recipe, random, processes.rank, processes.size)
    # Read once an epoch: asking a GPU after every step would make it wait for the question.
    sums = [
        step(model, adam, batch, recipe, processes, memory)
        for batch in loaded(plans, processes.device)
    ]
    total = processes.sum(torch.stack(sums).sum(0, dtype=torch.float64)).cpu().numpy()
    loss, broken, confusion = total[0], total[1], total[2:].reshape(model.classes, -1)
    if broken or not np.isfinite(loss):
        raise CabcnnError(
            f"Training diverged in epoch {epoch + 1}: the loss is no number; lower the "
            f"learning rate ({recipe.learning_rate:g})."
        )
    if recipe.recalibrate:
        if processes.leads:
            again = (batch.values for batch in epoch_batches(arrays, clips, recipe, random))
            shown = itertools.chain.from_iterable(again)
            recalibrate(model, itertools.islice(shown, RECALIBRATION_CLIPS))
        processes.broadcast(model)
    return {
        "training_loss": float(loss / confusion.sum()),
        "training_recall": scores(confusion).unweighted_recall,
        "learning_rate": rate,
    }


def recalibrate(model: CabCnn, values: Iterable[NDArray[np.float32]]) -> None:
    """Sets batch norm's statistics to those of the features of some excerpts, without dropout.

    Keras's momentum of 0.99 forgets over hundreds of steps. A small corpus makes so few of
    them in an epoch that the running statistics belong to weights long gone, and validation
    then measures that.
    """
    model.eval()
    device = next(model.parameters()).device
    with torch.no_grad():
        rows = model.extract_features([torch.from_numpy(part).to(device) for part in values])
        variance, mean = torch.var_mean(rows, 0, correction=0)
        model.norm.running_mean.copy_(mean)
        model.norm.running_var.copy_(variance)


def _note(
    progress: Progress, row: dict[str, float], result: Evaluation | None, recipe: Recipe
) -> None:
    progress.epoch += 1
    row = {"epoch": progress.epoch, **row}
    score = float(progress.epoch)
    if result is not None:
        row |= {"loss": result.loss, "balanced_loss": result.balanced_loss}
        row |= result.scores._asdict() | {"effective_classifiers": result.effective_classifiers}
        if recipe.monitor == "unweighted_recall":
            score = result.scores.unweighted_recall - 1e-6 * result.balanced_loss
        elif recipe.monitor == "loss":
            score = -(result.balanced_loss if recipe.balance else result.loss)
    progress.history.append(row)
    if score > progress.best_score:
        progress.best_score, progress.best_epoch = score, progress.epoch


def _copy(model: CabCnn) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def _read(state: Path | None) -> bytes:
    if state is None or not state.exists():
        return b""
    try:
        return state.read_bytes() or b"?"  # an empty file is no run either
    except OSError as error:
        raise CabcnnError(f"{state} can't be read ({error.strerror}).") from error
