"""Learning to hear without any label of the task.

The trunk learns to tell the spectrum of each interval and of its neighbours, and which sound of
the text it is; the attention learns the sounds too, one classifier a sound, so that each
classifier later judges the sounds that it knows. The heads that answer are thrown away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from cabcnn.shipped.pretraining.alignment import Sounds, normalised
from cabcnn.training.recipe import Recipe
from cabcnn.training.trainer import RECALIBRATION_CLIPS, recalibrate

CONTEXT = 3  # an interval and its neighbours: about what its receptive field covers
FINE_WEIGHT = 0.5


def pretrain(
    versions: Sequence[Arrays],
    clips: Sequence[int] | NDArray[np.int64],
    sounds: Sounds,
    recipe: Recipe,
    *,
    device: str = "cpu",
    on_epoch: Callable[[int, dict[str, float]], None] = lambda epoch, numbers: None,
) -> dict[str, Tensor]:
    """Weights of a whole model whose trunk, norm and attention have learned to hear.

    `versions` are a corpus as it is, and disguised copies of it with the same clips in the same
    order; `sounds` are those of the first. Uses the recipe's `crop_seconds`, batch size,
    learning rate (always annealed), epochs, precision and seed. Nothing is dropped out: the
    targets are plenty. `on_epoch` is told the cross-entropy of the sounds in nats, the share of
    them told right, and the mean squared error of the spectra.

    Raises CorpusError where the arrays were prepared without spectra, or all clips are too
    short.
    """
    if recipe.crop_seconds is None:
        raise ValueError("a pretext recipe states crop_seconds")
    length = round(recipe.crop_seconds / INTERVAL_SECONDS)
    shortest = np.min([version.intervals for version in versions], 0)
    clips = [i for i in clips if shortest[i] >= length + CONTEXT]
    if not all(len(version.spectra) for version in versions) or not clips:
        raise CorpusError("Nothing to pretrain on: no spectra, or every clip is too short.")
    known = [_Targets(version, sounds, clips) for version in versions]
    random = np.random.default_rng(recipe.seed)
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        model = CabCnn(len(versions[0].label_names)).to(device)
        spectra = nn.Linear(FEATURES, CONTEXT * BANDS).to(device)
        fine = nn.Linear(FEATURES, 1 + max(int(own.max()) for own in sounds.fine.values())).to(
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
                    known[int(random.integers(len(known)))].excerpt(i, length, random)
                    for i in order[first : first + recipe.batch_size]
                ]
                values, near, coarse, finer = zip(*taken, strict=True)
                target, sound, detail = (
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
                model.train()  # the norm's statistics are the batch's
                features = model.norm(features.float())
                attention = attention_logits(model, features)
                error = F.mse_loss(spectra(features), target)
                entropy = F.cross_entropy(attention, sound)
                finer_entropy = F.cross_entropy(fine(features), detail)
                adam.zero_grad(set_to_none=True)
                (error + entropy + FINE_WEIGHT * finer_entropy).backward()
                adam.step()
                right = (attention.argmax(1) == sound).float().mean()
                rows.append([entropy.item(), right.item(), error.item()])
            means = np.mean(rows, 0)
            on_epoch(epoch + 1, dict(zip(("entropy", "right", "error"), means, strict=True)))
        some = random.choice(clips, min(RECALIBRATION_CLIPS, len(clips)), replace=False)
        recalibrate(model, [versions[0].excerpt(clip, 0, length) for clip in some])
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def attention_logits(model: CabCnn, features: Tensor) -> Tensor:
    """What the attention's softmax is taken of: (P, 128) -> (P, n)."""
    *hidden, last = cast(list[nn.Linear], list(model.attention))
    for layer in hidden:
        features = layer(features).relu()
    return last(features)


class _Targets:
    """A version of a corpus, and what its intervals hold.

    A copy played faster has fewer intervals than the original, whose sounds are spread evenly
    over them.
    """

    def __init__(self, arrays: Arrays, sounds: Sounds, clips: Sequence[int]) -> None:
        self.arrays = arrays
        self.spectra: dict[int, NDArray[np.float32]] = {}
        self.sounds: dict[int, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
        for i in clips:
            own = int(arrays.intervals[i])
            self.spectra[i] = normalised(arrays.spectrum(i, 0, own))
            there = len(sounds.coarse[i])
            at = np.minimum((np.arange(own) + 0.5) * there / own, there - 1).astype(np.intp)
            self.sounds[i] = sounds.coarse[i][at], sounds.fine[i][at]

    def excerpt(
        self, clip: int, length: int, random: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
        """Values, spectra of each interval and its neighbours (length, 3 * bands), sounds."""
        start = int(random.integers(1, self.arrays.intervals[clip] - length - 1))
        values = self.arrays.excerpt(clip, start, length)
        around = self.spectra[clip][start - 1 : start + length + CONTEXT - 2]
        near = np.hstack([around[k : k + length] for k in range(CONTEXT)])
        coarse, fine = self.sounds[clip]
        return values, near, coarse[start : start + length], fine[start : start + length]
