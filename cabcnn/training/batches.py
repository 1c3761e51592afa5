"""What one epoch shows the network: which clips, which part of them, and how disturbed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from cabcnn.model import INTERVAL_SECONDS, STRIDE
from cabcnn.training.arrays import Arrays
from cabcnn.training.recipe import Recipe

Batch = tuple[list[NDArray[np.float32]], NDArray[np.int64]]


def epoch_batches(
    arrays: Arrays,
    clips: Sequence[int] | NDArray[np.int64],
    recipe: Recipe,
    random: np.random.Generator,
) -> Iterator[Batch]:
    """Batches of (values of each clip, labels), in an order and with excerpts of `random`.

    With `recipe.balance` every class is drawn equally often and an epoch stays as long as
    without, so the clips of a large class take turns over several epochs.
    """
    order = _balanced(arrays, clips, random) if recipe.balance else random.permutation(clips)
    for start in range(0, len(order), recipe.batch_size):
        chosen = order[start : start + recipe.batch_size]
        values = [_excerpt(arrays, i, recipe, random) for i in chosen]
        if recipe.truncate:
            shortest = min(map(len, values))
            values = [part[:shortest] for part in values]
        yield values, arrays.labels[chosen]


def first_seconds(arrays: Arrays, clip: int, seconds: float | None) -> NDArray[np.float32]:
    """The front-end values of a clip's first T seconds, as `audio.front_end` gives them."""
    return arrays.excerpt(clip, length=None if seconds is None else _intervals(seconds))


def _intervals(seconds: float) -> int:
    return max(round(seconds / INTERVAL_SECONDS), 1)


def _balanced(
    arrays: Arrays, clips: Sequence[int] | NDArray[np.int64], random: np.random.Generator
) -> NDArray[np.int64]:
    places = np.asarray(clips)
    labels = arrays.labels[places]
    present = np.unique(labels)
    share = -(-len(places) // len(present))
    drawn = []
    for label in present:
        own = places[labels == label]
        rounds = [random.permutation(own) for _ in range(-(-share // len(own)))]
        drawn.append(np.concatenate(rounds)[:share])
    return random.permutation(np.concatenate(drawn))[: len(places)]


def _excerpt(
    arrays: Arrays, clip: int, recipe: Recipe, random: np.random.Generator
) -> NDArray[np.float32]:
    """One clip's values as this epoch shows them: whole intervals, which the trunk can stack."""
    there = int(arrays.intervals[clip])
    if recipe.seconds is not None:
        there = min(there, _intervals(recipe.seconds))
    # Every other clip stays as it is: interpolation smooths, and a network that never saw an
    # untouched clip reads those that it is asked about worse (of the spoken digits' training
    # clips, played whole, it had 0.963 right after 160 epochs, against 0.987 after 90 so).
    changed = recipe.speed > 0 and random.uniform() < 0.5
    factor = 1 + random.uniform(-recipe.speed, recipe.speed) if changed else 1.0
    taken, shown = there, max(round(there / factor), 1)
    if recipe.crop_seconds is not None and shown > (wanted := _intervals(recipe.crop_seconds)):
        taken, shown = min(round(wanted * factor), there), wanted
    start = int(random.integers(0, there - taken + 1))
    values = arrays.excerpt(clip, start, taken)
    if changed:
        at = np.linspace(0, len(values) - 1, shown * STRIDE)
        values = np.interp(at, np.arange(len(values)), values).astype(np.float32)
    if recipe.noise:
        level = np.float32(recipe.noise * random.uniform())
        values += level * random.standard_normal(len(values), np.float32)
    return values[: max(len(values) // STRIDE, 1) * STRIDE]
