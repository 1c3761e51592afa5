"""The sum and its regroupings, each against a loop that adds one cell after the other."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cabcnn.errors import CabcnnError
from cabcnn.explanation import MIN_SPACING_SECONDS, Explanation

LABELS = ("US", "UK", "AU", "NZ")


def explanation(p: int, n: int, m: int, seed: int = 0, sharp: float = 4.0) -> Explanation:
    """p intervals, n classifiers, m classes; few classifiers at a time are trusted."""
    random = np.random.default_rng(seed)
    attention = np.exp(sharp * random.standard_normal((p, n)))
    votes = np.exp(2 * random.standard_normal((p, n, m)))
    return Explanation(
        labels=LABELS[:m],
        attention=attention / attention.sum(1, keepdims=True),
        votes=votes / votes.sum(2, keepdims=True),
        seconds=0.025 * p,
        name="clip",
        model="tiny",
        notices=("said before",),
    )


explanations = st.builds(
    explanation,
    st.integers(1, 40),
    st.integers(1, 12),
    st.integers(2, 4),
    st.integers(0, 2**32 - 1),
)


def looped(x: Explanation, kept: range | None = None, muted: frozenset[int] = frozenset()):
    """Pr(k) added up cell by cell, for some intervals and without some classifiers."""
    p, n, m = x.votes.shape
    kept = range(p) if kept is None else kept
    total = [0.0] * m
    for t in kept:
        heard = [i for i in range(n) if i not in muted]
        weight = sum(x.attention[t, i] for i in heard)
        for i in heard:
            alpha = x.attention[t, i] / weight if weight else 1 / len(heard)
            for k in range(m):
                total[k] += alpha * x.votes[t, i, k] / len(kept)
    return total


@settings(deadline=None, max_examples=50)
@given(x=explanations)
def test_shares_add_up_to_the_answer(x):
    np.testing.assert_allclose(x.shares.sum((0, 1)), x.probabilities, atol=1e-6)
    np.testing.assert_allclose(x.probabilities, looped(x), atol=1e-6)
    assert x.probabilities.sum() == pytest.approx(1)
    assert x.label == x.labels[int(np.argmax(x.probabilities))]
    p, n, m = x.votes.shape
    assert x.shares.shape == (p, n, m)
    assert (x.shares >= 0).all()


@settings(deadline=None, max_examples=30)
@given(x=explanations)
def test_every_interval_and_the_verdict_so_far(x):
    assert x.interval_probabilities.shape == x.verdict_so_far.shape == (len(x.votes), len(x.labels))
    for t in range(len(x.votes)):
        np.testing.assert_allclose(
            x.interval_probabilities[t], looped(x, range(t, t + 1)), atol=1e-9
        )
        np.testing.assert_allclose(x.verdict_so_far[t], looped(x, range(t + 1)), atol=1e-9)
    np.testing.assert_allclose(x.verdict_so_far[-1], x.probabilities, atol=1e-12)


@settings(deadline=None, max_examples=30)
@given(x=explanations)
def test_evidence(x):
    for k, label in enumerate(x.labels):
        evidence = x.evidence(label)
        assert evidence.shape == x.attention.shape
        assert evidence.sum() == pytest.approx(x.probabilities[k])
        for other, rival in enumerate(x.labels):
            against = x.evidence(label, rival)
            difference = x.probabilities[k] - x.probabilities[other]
            assert against.sum() == pytest.approx(difference, abs=1e-9)
            np.testing.assert_allclose(against, -x.evidence(rival, label), atol=1e-15)
    t, i = len(x.attention) // 2, x.attention.shape[1] // 2
    expected = x.attention[t, i] * (x.votes[t, i, 0] - x.votes[t, i, 1]) / len(x.attention)
    assert x.evidence(x.labels[0], x.labels[1])[t, i] == pytest.approx(expected)


def test_evidence_for_an_unknown_label():
    x = explanation(4, 3, 3)
    for arguments in (("FR",), ("US", "FR")):
        with pytest.raises(CabcnnError, match="no class 'FR', only US, UK, AU"):
            x.evidence(*arguments)


@settings(deadline=None, max_examples=50)
@given(x=explanations, data=st.data())
def test_without_some_classifiers(x, data):
    n = x.attention.shape[1]
    muted = data.draw(st.frozensets(st.integers(0, n - 1), max_size=n - 1))
    quiet = x.without(muted)
    np.testing.assert_allclose(quiet.probabilities, looped(x, muted=muted), atol=1e-6)
    np.testing.assert_allclose(quiet.attention.sum(1), 1)
    assert not quiet.attention[:, sorted(muted)].any()
    np.testing.assert_array_equal(quiet.votes, x.votes)
    assert (quiet.name, quiet.model, quiet.seconds) == (x.name, x.model, x.seconds)
    assert (quiet.labels, quiet.notices) == (x.labels, x.notices)


@settings(deadline=None, max_examples=20)
@given(x=explanations)
def test_without_nobody_is_the_same(x):
    np.testing.assert_allclose(x.without([]).attention, x.attention, rtol=1e-12)
    np.testing.assert_allclose(x.without([]).probabilities, x.probabilities, rtol=1e-12)


@settings(deadline=None, max_examples=20)
@given(x=explanations)
def test_muting_twice_is_muting_both(x):
    n = x.attention.shape[1]
    if n < 3:
        return
    np.testing.assert_allclose(
        x.without([0]).without([1]).probabilities, x.without([0, 1, 1]).probabilities, atol=1e-9
    )


def test_without_all_classifiers():
    with pytest.raises(CabcnnError, match="leave at least one"):
        explanation(4, 3, 2).without([0, 1, 2, 2])


@pytest.mark.parametrize("number", [-1, 3, 40])
def test_classifiers_that_do_not_exist(number):
    x = explanation(4, 3, 2)
    with pytest.raises(CabcnnError, match=f"no classifier {number}; they are numbered 0 to 2"):
        x.without([number])
    with pytest.raises(CabcnnError, match=f"no classifier {number}"):
        x.strongest_moments(number)


def test_attention_is_shared_equally_where_the_others_had_none():
    x = explanation(6, 4, 3)
    attention = np.array(x.attention)
    attention[2] = [1, 0, 0, 0]
    x = dataclasses.replace(x, attention=attention)
    quiet = x.without([0])
    np.testing.assert_allclose(quiet.attention[2], [0, 1 / 3, 1 / 3, 1 / 3])
    np.testing.assert_allclose(quiet.attention[3, 1:], attention[3, 1:] / attention[3, 1:].sum())
    np.testing.assert_allclose(quiet.probabilities, looped(x, muted=frozenset({0})), atol=1e-9)


@settings(deadline=None, max_examples=30)
@given(x=explanations, data=st.data())
def test_at_an_earlier_time(x, data):
    p = len(x.attention)
    kept = data.draw(st.integers(1, p))
    early = x.at(0.025 * kept)
    assert len(early.attention) == len(early.votes) == len(early.times) == kept
    assert early.seconds == pytest.approx(0.025 * kept)
    np.testing.assert_allclose(early.probabilities, looped(x, range(kept)), atol=1e-9)
    np.testing.assert_allclose(early.probabilities, x.verdict_so_far[kept - 1], atol=1e-9)


@pytest.mark.parametrize("seconds", [0.976, 0.985, 0.99, 1.0])
def test_at_its_end_or_later_is_the_whole(seconds):
    """Also where the last interval is incomplete."""
    x = dataclasses.replace(explanation(40, 3, 2), seconds=seconds)
    for later in (seconds, seconds + 0.01, 60, math.inf):
        np.testing.assert_array_equal(x.at(later).attention, x.attention)
        assert x.at(later).seconds == seconds


def test_at_the_first_moment_is_the_first_interval():
    x = explanation(40, 3, 2)
    np.testing.assert_allclose(x.at(1e-6).probabilities, x.interval_probabilities[0])


@pytest.mark.parametrize("seconds", [0, -1, math.nan])
def test_at_no_time(seconds):
    with pytest.raises(CabcnnError, match="above zero"):
        explanation(4, 3, 2).at(seconds)


@settings(deadline=None, max_examples=50)
@given(x=explanations, data=st.data())
def test_between_two_moments(x, data):
    p = len(x.attention)
    first = data.draw(st.integers(0, p - 1))
    after = data.draw(st.integers(first + 1, p))
    part = x.between(0.025 * first, 0.025 * after)
    assert len(part.attention) == len(part.votes) == after - first
    np.testing.assert_allclose(part.probabilities, looped(x, range(first, after)), atol=1e-9)
    np.testing.assert_allclose(part.times, x.times[first:after])
    assert part.seconds == pytest.approx(0.025 * (after - first))
    np.testing.assert_array_equal(
        x.between(0, 0.025 * after).attention, x.at(0.025 * after).attention
    )
    # A part of a part is found by the same seconds of the clip.
    middle = (first + after) // 2
    if middle > first:
        again = part.between(0.025 * first, 0.025 * middle)
        np.testing.assert_array_equal(again.attention, x.attention[first:middle])


def test_between_keeps_whole_intervals_and_at_least_one():
    x = dataclasses.replace(explanation(40, 3, 2), seconds=0.99)
    np.testing.assert_array_equal(x.between(0.11, 0.2399).attention, x.attention[4:10])
    np.testing.assert_array_equal(x.between(0.5, 0.5001).attention, x.attention[20:21])
    np.testing.assert_array_equal(x.between(0.9899, 7).attention, x.attention[39:])
    np.testing.assert_array_equal(x.between(0, math.inf).attention, x.attention)
    assert x.between(0, math.inf).seconds == 0.99
    assert x.between(0.975, 0.99).seconds == pytest.approx(0.015)


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (-0.1, 0.5, "outside this sound, which is from 0 to 1 s"),
        (1.0, 2.0, "outside this sound"),
        (math.nan, 0.5, "outside this sound"),
        (0.5, 0.5, "is empty; its end must be after its start"),
        (0.5, 0.2, "is empty"),
        (0.5, math.nan, "is empty"),
    ],
)
def test_between_no_moments(start, end, said):
    with pytest.raises(CabcnnError, match=said):
        explanation(40, 3, 2).between(start, end)


@settings(deadline=None, max_examples=30)
@given(x=explanations, count=st.integers(0, 8))
def test_strongest_moments(x, count):
    """Always the strongest that is far enough from those before."""
    for classifier in range(x.attention.shape[1]):
        found = x.strongest_moments(classifier, count)
        free = set(range(len(x.attention)))
        for moment in found:
            best = max(free, key=lambda t: (x.attention[t, classifier], -t))
            assert moment.time == x.times[best]
            assert moment.attention == x.attention[best, classifier]
            np.testing.assert_array_equal(moment.votes, x.votes[best, classifier])
            free -= {t for t in free if abs(x.times[t] - x.times[best]) < MIN_SPACING_SECONDS}
        assert len(found) == count or not free


def test_summaries():
    x = explanation(50, 5, 3)
    for i in range(5):
        assert x.attention_share[i] == pytest.approx(sum(x.attention[:, i]) / 50)
    assert x.attention_share.sum() == pytest.approx(1)
    assert x.selected.tolist() == [max(range(5), key=lambda i: row[i]) for row in x.attention]
    entropy = -sum(share * math.log(share) for share in x.attention_share)
    assert x.effective_classifiers == pytest.approx(math.exp(entropy))
    assert x.times[:3] == pytest.approx([0.0125, 0.0375, 0.0625])


def test_effective_number_of_classifiers_at_its_ends():
    x = explanation(10, 8, 2)
    equal = dataclasses.replace(x, attention=np.full((10, 8), 1 / 8))
    assert equal.effective_classifiers == pytest.approx(8)
    one = np.zeros((10, 8))
    one[:, 3] = 1
    assert dataclasses.replace(x, attention=one).effective_classifiers == pytest.approx(1)


def test_nothing_done_to_an_explanation_changes_it():
    x = explanation(20, 4, 3)
    before = {name: np.array(getattr(x, name)) for name in ("attention", "votes", "shares")}
    answer = np.array(x.probabilities)
    x.without([1, 2])
    x.at(0.1)
    x.evidence("US", "UK")
    x.strongest_moments(2)
    for name, value in before.items():
        np.testing.assert_array_equal(getattr(x, name), value)
    np.testing.assert_array_equal(x.probabilities, answer)
    with pytest.raises(dataclasses.FrozenInstanceError):
        x.attention = before["attention"]  # pyright: ignore[reportAttributeAccessIssue]
