"""Rounded matrices as planes of bytes that deflate well, as shared/codec.js reads them.

Deflate knows how often each byte occurs in a plane, not what came before it; so whatever is known
of a number before it is read decides which plane it is in. Weights go by the power of two of the
interval before. A vote is predicted from the two intervals before and from the classes before,
what is sent is by how many levels it missed, and the less certain the prediction, the other the
plane. All of it is plain arithmetic of doubles, which browsers do to the same last bit.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

import numpy as np

from cabcnn.views.rounding import LEVELS, MOST_BITS, Votes, Weights

POWERS = (-20, -14, -10, -7, -4)  # between the planes of powers of two
START = -7  # what goes for the power of two before the first interval
SPREADS = (0.004, 0.03, 0.1)  # between the planes of votes, p (1 - p) of the prediction
ONE_BEFORE, TWO_BEFORE = 0.95, 0.2  # how much of a vote's distance from its mean goes on
LEAST = 1 / 64  # that a prediction leaves to the classes to come, at least
FINE_BITS = 2  # of a vote of kind 0, after the 8 that fit into a byte
SUM_SCALE = 1 << 15
WORD_ZERO = 1 << 15
DIGITS = 91  # letters that 13 bits are written with, two at a time
ALPHABET = np.array(
    [code for code in range(ord(" "), ord("~")) if chr(code) not in '"\\'], dtype=np.uint8
)[:DIGITS]


def weight_planes(weights: Weights) -> Iterator[np.ndarray]:
    """Powers of two, then the digits behind them."""
    before = np.full_like(weights.power, START)
    before[:, 1:] = weights.power[:, :-1]
    yield from _by((-weights.power).astype(np.uint8), _count(before, POWERS), len(POWERS) + 1)
    told = np.where(weights.first, 0, weights.bits)
    yield from list(_by(weights.digits, told, MOST_BITS + 1))[1:]
    yield from _words(weights.more)


def vote_planes(votes: Votes, kind: np.ndarray) -> Iterator[np.ndarray]:
    """What the coarsest levels mean, each classifier's means, what the predictions missed."""
    levels = LEVELS[kind]
    fine = kind == 0
    means = np.rint(np.clip(votes.value.mean(axis=2), 0, 1) * 255)
    apart = votes.value - (means / 255)[:, :, None]
    predicted = np.broadcast_to((means / 255)[:, :, None], apart.shape).copy()
    predicted[:, :, 1:] += ONE_BEFORE * apart[:, :, :-1]
    predicted[:, :, 2:] -= TWO_BEFORE * apart[:, :, :-2]
    np.clip(predicted, 0, 1, out=predicted)
    yield votes.centres.view(np.uint8).ravel()
    yield means.astype(np.uint8).ravel()

    left = np.ones(kind.shape)
    left_predicted = np.ones(kind.shape)
    missed = np.empty(apart.shape, dtype=np.uint8)
    plane = np.empty(apart.shape, dtype=np.uint8)
    rest = []
    for k, level in enumerate(votes.level):
        likely = np.minimum(predicted[k] * left / np.maximum(left_predicted, LEAST), left)
        by = level - np.floor(likely * levels + 0.5).astype(np.int16)
        plane[k] = kind * (len(SPREADS) + 1) + _count(likely * (left - likely), SPREADS)
        shifted = by[fine] + (1 << FINE_BITS - 1)
        rest.append((shifted & (1 << FINE_BITS) - 1).astype(np.uint8))
        by[fine] = shifted >> FINE_BITS
        missed[k] = by & np.where(fine, 255, levels)
        left = left - votes.value[k]
        left_predicted = left_predicted - predicted[k]
    planes = list(_by(missed, plane, len(LEVELS) * (len(SPREADS) + 1)))
    for number, found in enumerate(planes):
        steps = int(LEVELS[number // (len(SPREADS) + 1)]) + 1
        yield _joined(found, steps, 2) if steps <= 16 else found
    yield _joined(np.concatenate(rest), 1 << FINE_BITS, 4)


def sum_planes(missing: np.ndarray) -> Iterator[np.ndarray]:
    """What rounding left out of the interval probabilities (m - 1, p)."""
    yield from _words(np.rint(missing * SUM_SCALE))


def deflated(planes: Sequence[np.ndarray]) -> bytes:
    """The planes one after the other, each with its own code."""
    # Runs of zeros and rare bytes are all there is to find: looking for more takes 20 times as
    # long and saves nothing.
    deflate = zlib.compressobj(level=1, memLevel=9, strategy=zlib.Z_RLE)
    parts = []
    for plane in planes:
        parts.append(deflate.compress(plane.tobytes()))
        parts.append(deflate.flush(zlib.Z_BLOCK))
    return b"".join(parts) + deflate.flush()


def text(data: bytes) -> str:
    """Bytes as letters that JSON leaves as they are: 13 bits are two of 91 letters."""
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
    """How many of the `bounds` each value has reached."""
    return sum((values >= bound).astype(np.uint8) for bound in bounds)  # pyright: ignore


def _by(values: np.ndarray, plane: np.ndarray, planes: int) -> Iterator[np.ndarray]:
    """The values of each plane, in their own order."""
    plane = plane.astype(np.uint8).ravel()
    order = np.argsort(plane, kind="stable")
    ends = np.cumsum(np.bincount(plane, minlength=planes))
    return iter(np.split(values.ravel()[order], ends[:-1]))


def _words(values: np.ndarray) -> Iterator[np.ndarray]:
    """High and low bytes of numbers around zero."""
    told = np.clip(values + WORD_ZERO, 0, 0xFFFF).astype(np.uint16).ravel()
    yield (told >> 8).astype(np.uint8)
    yield (told & 255).astype(np.uint8)


def _joined(values: np.ndarray, steps: int, together: int) -> np.ndarray:
    """So many values below `steps` in one byte, the first one highest."""
    values = np.concatenate([values, np.zeros(-len(values) % together, np.uint8)])
    columns = values.reshape(-1, together)
    joined = columns[:, 0]
    for column in range(1, together):
        joined = joined * steps + columns[:, column]
    return joined.astype(np.uint8)
