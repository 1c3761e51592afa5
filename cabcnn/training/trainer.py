"""Training one model: Adam, early stopping, best weights kept, resumable after any epoch."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from cabcnn.errors import CabcnnError
from cabcnn.model import CabCnn
from cabcnn.training.arrays import Arrays
from cabcnn.training.batches import epoch_batches
from cabcnn.training.evaluation import Evaluation, evaluate
from cabcnn.training.recipe import Recipe

RECALIBRATION_CLIPS = 128  # enough for two moments of 128 features


@dataclass
class Progress:
    """Where a training run stands after an epoch; `history` has one row an epoch."""

    epoch: int = 0
    best_epoch: int = 0
    best_score: float = float("-inf")
    history: list[dict[str, float]] = field(default_factory=list)

    def finished(self, recipe: Recipe) -> bool:
        waited = self.epoch - self.best_epoch
        return self.epoch >= recipe.max_epochs or (self.epoch > 0 and waited >= recipe.patience)


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
) -> tuple[CabCnn, Progress]:
    """Trains on some clips of `arrays`, chooses the epoch by others; returns the best weights.

    `start` are weights to begin with instead of random ones. `state` is a file that holds the
    run after every epoch: a run that finds one goes on from there and ends as it would have
    without the interruption. `on_epoch` is told after each epoch and stops the run by
    returning True. Random numbers depend on `recipe.seed` and the epoch alone.

    With `recipe.monitor` "nothing", every epoch runs, the last weights are kept and
    `validation` may be empty.

    Raises CabcnnError where `state` belongs to another run, nothing can be validated, or the
    loss stops being a number.
    """
    if not len(training) or not (len(validation) or recipe.monitor == "nothing"):
        raise CabcnnError("Training needs at least one clip to learn from and one to validate.")
    data = fingerprint(arrays, training, validation)
    with torch.random.fork_rng(enabled=True):
        torch.manual_seed(recipe.seed)
        model = CabCnn(len(arrays.label_names)).to(device)
        if start is not None:
            model.load_state_dict(start)
        for parameter in (*model.trunk.parameters(), *model.norm.parameters()):
            parameter.requires_grad_(not recipe.freeze_trunk)
        adam = torch.optim.Adam(
            [p for p in model.parameters() if p.requires_grad],
            recipe.learning_rate,
            eps=recipe.epsilon,
            weight_decay=recipe.weight_decay,
        )
        progress, best = Progress(), _copy(model)
        if state is not None and state.exists():
            progress, best = _restore(state, model, adam, recipe, data)
        while not progress.finished(recipe):
            row = _epoch(arrays, training, recipe, progress.epoch, model, adam)
            result = None
            if len(validation):
                result = evaluate(model, arrays, validation, recipe.seconds)
            _note(progress, row, result, recipe)
            if progress.best_epoch == progress.epoch:
                best = _copy(model)
            if state is not None:
                _save(state, progress, model, adam, best, recipe, data)
            if on_epoch(progress, model):
                break
    model.load_state_dict(best)
    return model.eval(), progress


def _epoch(
    arrays: Arrays,
    clips: Sequence[int] | NDArray[np.int64],
    recipe: Recipe,
    epoch: int,
    model: CabCnn,
    adam: torch.optim.Optimizer,
) -> dict[str, float]:
    device = next(model.parameters()).device
    random = np.random.default_rng([recipe.seed, epoch])
    torch.manual_seed(int(random.integers(2**62)))
    if recipe.anneal:
        for group in adam.param_groups:
            group["lr"] = recipe.annealed(epoch)
    model.train(not recipe.freeze_trunk)  # a frozen trunk drops nothing out, its norm stays
    total, seen = 0.0, 0
    for values, labels in epoch_batches(arrays, clips, recipe, random):
        target = torch.from_numpy(labels).to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=recipe.precision == "bfloat16"):
            output = model([torch.from_numpy(part).to(device) for part in values])
        loss = F.nll_loss(output.probabilities.clamp_min(1e-7).log(), target)
        objective = loss
        if recipe.spread:
            mean = output.attention.mean(0)
            objective = loss + recipe.spread * (mean * (mean * model.n).clamp_min(1e-9).log()).sum()
        if not torch.isfinite(objective):
            raise CabcnnError(
                f"Training diverged in epoch {epoch + 1}: the loss is no number; lower the "
                f"learning rate ({recipe.learning_rate:g})."
            )
        adam.zero_grad(set_to_none=True)
        objective.backward()
        adam.step()
        total, seen = total + loss.item() * len(labels), seen + len(labels)
    if recipe.recalibrate:
        again = itertools.chain.from_iterable(
            values for values, _ in epoch_batches(arrays, clips, recipe, random)
        )
        recalibrate(model, itertools.islice(again, RECALIBRATION_CLIPS))
    return {"training_loss": total / seen}


def recalibrate(model: CabCnn, values: Iterable[NDArray[np.float32]]) -> None:
    """Sets batch norm's statistics to those of the features of some excerpts, without dropout.

    Keras's momentum of 0.99 forgets over hundreds of steps. A small corpus makes so few of
    them in an epoch that the running statistics belong to weights long gone, and validation
    then measures that.
    """
    model.eval()
    device = next(model.parameters()).device
    with torch.no_grad():
        rows = model.distil([torch.from_numpy(part).to(device) for part in values])
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


def fingerprint(
    arrays: Arrays,
    training: Sequence[int] | NDArray[np.int64],
    validation: Sequence[int] | NDArray[np.int64],
) -> str:
    """What tells one training set from another: its clips' labels, lengths and loudness."""
    known = hashlib.sha256(" ".join(arrays.label_names).encode())
    for part in (training, validation):
        known.update(np.asarray(part, np.int64).tobytes() + b"|")
    for numbers in (arrays.labels, arrays.values, np.float32(arrays.moments[:, 2])):
        known.update(np.ascontiguousarray(numbers).tobytes())
    return known.hexdigest()


