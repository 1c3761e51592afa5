"""Detects clips that are unlike a model's training data: music, noise or a tone, say.

A network answers with one of its classes whatever it is given. But batch normalisation keeps the
mean and variance of each of the trunk's 128 features over the training clips, and a clip whose
features are distributed differently is out of distribution.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cabcnn.model import INTERVAL_SECONDS, BatchNorm, CabCnn

QUANTILE = 0.99  # of the distances of held-out clips: the threshold
MIN_SECONDS = 3.0  # a shorter excerpt varies too much by itself, unless T is as short
MIN_CLIPS, MAX_CLIPS = 20, 500  # to set the threshold by
NOTICE = (
    "This clip is unlike the recordings that the model was trained on, so its answer may mean "
    "nothing."
)


def distance(features: Tensor, norm: BatchNorm) -> float:
    """How far the trunk's features (p, 128) of a clip are from those of the training clips.

    For each feature, the clip's mean and standard deviation over its p intervals are compared
    with those that `norm` keeps: the 2-Wasserstein distance between normal distributions with
    these moments, in units of the training clips' standard deviation. Returns its root mean
    square over the 128 features: 0 for a clip distributed like the training clips, 1 for one
    that sits at their mean and does not vary.
    """
    rows = features.float()
    variance, mean = torch.var_mean(rows, 0, correction=0)
    train_std = (norm.running_var + norm.eps).sqrt()
    std = (variance + norm.eps).sqrt()  # eps: a feature that is never active says nothing
    squared = (mean - norm.running_mean).square() + (std - train_std).square()
    return float((squared / train_std.square()).mean().sqrt())


def is_novel(features: Tensor, norm: BatchNorm, threshold: float, seconds: float | None) -> bool:
    """Whether the features (p, 128) of a clip are farther than a card's `threshold`.

    Always False for clips shorter than 3 s, or than the model's T, `seconds`, if that is less.
    """
    shortest = min(MIN_SECONDS, seconds or MIN_SECONDS)
    long_enough = len(features) * INTERVAL_SECONDS >= shortest
    return long_enough and distance(features, norm) > threshold


def novelty_threshold(
    model: CabCnn,
    clips: Sequence[int] | NDArray[np.int64],
    values: Callable[[int], NDArray[np.float32]],
) -> float | None:
    """The distance that 99 % of held-out `clips` stay within, for a card's `novelty_threshold`.

    `values(clip)` returns a clip's front-end values (length,). At most 500 clips are used, evenly
    spaced. None if there are fewer than 20, or the model's statistics are not finite.
    """
    if len(clips) < MIN_CLIPS:
        return None
    clips = np.asarray(clips)[:: -(-len(clips) // MAX_CLIPS)]
    model.eval()
    distances = []
    with torch.inference_mode():
        for clip in clips:
            row = torch.from_numpy(values(int(clip))).to(model.device)
            distances.append(distance(model.extract_features([row]), model.norm))
    threshold = float(np.quantile(distances, QUANTILE))
    return round(threshold, 4) if np.isfinite(threshold) else None
