"""The batches of an epoch: which clips, in which order, and which of them together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cabcnn.dataset.arrays import Arrays
from cabcnn.training.excerpts import Excerpt, draw_excerpt, excerpt_values
from cabcnn.training.recipe import Recipe

Map = Callable[..., Iterable[Any]]  # `map`, or that of a pool of threads
PendingBatch = Callable[[Map], "Batch"]  # makes the batch, its clips by that map


class Batch(NamedTuple):
    """One process's share of a batch, which may be empty: the front-end `values` of each clip and
    their `labels`. `clips` is the size of the whole batch, over all processes."""

    values: list[NDArray[np.float32]]
    labels: NDArray[np.int64]
    clips: int


def epoch_batches(
    arrays: Arrays,
    clips: Sequence[int] | NDArray[np.int64],
    recipe: Recipe,
    random: np.random.Generator,
) -> Iterator[Batch]:
    """The batches of one epoch; `random` decides on the order and the excerpts.

    With `recipe.balance` every class is drawn equally often, and the epoch is as long as without:
    the clips of a large class take turns over several epochs.
    """
    for make in pending_batches(arrays, clips, recipe, random):
        yield make(map)


def pending_batches(
    arrays: Arrays,
    clips: Sequence[int] | NDArray[np.int64],
    recipe: Recipe,
    random: np.random.Generator,
    rank: int = 0,
    processes: int = 1,
) -> Iterator[PendingBatch]:
    """The same batches as `epoch_batches`, to be made at any time and in any thread: each excerpt
    has a random generator of its own, seeded by its place in the epoch.

    With several `processes`, process `rank` makes the clips rank, rank + processes, ... of each
    batch.
    """
    order = np.asarray(clips)
    order = balanced(order, arrays.labels, random) if recipe.balance else random.permutation(order)
    key = int(random.integers(2**62))
    for start in range(0, len(order), recipe.batch_size):
        chosen = order[start : start + recipe.batch_size]
        excerpts = [
            draw_excerpt(arrays, int(clip), recipe, np.random.default_rng([key, start + place]))
            for place, clip in enumerate(chosen)
        ]
        if recipe.truncate:
            shortest = min(excerpt.length for excerpt in excerpts)
            excerpts = [excerpt._replace(length=shortest) for excerpt in excerpts]
        yield partial(_make, arrays, excerpts[rank::processes], recipe, len(chosen))


def _make(
    arrays: Arrays, excerpts: list[Excerpt], recipe: Recipe, clips: int, map_clips: Map
) -> Batch:
    values = list(map_clips(partial(excerpt_values, arrays, recipe=recipe), excerpts))
    return Batch(values, arrays.labels[[excerpt.clip for excerpt in excerpts]], clips)


def balanced(
    clips: NDArray[np.int64], labels: NDArray[np.int64], random: np.random.Generator
) -> NDArray[np.int64]:
    """As many clips as in `clips` (M,), in random order, about the same number of each class.

    Those of a small class come several times, those of a large one not all. `labels` (N,) are
    those of all clips of the corpus.
    """
    classes = np.unique(labels[clips])
    share = -(-len(clips) // len(classes))
    drawn = []
    for label in classes:
        own = clips[labels[clips] == label]
        rounds = [random.permutation(own) for _ in range(-(-share // len(own)))]
        drawn.append(np.concatenate(rounds)[:share])
    return random.permutation(np.concatenate(drawn))[: len(clips)]
