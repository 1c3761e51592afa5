"""Whether two networks of a study differ by more than chance."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from cabcnn.study.significance import compare, mcnemar


def test_mcnemar_is_the_binomial_of_the_clips_that_one_alone_got_right():
    first = np.array([1] * 12 + [0] * 3 + [1] * 20 + [0] * 5, bool)
    second = np.array([0] * 12 + [1] * 3 + [1] * 20 + [0] * 5, bool)
    assert mcnemar(first, second) == pytest.approx(2 * binom.cdf(3, 15, 0.5))
    assert mcnemar(first, first) == 1


def test_an_interval_over_speakers_is_wider_than_one_over_their_clips():
    random = np.random.default_rng(0)
    labels = np.repeat([0, 1], 200)
    voices = np.repeat(np.arange(40), 10)
    first = np.repeat(random.random(40) < 0.8, 10)[None]  # whole voices right or wrong
    second = np.repeat(random.random(40) < 0.5, 10)[None]
    of_voices = compare(first, second, labels, [f"v{v}" for v in voices], (0, 0))
    of_clips = compare(first, second, labels, [""] * 400, (0, 0))
    expected = np.mean([(first[0] * 1.0 - second[0])[labels == k].mean() for k in (0, 1)])
    assert of_voices.mean == pytest.approx(expected)
    assert of_voices.interval is not None
    assert of_clips.interval is not None
    assert of_voices.interval.low < expected < of_voices.interval.high
    wide = of_voices.interval.high - of_voices.interval.low
    assert wide > 2 * (of_clips.interval.high - of_clips.interval.low)


def test_a_speaker_of_several_labels_is_drawn_with_all_of_them():
    """Six voices of ten labels each, good or bad at all of them at once: were they drawn for each
    label apart, ten draws would average out what one draw has in common."""
    labels = np.tile(np.arange(10), 6)
    voices = np.repeat(np.arange(6), 10)
    right = np.repeat([True, True, True, False, False, False], 10)[None]
    none = np.zeros_like(right)
    found = compare(right, none, labels, [f"v{v}" for v in voices], (0, 0))
    assert found.mean == pytest.approx(0.5)
    assert found.interval is not None
    # The share of three good voices in six drawn: sixths, binomial.
    sixths = [binom.ppf(edge, 6, 0.5) / 6 for edge in (0.025, 0.975)]
    assert (found.interval.low, found.interval.high) == pytest.approx(sixths)


def test_so_few_speakers_give_no_interval():
    labels = np.tile([0, 1], 8)
    right, other = np.ones((1, 16), bool), (np.arange(16) % 3 > 0)[None]

    def interval(voices: list[str]):
        return compare(right, other, labels, voices, (0, 0)).interval

    assert interval([f"v{k % 4}" for k in range(16)]) is None
    assert interval([f"v{k // 3}" for k in range(16)]) is not None
    assert interval(["a" if k % 2 else f"v{k}" for k in range(16)]) is None  # label 1 is a's alone
    assert compare(right, right, labels, [""] * 16, (0, 0)).interval is None  # no clip differs
    assert interval([""] * 16) is not None  # nobody knows who speaks: each clip by itself
