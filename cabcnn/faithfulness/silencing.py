"""The network's output for a clip with any set of moments silenced.

Moment t is the 25 ms that interval t covers: the front-end values 100 t up to 100 (t + 1), or one
value (0.25 ms) later, see `moments`. Silencing it replaces its samples by the mean of the clip.
The clip is still standardised by its original mean and standard deviation: new ones would make
the rest louder with each moment removed, and a silent clip has no standard deviation. A silent
sample is then 0 after standardising, and so is a maximum of silent samples, so moments are
silenced by setting values to 0.

An interval sees 451 values, so its output depends on which of five moments, its own and two on
either side, are silent: 32 cases. A de Bruijn sequence contains each of the 32 patterns once, so 32
runs of the network, each over the clip silenced by that sequence at a different offset, give every
interval's output in every case. From those the output for any set of silent moments is assembled,
equal to running the network on the clip silenced that way.
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
    check_finite,
    interval_count,
    same_padding,
)

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
CONTEXT = 5  # moments that an interval sees
CONTEXT_BEFORE = 2  # of them before its own
BATCH_VALUES = 1 << 18  # of clips classified together on a CPU: more gains nothing


class CaseOutputs(NamedTuple):
    """`cases` (32, p, m): the probabilities of each interval in each case of the five moments
    that it sees. The bits of a case are those moments, the earliest lowest; 1 is silent."""

    cases: NDArray[np.float32]

    def probabilities(self, silent: Mask) -> Floats:
        """The clip's probabilities (..., m) with the moments in `silent` (..., p) silenced."""
        p = silent.shape[-1]
        padded = np.zeros((*silent.shape[:-1], p + CONTEXT - 1), np.int64)
        # Beyond the clip's ends it makes no difference whether a moment is silent.
        padded[..., CONTEXT_BEFORE : CONTEXT_BEFORE + p] = silent
        case = sum(padded[..., j : j + p] << j for j in range(CONTEXT))
        return self.cases[case, np.arange(p)].mean(-2, dtype=np.float64)


def silence(values: NDArray[np.float32], silent: Mask) -> NDArray[np.float32]:
    """Front-end values (length,) with the moments in `silent` (p,) silenced."""
    return np.where(silent[moments(len(values))], np.float32(0), values)


def run_cases(
    model: CabCnn,
    values: NDArray[np.float32],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> CaseOutputs:
    """Runs the network on a clip's front-end values (length,) in all 32 cases."""
    p = interval_count(len(values))
    sequence = de_bruijn(CONTEXT)
    runs = len(sequence)
    most = BATCH_VALUES if model.device.type == "cpu" else STACKED_VALUES
    batch_size = max(most // len(values), 1)
    outputs = np.empty((runs, p, model.classes), np.float32)
    for start in range(0, runs, batch_size):
        batch = range(start, min(start + batch_size, runs))
        clips = [silence(values, sequence[(np.arange(p) + run) % runs]) for run in batch]
        with torch.inference_mode():
            output = model([torch.from_numpy(clip).to(model.device) for clip in clips])
        rows = output.interval_probabilities.cpu().numpy()
        check_finite(rows)
        outputs[start : batch.stop] = rows.reshape(len(batch), p, -1)
        progress(batch.stop, runs)
    # In run r, interval t sees the sequence from r + t - CONTEXT_BEFORE on.
    patterns = sum(np.roll(sequence, -j).astype(np.int64) << j for j in range(CONTEXT))
    t = np.arange(p)
    return CaseOutputs(outputs[(np.argsort(patterns)[:, None] - t + CONTEXT_BEFORE) % runs, t])


def moments(length: int) -> NDArray[np.int64]:
    """The moment that each of a clip's values belongs to, (length,).

    If the length is a multiple of 100, "same" padding lets an interval see one value of the third
    moment after its own. All moments but the first then start one value later, so that it sees
    five moments as in other clips.
    """
    shift = max(visible_values(length)[1] - (CONTEXT_BEFORE + 1) * STRIDE + 1, 0)
    return np.maximum(np.arange(length) - shift, 0) // STRIDE


def visible_values(length: int) -> tuple[int, int]:
    """The first and last of the 451 values that an interval of a clip of `length` values sees,
    relative to the interval's own first value: "same" padding moves them."""
    first, stride = 0, 1
    for stage in STAGES:
        first -= stride * same_padding(length, stage.kernel, 1)[0]
        first -= stride * same_padding(length, 2 * stage.stride, stage.stride)[0]
        stride *= stage.stride
        length = -(-length // stage.stride)
    return first, first + RECEPTIVE_FIELD - 1


def de_bruijn(width: int) -> Mask:
    """A cyclic sequence (2^width,) of bits that contains every word of `width` bits once."""
    word, seen = (0,) * width, {(0,) * width}
    bits = list(word)
    while len(seen) < 2**width:  # preferring a one never leads to a dead end before the last word
        one = (*word[1:], 1)
        word = one if one not in seen else (*word[1:], 0)
        seen.add(word)
        bits.append(word[-1])
    return np.array(bits[: 2**width], np.bool_)
