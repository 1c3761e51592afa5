"""The pretext task: pretraining without the labels of the task.

The trunk learns to predict the log spectra of each interval and its neighbours, and its speech
unit. The attention learns the units too, one for each classifier, so that each classifier later
judges the sounds that it knows. The heads that predict them are thrown away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from cabcnn.dataset.arrays import Arrays
from cabcnn.dataset.spectra import BANDS
from cabcnn.errors import CorpusError
from cabcnn.model import FEATURES, INTERVAL_SECONDS, CabCnn
from cabcnn.shipped.pretraining.alignment import SpeechUnits, normalised
from cabcnn.training.recipe import Recipe
from cabcnn.training.trainer import RECALIBRATION_CLIPS, recalibrate

CONTEXT = 3  # an interval and its neighbours: about what its receptive field covers
FINE_WEIGHT = 0.5
LOWEST = -4.0  # standard deviations below a band's mean; digital silence would be far below


def pretrain(
    copies: Sequence[Arrays],
    clips: Sequence[int] | NDArray[np.int64],
    units: SpeechUnits,
    recipe: Recipe,
    *,
    heard: Sequence[Arrays] = (),
    start: Mapping[str, Tensor] = MappingProxyType({}),
    device: str = "cpu",
    on_epoch: Callable[[int, dict[str, float]], None] = lambda epoch, numbers: None,
) -> dict[str, Tensor]:
    """Weights of a whole model whose trunk, norm and attention are pretrained.

    `copies` are a corpus as recorded and augmented copies with the same clips in the same order;
    `units` are those of the first. `heard` are the same copies, interval by interval, under other
    recording conditions: the network hears these, and is to predict what was said without them.
    `start` has weights of a whole model, or of a part of it, to go on from.
    Uses the recipe's `crop_seconds`, batch size, learning rate (always annealed), epochs, precision
    and seed, and no dropout: there are targets enough. `on_epoch` gets the cross-entropy of the
    units in nats, the share predicted right, and the mean squared error of the spectra.

    Raises CorpusError if the arrays were prepared without spectra, or all clips are too short.
    """
    if recipe.crop_seconds is None:
        raise ValueError("a pretext recipe states crop_seconds")
    length = round(recipe.crop_seconds / INTERVAL_SECONDS)
    shortest = np.min([copy.intervals for copy in copies], 0)
    clips = [i for i in clips if shortest[i] >= length + CONTEXT]
    if not all(len(copy.spectra) for copy in copies) or not clips:
        raise CorpusError("Nothing to pretrain on: no spectra, or every clip is too short.")
    quiet = _quietest(copies[0], units, clips)
    targets = [
        _Targets(copy, own, units, quiet, clips)
        for copy, own in zip(copies, heard or copies, strict=True)
    ]
    random = np.random.default_rng(recipe.seed)
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        model = CabCnn(len(copies[0].label_names))
        model.load_state_dict({**model.state_dict(), **start})
        model = model.to(device)
        spectra = nn.Linear(FEATURES, CONTEXT * BANDS).to(device)
        fine = nn.Linear(FEATURES, 1 + max(int(own.max()) for own in units.fine.values())).to(
            device
        )
        learned = [p for n, p in model.named_parameters() if not n.startswith("classifiers")]
        learned += [*spectra.parameters(), *fine.parameters()]
        adam = torch.optim.Adam(learned, recipe.learning_rate, eps=recipe.epsilon)
        for epoch in range(recipe.max_epochs):
            for group in adam.param_groups:
                group["lr"] = recipe.annealed(epoch)
            rows = []
            order = random.permutation(clips)
            for first in range(0, len(order), recipe.batch_size):
                taken = [
                    targets[int(random.integers(len(targets)))].excerpt(i, length, random)
                    for i in order[first : first + recipe.batch_size]
                ]
                values, near, coarse, finer = zip(*taken, strict=True)
                target, unit, fine_unit = (
                    torch.from_numpy(np.concatenate(part)).to(device)
                    for part in (near, coarse, finer)
                )
                model.eval()  # no dropout
                with torch.autocast(
                    target.device.type, torch.bfloat16, enabled=recipe.mixed(target.device.type)
                ):
                    features = model.extract_features(
                        [torch.from_numpy(v).to(device) for v in values]
                    )
                model.train()  # batch norm by the batch's statistics
                features = model.norm(features.float())
                attention = attention_logits(model, features)
                error = F.mse_loss(spectra(features), target)
                entropy = F.cross_entropy(attention, unit)
                finer_entropy = F.cross_entropy(fine(features), fine_unit)
                adam.zero_grad(set_to_none=True)
                (error + entropy + FINE_WEIGHT * finer_entropy).backward()
                adam.step()
                right = (attention.argmax(1) == unit).float().mean()
                rows.append([entropy.item(), right.item(), error.item()])
            means = np.mean(rows, 0)
            on_epoch(epoch + 1, dict(zip(("entropy", "right", "error"), means, strict=True)))
        some = random.choice(clips, min(RECALIBRATION_CLIPS, len(clips)), replace=False)
        recalibrate(model, [copies[0].excerpt(clip, 0, length) for clip in some])
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def attention_logits(model: CabCnn, features: Tensor) -> Tensor:
    """The attention before its softmax: features (P, 128) -> (P, n)."""
    *hidden, last = cast(list[nn.Linear], list(model.attention))
    for layer in hidden:
        features = layer(features).relu()
    return last(features)


def _quietest(arrays: Arrays, units: SpeechUnits, clips: Sequence[int]) -> tuple[int, int]:
    """The coarse and the fine unit with the least energy, which pauses are taken for."""
    power = np.concatenate([arrays.spectrum(i, 0, int(arrays.intervals[i])).mean(1) for i in clips])

    def least(own: dict[int, NDArray[np.int64]]) -> int:
        unit = np.concatenate([own[i] for i in clips])
        present = np.unique(unit)
        return int(present[np.argmin([power[unit == one].mean() for one in present])])

    return least(units.coarse), least(units.fine)


class _Targets:
    """A copy of the corpus as it is `heard`, with the targets of its intervals.

    A copy that was sped up has fewer intervals than the original, whose units are spread evenly
    over them. Intervals of digital silence are pauses put in, and have the `quiet` units.
    """

    def __init__(
        self,
        arrays: Arrays,
        heard: Arrays,
        units: SpeechUnits,
        quiet: tuple[int, int],
        clips: Sequence[int],
    ) -> None:
        self.arrays, self.heard = arrays, heard
        self.spectra: dict[int, NDArray[np.float32]] = {}
        self.units: dict[int, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
        for i in clips:
            own = int(arrays.intervals[i])
            speech = arrays.energies(i) > 0
            spectra = arrays.spectrum(i, 0, own)
            self.spectra[i] = np.maximum(normalised(spectra, speech), LOWEST)
            spoken = np.cumsum(speech) - 0.5
            original = len(units.coarse[i])
            at = np.clip(spoken * original / spoken[-1], 0, original - 1).astype(np.intp)
            self.units[i] = (
                np.where(speech, units.coarse[i][at], quiet[0]),
                np.where(speech, units.fine[i][at], quiet[1]),
            )

    def excerpt(
        self, clip: int, length: int, random: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
        """The values of a random excerpt, the spectra of each interval and its neighbours
        (length, 3 * bands), and both kinds of units (length,)."""
        start = int(random.integers(1, self.arrays.intervals[clip] - length - 1))
        values = self.heard.excerpt(clip, start, length)
        around = self.spectra[clip][start - 1 : start + length + CONTEXT - 2]
        near = np.hstack([around[k : k + length] for k in range(CONTEXT)])
        coarse, fine = self.units[clip]
        return values, near, coarse[start : start + length], fine[start : start + length]
