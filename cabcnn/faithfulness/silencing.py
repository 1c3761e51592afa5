"""What the network says of a clip some of whose moments are silent, whichever they are.

Moment t is the 25 ms that interval t covers: the front-end values 100 t up to 100 (t + 1), or one
value (0.25 ms) later, see `moments`. To silence it is to put the mean of the whole clip in place
of its samples. The clip's mean and deviation stay those of the sound as it was: taken anew they
would make what is left louder with each moment that goes, and of a clip all silent there would
be none. Standardised so, a silent sample is 0, and so is the maximum of silent samples: moments
are silenced exactly where the values are 0.

An interval sees 451 values, so what it says depends on which of five moments, two on either side
of its own, are silent: 32 cases. A de Bruijn sequence holds each of them once, so 32 runs of the
network, over the clip silenced by that sequence from another place on each time, show every
interval every case. From those the answer for any set of silent moments is put together, equal
to that of running the network on the clip silenced so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from cabcnn.model import (
    RECEPTIVE_FIELD,
    STACKED_VALUES,
    STAGES,
    STRIDE,
    CabCnn,
    interval_count,
    same_padding,
)

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
SEEN = 5  # moments that an interval sees
BEFORE = 2  # of them before its own
GROUPED_VALUES = 1 << 18  # of clips classified together on a CPU: beyond this nothing is gained


class Answers(NamedTuple):
    """`cases` (32, p, m): what each interval says in each case of the five moments that it sees.
    The bits of a case are those moments, the earliest lowest; 1 is silent."""

    cases: NDArray[np.float32]

    def probabilities(self, silent: Mask) -> Floats:
        """The answers (..., m) for the moments silent in (..., p)."""
        p = silent.shape[-1]
        around = np.zeros((*silent.shape[:-1], p + SEEN - 1), np.int64)
        around[..., BEFORE : BEFORE + p] = silent  # beyond the clip's ends no case differs
        case = sum(around[..., j : j + p] << j for j in range(SEEN))
        return self.cases[case, np.arange(p)].mean(-2, dtype=np.float64)


def silence(values: NDArray[np.float32], silent: Mask) -> NDArray[np.float32]:
    """Front-end values (length,) with the moments (p,) silenced."""
    return np.where(silent[moments(len(values))], np.float32(0), values)


def answers(
    model: CabCnn,
    values: NDArray[np.float32],
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Answers:
    """Runs the network over a clip's front-end values (length,) in every case."""
    device = model.norm.weight.device
    p = interval_count(len(values))
    sequence = de_bruijn(SEEN)
    runs = len(sequence)
    several = GROUPED_VALUES if device.type == "cpu" else STACKED_VALUES
    together = max(several // len(values), 1)
    said = np.empty((runs, p, model.classes), np.float32)
    for start in range(0, runs, together):
        group = range(start, min(start + together, runs))
        clips = [silence(values, sequence[(np.arange(p) + run) % runs]) for run in group]
        with torch.inference_mode():
            output = model([torch.from_numpy(clip).to(device) for clip in clips])
        rows = output.interval_probabilities.cpu().numpy()
        said[start : group.stop] = rows.reshape(len(group), p, -1)
        progress(group.stop, runs)
    # Run r shows interval t the sequence from r + t - BEFORE on.
    words = sum(np.roll(sequence, -j).astype(np.int64) << j for j in range(SEEN))
    t = np.arange(p)
    return Answers(said[(np.argsort(words)[:, None] - t + BEFORE) % runs, t])


def moments(length: int) -> NDArray[np.int64]:
    """Which moment each of a clip's values belongs to, (length,).

    Where the length is a multiple of 100, "same" padding lets an interval see up to the very
    first value of the third moment after its own. There all moments but the first begin one
    value later, so that it sees five moments as everywhere.
    """
    later = max(sight(length)[1] - (BEFORE + 1) * STRIDE + 1, 0)
    return np.maximum(np.arange(length) - later, 0) // STRIDE


def sight(length: int) -> tuple[int, int]:
    """The first and the last value that an interval of a clip of `length` values sees, counted
    from the interval's own first value: 451 of them, differently placed by "same" padding."""
    first, stride = 0, 1
    for stage in STAGES:
        first -= stride * same_padding(length, stage.kernel, 1)[0]
        first -= stride * same_padding(length, 2 * stage.stride, stage.stride)[0]
        stride *= stage.stride
        length = -(-length // stage.stride)
    return first, first + RECEPTIVE_FIELD - 1


def de_bruijn(width: int) -> Mask:
    """A circle of 2^width bits in which each word of `width` bits stands once."""
    word, seen = (0,) * width, {(0,) * width}
    bits = list(word)
    while len(seen) < 2**width:  # prefer a one: never comes to a dead end before the last word
        one = (*word[1:], 1)
        word = one if one not in seen else (*word[1:], 0)
        seen.add(word)
        bits.append(word[-1])
    return np.array(bits[: 2**width], np.bool_)
