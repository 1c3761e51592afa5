"""One explained clip packed for the browser, which unpacks it and does the sum again.

The two matrices travel as planes of bytes, deflated together: the high bytes of the 16-bit
values as differences along time (they are smooth), the low bytes as they are. A vote's low
bits are dropped where little attention goes to it (rounding.py), and the last class's vote is
left out: the votes of a classifier add up to 1. What the browser computes with

    Pr(k) = 1/p * sum over t and i of  attention[t, i] * vote[t, i, k]

equals the numbers here to about 1e-3 an interval and 1e-5 over a clip; with classifiers muted,
to what rounding.py says.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from cabcnn.model import INTERVAL_SECONDS

from .rounding import decode_weights, round_votes, round_weights

FORMAT = 2  # js/payload.js refuses any other
ENVELOPE_COLUMNS_PER_SECOND = 100
ENVELOPE_COLUMNS = (2000, 4000)


def payload(
    *,
    name: str,
    labels: Sequence[str],
    attention: np.ndarray,
    votes: np.ndarray,
    samples: np.ndarray,
    rate: int,
    audio: dict[str, Any] | None,
    title: str,
    score: str,
    notices: Sequence[str] = (),
) -> dict[str, Any]:
    """The value of an `AttentionView` for one clip of p intervals, n classifiers, m classes.

    `attention` (p, n) holds the weights alpha, non-negative and adding up to 1 in each
    interval; `votes` (p, n, m) the classifiers' class probabilities; `samples` (k,) the mono
    waveform that was analysed, at `rate` Hz; `audio` the sound to play, a dumped Gradio
    `FileData`, already cut to what was analysed, or None. `name` says which clip it is,
    `title` which model, `score` how well that model was measured to do, one sentence;
    `notices` are short warnings.

    Raises ValueError when the shapes do not belong together or a number is not finite.
    """
    attention = np.asarray(attention, dtype=np.float64)
    votes = np.asarray(votes, dtype=np.float64)
    samples = np.asarray(samples, dtype=np.float32)
    _check(attention, votes, samples, labels, rate)
    p, n, m = votes.shape
    low, high, peak = _envelope(samples, rate)
    weights = attention.T
    codes = round_weights(weights)
    sent = decode_weights(codes)
    planes = list(_planes(codes))
    for vote in votes.transpose(2, 1, 0)[:-1]:
        planes += _planes(round_votes(vote, weights, sent))
    planes += (low, high)
    # Runs of zeros and rare bytes are all there is to find: looking for more takes 20 times as
    # long and saves 2 %.
    deflate = zlib.compressobj(level=1, strategy=zlib.Z_RLE)
    packed = b"".join(deflate.compress(plane.tobytes()) for plane in planes) + deflate.flush()
    return {
        "format": FORMAT,
        "name": name,
        "title": title,
        "score": score,
        "notices": list(notices),
        "labels": [str(label) for label in labels],
        "p": p,
        "n": n,
        "m": m,
        "interval": INTERVAL_SECONDS,
        "seconds": len(samples) / rate,
        "probabilities": (np.einsum("pn,pnm->m", attention, votes) / p).tolist(),
        "audio": audio,
        "envelope": {"columns": len(low), "peak": peak},
        "data": base64.b64encode(packed).decode("ascii"),
    }


def _check(
    attention: np.ndarray,
    votes: np.ndarray,
    samples: np.ndarray,
    labels: Sequence[str],
    rate: int,
) -> None:
    if votes.ndim != 3 or attention.shape != votes.shape[:2] or 0 in votes.shape:
        raise ValueError(f"attention {attention.shape} and votes {votes.shape} do not match")
    if len(labels) != votes.shape[2] or len(labels) < 2:
        raise ValueError(f"{len(labels)} labels for votes on {votes.shape[2]} classes")
    if samples.ndim != 1 or not len(samples) or rate <= 0:
        raise ValueError(f"samples {samples.shape} at {rate} Hz are no mono waveform")
    if not all(np.isfinite(numbers).all() for numbers in (attention, votes, samples)):
        raise ValueError("attention, votes and samples must be finite")


def _planes(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """High bytes as differences along the last axis (modulo 256), and low bytes."""
    high = (values >> 8).astype(np.uint8)
    return np.diff(high, axis=-1, prepend=np.uint8(0)), (values & 255).astype(np.uint8)


def _envelope(samples: np.ndarray, rate: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Lowest and highest sample of each column as int8 of the peak, and that peak."""
    fewest, most = ENVELOPE_COLUMNS
    wanted = int(len(samples) / rate * ENVELOPE_COLUMNS_PER_SECOND)
    columns = min(len(samples), max(fewest, min(wanted, most)))
    starts = np.arange(columns, dtype=np.int64) * len(samples) // columns
    low = np.minimum.reduceat(samples, starts)
    high = np.maximum.reduceat(samples, starts)
    peak = float(np.abs(samples).max())
    scale = 127 / peak if peak else 0.0
    return (
        np.rint(low * scale).astype(np.int8),
        np.rint(high * scale).astype(np.int8),
        peak,
    )
