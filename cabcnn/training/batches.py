"""What one epoch shows the network: which clips, in which order, in which company."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cabcnn.dataset.arrays import Arrays
from cabcnn.training.excerpts import Excerpt, draw, first_seconds, show
from cabcnn.training.recipe import Recipe

__all__ = ["Batch", "Each", "PendingBatch", "epoch_batches", "first_seconds", "planned"]

Each = Callable[..., Iterable[Any]]  # `map`, or a pool's: it does the clips of a batch
PendingBatch = Callable[[Each], "Batch"]


class Batch(NamedTuple):
    """One process's share of a batch: `values` of each clip, `labels` of as many.

    `clips` counts those of all processes together, so that a share may be empty.
    """

    values: list[NDArray[np.float32]]
    labels: NDArray[np.int64]
    clips: int


def epoch_batches(
    arrays: Arrays,
    clips: Sequence[int] | NDArray[np.int64],
    recipe: Recipe,
    random: np.random.Generator,
) -> Iterator[Batch]:
    """The batches of one epoch, in an order and with excerpts of `random`.

    With `recipe.balance` every class is drawn equally often and an epoch stays as long as
    without, so the clips of a large class take turns over several epochs.
    """
    for prepare in planned(arrays, clips, recipe, random):
        yield prepare(map)


def planned(
    arrays: Arrays,
    clips: Sequence[int] | NDArray[np.int64],
    recipe: Recipe,
    random: np.random.Generator,
    rank: int = 0,
    processes: int = 1,
) -> Iterator[PendingBatch]:
    """The same batches, each to be prepared whenever and in whichever threads one likes: every
    excerpt has random numbers of its own, which belong to its place in the epoch.

    Of several `processes`, process `rank` prepares every so many-th clip of each batch.
    """
    order = _balanced(arrays, clips, random) if recipe.balance else random.permutation(clips)
    key = int(random.integers(2**62))
    for start in range(0, len(order), recipe.batch_size):
        chosen = order[start : start + recipe.batch_size]
        excerpts = [
            draw(arrays, int(clip), recipe, np.random.default_rng([key, start + place]))
            for place, clip in enumerate(chosen)
        ]
        if recipe.truncate:
            shortest = min(excerpt.length for excerpt in excerpts)
            excerpts = [excerpt._replace(length=shortest) for excerpt in excerpts]
        yield partial(_prepare, arrays, excerpts[rank::processes], recipe, len(chosen))


def _prepare(
    arrays: Arrays, excerpts: list[Excerpt], recipe: Recipe, clips: int, each: Each
) -> Batch:
    values = list(each(partial(show, arrays, recipe=recipe), excerpts))
    return Batch(values, arrays.labels[[excerpt.clip for excerpt in excerpts]], clips)


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
