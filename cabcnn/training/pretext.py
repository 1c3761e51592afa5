"""Teaching the trunk to hear before it has to decide.

A few hundred recordings are too few to learn hearing from their labels alone. Here the trunk
first learns to tell the spectrum of each interval and of its two neighbours, which every
recording answers about itself: no label is used. The head that answers is thrown away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from cabcnn.errors import CorpusError
from cabcnn.model import FEATURES, INTERVAL_SECONDS, CabCnn
from cabcnn.training.arrays import Arrays
from cabcnn.training.recipe import Recipe
from cabcnn.training.spectrum import BANDS
from cabcnn.training.trainer import RECALIBRATION_CLIPS, recalibrate

CONTEXT = 3  # an interval and its neighbours: about what its receptive field covers


def pretrain(
    arrays: Arrays,
    clips: Sequence[int] | NDArray[np.int64],
    recipe: Recipe,
    *,
    device: str = "cpu",
    on_epoch: Callable[[int, float], None] = lambda epoch, loss: None,
) -> dict[str, Tensor]:
    """Weights of a whole model whose trunk and norm have learned the spectra of some clips.

    Uses the recipe's excerpts of `crop_seconds`, batch size, learning rate (always annealed),
    epochs, precision and seed. `on_epoch` is told the mean squared error, of spectra
    standardised band by band.

    Raises CorpusError where the arrays were prepared without spectra, or all clips are too
    short.
    """
    if recipe.crop_seconds is None:
        raise ValueError("a pretext recipe states crop_seconds")
    length = round(recipe.crop_seconds / INTERVAL_SECONDS)
    clips = [i for i in clips if arrays.intervals[i] >= length + CONTEXT]
    if not len(arrays.spectra) or not clips:
        raise CorpusError("Nothing to pretrain on: no spectra, or every clip is too short.")
    mean, deviation = arrays.spectra.mean(0, np.float64), arrays.spectra.std(0, np.float64)
    random = np.random.default_rng(recipe.seed)
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        model = CabCnn(len(arrays.label_names)).to(device).train()
        head = nn.Linear(FEATURES, CONTEXT * BANDS).to(device)
        learned = [*model.trunk.parameters(), *model.norm.parameters(), *head.parameters()]
        adam = torch.optim.Adam(learned, recipe.learning_rate, eps=recipe.epsilon)
        for epoch in range(recipe.max_epochs):
            for group in adam.param_groups:
                group["lr"] = recipe.annealed(epoch)
            errors = []
            order = random.permutation(clips)
            for first in range(0, len(order), recipe.batch_size):
                values, spectra = [], []
                for clip in order[first : first + recipe.batch_size]:
                    start = int(random.integers(1, arrays.intervals[clip] - length - 1))
                    values.append(torch.from_numpy(arrays.excerpt(clip, start, length)).to(device))
                    around = arrays.spectrum(clip, start - 1, length + CONTEXT - 1)
                    around = (around - mean) / deviation
                    spectra.append(np.hstack([around[k : k + length] for k in range(CONTEXT)]))
                target = torch.from_numpy(np.concatenate(spectra)).float().to(device)
                with torch.autocast(
                    target.device.type, torch.bfloat16, enabled=recipe.precision == "bfloat16"
                ):
                    features = model.distil(values)
                error = F.mse_loss(head(model.norm(features.float())), target)
                adam.zero_grad(set_to_none=True)
                error.backward()
                adam.step()
                errors.append(error.item())
            on_epoch(epoch + 1, float(np.mean(errors)))
        some = random.choice(clips, min(RECALIBRATION_CLIPS, len(clips)), replace=False)
        recalibrate(model, [arrays.excerpt(clip, 0, length) for clip in some])
    return {name: value.detach().clone() for name, value in model.state_dict().items()}
