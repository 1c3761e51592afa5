"""An explanation packed for the browser, which unpacks it and does the sum again.

The two matrices are rounded as far as makes no visible difference (rounding.py), predicted from
what was sent before (codec.py), deflated, and sent as text. The last class's vote is left out: the
votes of a classifier add up to 1. What the browser computes with

    Pr(k) = 1/p * sum over t and i of  attention[t, i] * vote[t, i, k]

equals the numbers here to 1e-4 in an interval and 1e-5 over a clip, and single weights to 1e-3. A
single vote is the more exact, the more weight it has: to 0.1 % from a weight of 1/8 on, to 3 % from
1/1000 on, and of the 24 least trusted of 40 classifiers the browser knows little more than the
nearest seventh and the mean over the clip.

With classifiers muted, measured on the shipped models, with each example clip and with a minute of
them: up to five muted, the clip to 6e-4 (half a second, a single word, to 2e-3) and 99 % of the
intervals to 0.02; 6 to 20 muted, or all but three to nine of the busiest, the clip to 4e-3 and 99 %
of the intervals to 0.11. If only one to four are left that had next to no weight, the clip to 0.006
with the paper's three classes and to 0.06 with five to ten, half the time to 0.009, and an interval
is as rough as their votes.

With n = 40, 60 s take less than 200 kB as sent for the paper's three classes: 190 kB, or 196 kB if
all classifiers have about the same attention, and 30 s half of that. Each further class is another
vote of every classifier, so models of more classes take more, measured with a minute of example
clips: 258 kB for five (`synthetic-accents`), 381 kB for nine (`first-language`), 343 kB for ten
(`digits`). Of those the weights are 80 to 100 kB; to get the rest below 200 kB, votes would have to
be so coarse that muting a few classifiers showed it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cabcnn.audio import Sound
from cabcnn.envelope import outline
from cabcnn.explanation import Explanation
from cabcnn.model import INTERVAL_SECONDS
from cabcnn.views.codec import deflated, sum_planes, text, vote_planes, weight_planes
from cabcnn.views.rounding import round_votes, round_weights

FORMAT = 4  # shared/payload.js refuses any other
ENVELOPE_COLUMNS_PER_SECOND = 100
ENVELOPE_COLUMNS = (2000, 4000)


def payload(explanation: Explanation, sound: Sound, title: str) -> dict[str, Any]:
    """What the explorer shows of one clip of p intervals, n classifiers and m classes.

    `sound` is what was analysed, as `Classifier.analyse` returns it; `title` says which model
    that was. An `AttentionView` takes two entries beside these: `audio`, the sound to play (a
    dumped Gradio `FileData`, or None), and `link`, what a link needs to bring this back
    (explorer/link.js), or None.

    Raises ValueError where the shapes do not belong together or a number is not finite.
    """
    x = explanation
    attention = np.asarray(x.attention, dtype=np.float64)
    votes = np.asarray(x.votes, dtype=np.float64)
    _check(attention, votes, sound, x.labels)
    p, n, m = votes.shape
    low, high, peak = _envelope(sound)
    weights = np.ascontiguousarray(attention.T)
    class_votes = np.ascontiguousarray(votes.transpose(2, 1, 0)[:-1])
    rounded = round_weights(weights)
    rounded_votes = round_votes(class_votes, rounded.kind)
    missing = np.einsum("np,knp->kp", weights, class_votes)
    missing -= np.einsum("np,knp->kp", rounded.value, rounded_votes.value)
    planes = [
        *weight_planes(rounded),
        *vote_planes(rounded_votes, rounded.kind),
        *sum_planes(missing),
        low.view(np.uint8),
        (low + high).view(np.uint8),  # sounds swing about as far either way
    ]
    packed = deflated(planes)
    return {
        "format": FORMAT,
        "name": x.name,
        "title": title,
        "sure": x.sure_sentence,
        "score": x.score,
        "notices": list(x.notices),
        "labels": [str(label) for label in x.labels],
        "p": p,
        "n": n,
        "m": m,
        "interval": INTERVAL_SECONDS,
        "seconds": sound.seconds,
        "probabilities": (np.einsum("pn,pnm->m", attention, votes) / p).tolist(),
        "envelope": {"columns": len(low), "peak": peak},
        "planes": [len(plane) for plane in planes],
        "size": len(packed),
        "data": text(packed),
    }


def _check(attention: np.ndarray, votes: np.ndarray, sound: Sound, labels: Sequence[str]) -> None:
    samples = sound.samples
    if votes.ndim != 3 or attention.shape != votes.shape[:2] or 0 in votes.shape:
        raise ValueError(f"attention {attention.shape} and votes {votes.shape} do not match")
    if len(labels) != votes.shape[2] or len(labels) < 2:
        raise ValueError(f"{len(labels)} labels for votes on {votes.shape[2]} classes")
    if samples.ndim != 1 or not len(samples) or sound.rate <= 0:
        raise ValueError(f"samples {samples.shape} at {sound.rate} Hz are no mono waveform")
    if not all(np.isfinite(numbers).all() for numbers in (attention, votes, samples)):
        raise ValueError("attention, votes and samples must be finite")


def _envelope(sound: Sound) -> tuple[np.ndarray, np.ndarray, float]:
    """Lowest and highest sample of each column as int8 of the peak, and that peak. Finer than
    an explanation's own envelope, for zooming in: here the sound is on the page as well."""
    fewest, most = ENVELOPE_COLUMNS
    columns = int(sound.seconds * ENVELOPE_COLUMNS_PER_SECOND)
    extremes = outline(sound.samples, max(fewest, min(columns, most)))
    peak = float(np.abs(extremes).max())
    low, high = np.rint(extremes.T * (127 / peak if peak else 0.0)).astype(np.int8)
    return low, high, peak
