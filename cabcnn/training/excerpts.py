"""One clip as training shows it once: which part of it, and how disturbed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cabcnn.dataset.arrays import Arrays
from cabcnn.model import INTERVAL_SECONDS, STRIDE
from cabcnn.training.recipe import Recipe

GAIN_SECONDS = 1.0  # how soon loudness may turn from louder to quieter: as a speaker moves


class Excerpt(NamedTuple):
    """What is decided before any sound is touched: `taken` intervals of a clip from `start` on,
    shown as `length` values; `random` gives the disturbances theirs."""

    clip: int
    start: int
    taken: int
    length: int
    faster: bool  # or slower: the values are interpolated
    random: np.random.Generator


def first_seconds(arrays: Arrays, clip: int, seconds: float | None) -> NDArray[np.float32]:
    """The front-end values of a clip's first T seconds, as `audio.front_end` gives them."""
    return arrays.excerpt(clip, length=None if seconds is None else _intervals(seconds))


def draw(arrays: Arrays, clip: int, recipe: Recipe, random: np.random.Generator) -> Excerpt:
    """Decides on one clip's excerpt, of whole intervals, which the trunk can stack.

    As many random numbers are drawn whatever the recipe switches on, so that recipes which
    differ in one switch differ in nothing else.
    """
    where, whether, factor = random.uniform(size=3)
    there = int(arrays.intervals[clip])
    if recipe.seconds is not None and not recipe.anywhere:
        there = min(there, _intervals(recipe.seconds))
    # Every other clip stays as it is: interpolation smooths, and a network that never saw an
    # untouched clip reads those that it is asked about worse (of the spoken digits' training
    # clips, played whole, it had 0.963 right after 160 epochs, against 0.987 after 90 so).
    faster = bool(recipe.speed > 0 and whether < 0.5)
    factor = 1 + recipe.speed * (2 * factor - 1) if faster else 1.0
    taken, shown = there, max(round(there / factor), 1)
    lengths = [x for x in (recipe.seconds, recipe.crop_seconds) if x is not None]
    if lengths and shown > (wanted := _intervals(min(lengths))):
        taken, shown = min(max(round(wanted * factor), 1), there), wanted
    # A clip's last interval may be incomplete: an excerpt leaves it out, or loses it.
    complete = max(int(arrays.values[clip]) // STRIDE, taken)
    start = int(where * (min(there, complete) - taken + 1))
    values = shown * STRIDE
    if not faster:
        values = min(values, int(arrays.values[clip]) - start * STRIDE)
        values = max(values // STRIDE * STRIDE, min(values, STRIDE))
    return Excerpt(clip, start, taken, values, faster, random)


def show(arrays: Arrays, excerpt: Excerpt, recipe: Recipe) -> NDArray[np.float32]:
    """The values (length,) of an excerpt, disturbed as the recipe says.

    Loudness wanders before the excerpt is standardised: a constant gain would be undone there.
    Noise is added to the standardised values themselves.
    """
    disturbed = recipe.gain or recipe.noise  # only they need streams, which take time to spawn
    loudness, noise = excerpt.random.spawn(2) if disturbed else (excerpt.random,) * 2
    gain = _gain(excerpt.taken, recipe.gain, loudness) if recipe.gain else None
    values = arrays.excerpt(excerpt.clip, excerpt.start, excerpt.taken, gain)
    if excerpt.faster:
        at = np.linspace(0, len(values) - 1, excerpt.length)
        values = np.interp(at, np.arange(len(values)), values).astype(np.float32)
    values = values[: excerpt.length]
    if recipe.noise:
        level = np.float32(recipe.noise * noise.uniform())
        values += level * noise.standard_normal(len(values), np.float32)
    return values


def _intervals(seconds: float) -> int:
    return max(round(seconds / INTERVAL_SECONDS), 1)


def _gain(intervals: int, decibels: float, random: np.random.Generator) -> NDArray[np.float64]:
    """Factors (intervals,) between -x and x dB, x up to `decibels`: straight lines in dB between
    random points a second apart."""
    knots = 2 + int(intervals * INTERVAL_SECONDS / GAIN_SECONDS)
    level = decibels * random.uniform()
    at = (random.uniform() + np.arange(intervals) * INTERVAL_SECONDS) / GAIN_SECONDS
    contour = np.interp(at, np.arange(knots + 1), random.uniform(-level, level, knots + 1))
    return 10 ** (contour / 20)
