"""Whether a clip is anything like what a model learned from.

A network answers with one of its classes whatever it hears. But its trunk describes every
interval by 128 features whose mean and variance over the training clips stand in the checkpoint,
where batch normalisation keeps them; and music, noise or a tone have other ones than speech.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cabcnn.model import INTERVAL_SECONDS, BatchNorm, CabCnn

QUANTILE = 0.99  # of clips that nothing was learned from: beyond it a clip is unlike them
ENOUGH_SECONDS = 3.0  # a shorter excerpt varies too much by itself, unless T is as short
FEWEST, MOST = 20, 500  # clips to know that from
NOTICE = (
    "This is unlike the sound that the model learned from; it answers with one of its classes "
    "all the same."
)


def distance(features: Tensor, norm: BatchNorm) -> float:
    """How far the trunk's features (p, 128) of a clip are from those of the training clips.

    For each feature, its mean and its deviation over the clip's p intervals are two numbers; so
    are those that `norm` keeps of all training clips. The distance between the two (of normal
    distributions with these moments it is the 2-Wasserstein distance) is taken in units of the
    latter deviation, and its root mean square over the 128 features returned: 0 for a clip that
    is like all of them together, 1 for one that does not vary but sits at their mean.
    """
    rows = features.float()
    variance, mean = torch.var_mean(rows, 0, correction=0)
    scale = (norm.running_var + norm.eps).sqrt()
    own = (variance + norm.eps).sqrt()  # eps: a feature that is never active tells nothing
    apart = (mean - norm.running_mean).square() + (own - scale).square()
    return float((apart / scale.square()).mean().sqrt())


def unlike(features: Tensor, norm: BatchNorm, edge: float, seconds: float | None) -> bool:
    """Whether the features (p, 128) of a clip, heard for at most `seconds` (T), lie beyond a
    card's `edge`. Of less than 3 s that is not said, unless T is less."""
    least = min(ENOUGH_SECONDS, seconds or ENOUGH_SECONDS)
    return len(features) * INTERVAL_SECONDS >= least and distance(features, norm) > edge


def farthest(
    model: CabCnn,
    clips: Sequence[int] | NDArray[np.int64],
    values: Callable[[int], NDArray[np.float32]],
) -> float | None:
    """The distance within which 99 of 100 clips lie that the model did not learn from: what a
    card carries as `familiar`. `values` gives the front-end values of each of `clips`.

    Of more than 500, every so many-th is heard. None where there are fewer than 20 to tell it
    from, or the model's statistics are none.
    """
    if len(clips) < FEWEST:
        return None
    clips = np.asarray(clips)[:: -(-len(clips) // MOST)]
    device = model.norm.running_mean.device
    found = []
    with torch.inference_mode():
        for clip in clips:
            row = torch.from_numpy(values(int(clip))).to(device)
            found.append(distance(model.eval().extract_features([row]), model.norm))
    edge = float(np.quantile(found, QUANTILE))
    return round(edge, 4) if np.isfinite(edge) else None