def _copy(model: CabCnn) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def _save(
    path: Path,
    progress: Progress,
    model: CabCnn,
    adam: torch.optim.Optimizer,
    best: dict[str, Tensor],
    recipe: Recipe,
    data: str,
) -> None:
    tensors = {f"model.{name}": value for name, value in _copy(model).items()}
    tensors |= {f"best.{name}": value.clone() for name, value in best.items()}
    for number, moments in adam.state_dict()["state"].items():
        tensors |= {f"adam.{number}.{name}": value for name, value in moments.items()}
    facts = {"recipe": recipe.as_dict(), "data": data, "progress": vars(progress)}
    part = path.with_suffix(".part")
    save_file(
        {name: value.contiguous().cpu() for name, value in tensors.items()},
        part,
        {"state": json.dumps(facts)},
    )
    part.replace(path)  # a run killed while writing still has its last whole state


def _restore(
    path: Path, model: CabCnn, adam: torch.optim.Optimizer, recipe: Recipe, data: str
) -> tuple[Progress, dict[str, Tensor]]:
    try:
        with safe_open(path, "pt") as file:
            facts = json.loads((file.metadata() or {})["state"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise CabcnnError(
            f"{path} does not hold a training run; remove it to begin anew."
        ) from error
    if facts["recipe"] != recipe.as_dict():
        raise CabcnnError(f"{path} holds a run of another recipe; remove it to begin anew.")
    if facts.get("data") != data:
        raise CabcnnError(f"{path} holds a run on other clips; remove it to begin anew.")

    def under(prefix: str) -> dict[str, Tensor]:
        return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}

    model.load_state_dict(under("model."))
    saved = adam.state_dict()
    for name, value in under("adam.").items():
        number, moment = name.split(".")
        saved["state"].setdefault(int(number), {})[moment] = value
    adam.load_state_dict(saved)
    return Progress(**facts["progress"]), under("best.")
