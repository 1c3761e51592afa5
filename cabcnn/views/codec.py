"""Rounded matrices as planes of bytes that deflate well; shared/codec.js decodes them.

Deflate's code for a plane uses how often each byte occurs in it, not what came before a byte. So
whatever is known of a number before it is decoded decides which plane it is in. Weights are put
into planes by the power of two of the interval before. A vote is predicted from the two intervals
before and from the classes before it; the prediction error, in levels, is sent, and the less
certain the prediction is, the later the plane. All of this is plain arithmetic of doubles, which
browsers do with the same result to the last bit.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

import numpy as np

from cabcnn.views.rounding import LEVELS, MAX_BITS, Votes, Weights

POWERS = (-20, -14, -10, -7, -4)  # bounds between the planes of powers of two
START = -7  # stands for the power of two before the first interval
SPREADS = (0.004, 0.03, 0.1)  # bounds between the planes of votes: p (1 - p) of the prediction
# How much of a vote's distance from its mean persists, one interval later and two.
ONE_BEFORE, TWO_BEFORE = 0.95, 0.2
MIN_LEFT = 1 / 64  # of the probability that a prediction leaves to the classes to come
FINE_BITS = 2  # of a vote of kind 0, beyond the 8 that fit into a byte
SUM_SCALE = 1 << 15
WORD_ZERO = 1 << 15
DIGITS = 91  # letters; two of them hold 13 bits
ALPHABET = np.array(
    [code for code in range(ord(" "), ord("~")) if chr(code) not in '"\\'], dtype=np.uint8
)[:DIGITS]


def weight_planes(weights: Weights) -> Iterator[np.ndarray]:
    """Powers of two, then the bits that follow them."""
    before = np.full_like(weights.power, START)
    before[:, 1:] = weights.power[:, :-1]
    yield from _by((-weights.power).astype(np.uint8), _count(before, POWERS), len(POWERS) + 1)
    bits = np.where(weights.first, 0, weights.bits)
    yield from list(_by(weights.digits, bits, MAX_BITS + 1))[1:]
    yield from _words(weights.more)


def vote_planes(votes: Votes, kind: np.ndarray) -> Iterator[np.ndarray]:
    """The centres of the coarsest levels, each classifier's mean votes, the prediction errors."""
    levels = LEVELS[kind]
    fine = kind == 0
    means = np.rint(np.clip(votes.value.mean(axis=2), 0, 1) * 255)
    deviation = votes.value - (means / 255)[:, :, None]
    predicted = np.broadcast_to((means / 255)[:, :, None], deviation.shape).copy()
    predicted[:, :, 1:] += ONE_BEFORE * deviation[:, :, :-1]
    predicted[:, :, 2:] -= TWO_BEFORE * deviation[:, :, :-2]
    np.clip(predicted, 0, 1, out=predicted)
    yield votes.centres.view(np.uint8).ravel()
    yield means.astype(np.uint8).ravel()

    left = np.ones(kind.shape)
    left_predicted = np.ones(kind.shape)
    errors = np.empty(deviation.shape, dtype=np.uint8)
    plane = np.empty(deviation.shape, dtype=np.uint8)
    rest = []
    for k, level in enumerate(votes.level):
        expected = np.minimum(predicted[k] * left / np.maximum(left_predicted, MIN_LEFT), left)
        error = level - np.floor(expected * levels + 0.5).astype(np.int16)
        plane[k] = kind * (len(SPREADS) + 1) + _count(expected * (left - expected), SPREADS)
        shifted = error[fine] + (1 << FINE_BITS - 1)
        rest.append((shifted & (1 << FINE_BITS) - 1).astype(np.uint8))
        error[fine] = shifted >> FINE_BITS
        errors[k] = error & np.where(fine, 255, levels)
        left = left - votes.value[k]
        left_predicted = left_predicted - predicted[k]
    planes = list(_by(errors, plane, len(LEVELS) * (len(SPREADS) + 1)))
    for number, values in enumerate(planes):
        steps = int(LEVELS[number // (len(SPREADS) + 1)]) + 1
        yield _joined(values, steps, 2) if steps <= 16 else values
    yield _joined(np.concatenate(rest), 1 << FINE_BITS, 4)


def sum_planes(missing: np.ndarray) -> Iterator[np.ndarray]:
    """The rounding errors of the interval probabilities (m - 1, p)."""
    yield from _words(np.rint(missing * SUM_SCALE))


def deflated(planes: Sequence[np.ndarray]) -> bytes:
    """The planes one after the other, each with a code of its own."""
    # Only runs and rare bytes can be compressed: a search for repeated strings takes 20 times as
    # long and saves nothing.
    deflate = zlib.compressobj(level=1, memLevel=9, strategy=zlib.Z_RLE)
    parts = []
    for plane in planes:
        parts.append(deflate.compress(plane.tobytes()))
        parts.append(deflate.flush(zlib.Z_BLOCK))
    return b"".join(parts) + deflate.flush()


def text(data: bytes) -> str:
    """Bytes as letters that JSON does not escape: two of 91 letters for each 13 bits."""
    octets = np.frombuffer(data + bytes(-len(data) % 13), dtype=np.uint8)
    octets = octets.reshape(-1, 13).astype(np.uint32)
    numbers = np.empty((len(octets), 8), dtype=np.uint32)
    for j in range(8):
        at = 13 * j // 8
        three = octets[:, at] << 16
        three |= octets[:, at + 1] << 8
        if at + 2 < 13:
            three |= octets[:, at + 2]
        numbers[:, j] = three >> (24 - 13 - 13 * j % 8) & 0x1FFF
    pairs = np.stack([ALPHABET[numbers // DIGITS], ALPHABET[numbers % DIGITS]], axis=-1)
    return pairs.tobytes().decode("ascii")


def _count(values: np.ndarray, bounds: Sequence[float]) -> np.ndarray:
    """How many of the `bounds` each value reaches."""
    return sum((values >= bound).astype(np.uint8) for bound in bounds)  # pyright: ignore


def _by(values: np.ndarray, plane: np.ndarray, planes: int) -> Iterator[np.ndarray]:
    """The values of each plane, in their order."""
    plane = plane.astype(np.uint8).ravel()
    order = np.argsort(plane, kind="stable")
    ends = np.cumsum(np.bincount(plane, minlength=planes))
    return iter(np.split(values.ravel()[order], ends[:-1]))


def _words(values: np.ndarray) -> Iterator[np.ndarray]:
    """The high and the low bytes of numbers around zero."""
    words = np.clip(values + WORD_ZERO, 0, 0xFFFF).astype(np.uint16).ravel()
    yield (words >> 8).astype(np.uint8)
    yield (words & 255).astype(np.uint8)


def _joined(values: np.ndarray, steps: int, together: int) -> np.ndarray:
    """Every `together` values below `steps` in one byte, the first the most significant."""
    values = np.concatenate([values, np.zeros(-len(values) % together, np.uint8)])
    columns = values.reshape(-1, together)
    joined = columns[:, 0]
    for column in range(1, together):
        joined = joined * steps + columns[:, column]
    return joined.astype(np.uint8)
