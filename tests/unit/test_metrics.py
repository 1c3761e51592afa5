"""The paper's scores from the paper's own confusion matrices, and scikit-learn's opinion."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics as reference

from cabcnn.metrics import Scores, bootstrap, calibration, confusion_matrix, log_loss, scores

# Tables 5 and 6 (rows actual, columns predicted: AU, US, UK), Tables 3 and 4
PAPER = {
    "VGG11_A": ([[213, 7, 10], [9, 176, 9], [24, 12, 64]], (0.8645, 0.8244, 0.8331)),
    "AttentionCNN": ([[208, 11, 11], [7, 179, 8], [22, 13, 65]], (0.8626, 0.8257, 0.8330)),
    "CAB-CNN-5s": ([[219, 9, 2], [9, 185, 0], [10, 12, 78]], (0.9198, 0.8953, 0.9092)),
    "CAB-CNN-10s": ([[222, 8, 0], [1, 192, 1], [7, 7, 86]], (0.9542, 0.9383, 0.9475)),
    "CAB-CNN-30s": ([[226, 4, 0], [2, 191, 1], [8, 6, 86]], (0.9599, 0.9424, 0.9523)),
    "CAB-CNN-60s": ([[224, 5, 1], [3, 191, 0], [10, 9, 81]], (0.9466, 0.9228, 0.9356)),
}


@pytest.mark.parametrize("algorithm", PAPER)
def test_the_papers_matrices_give_the_papers_scores(algorithm):
    matrix, printed = PAPER[algorithm]
    assert np.sum(matrix) == 524
    assert tuple(round(score, 4) for score in scores(matrix)) == printed


def test_all_right_and_all_wrong():
    assert scores(np.diag([5, 1, 9])) == Scores(1.0, 1.0, 1.0)
    assert scores([[0, 3], [2, 0]]) == Scores(0.0, 0.0, 0.0)


def test_a_class_that_nobody_has_is_left_out():
    """Its recall is not defined; what was predicted as it still counts as wrong."""
    found = scores([[4, 0, 1], [0, 5, 0], [0, 0, 0]])
    assert found.unweighted_recall == pytest.approx((4 / 5 + 1) / 2)
    assert found.accuracy == pytest.approx(0.9)
    assert found.macro_f1 == pytest.approx((8 / 9 + 1) / 2)


def test_a_class_that_is_never_predicted_has_no_f1():
    found = scores([[5, 0], [5, 0]])
    assert found.unweighted_recall == 0.5
    assert found.macro_f1 == pytest.approx((2 * 0.5 * 1 / 1.5 + 0) / 2)


@pytest.mark.parametrize(
    "matrix",
    [[[1, 2, 3], [4, 5, 6]], [1, 2], [[0, 0], [0, 0]], [[3, -1], [0, 2]], np.zeros((0, 0))],
)
def test_refuses_what_is_no_confusion_matrix(matrix):
    with pytest.raises(ValueError, match="confusion matrix"):
        scores(matrix)


@settings(deadline=None, max_examples=60)
@given(
    classes=st.integers(2, 6),
    pairs=arrays(np.int64, st.tuples(st.integers(1, 80), st.just(2)), elements=st.integers(0, 5)),
)
def test_agrees_with_scikit_learn(classes, pairs):
    actual, predicted = (pairs % classes).T
    matrix = confusion_matrix(actual, predicted, classes)
    np.testing.assert_array_equal(
        matrix, reference.confusion_matrix(actual, predicted, labels=range(classes))
    )
    present = np.unique(actual)
    found = scores(matrix)
    assert found.accuracy == pytest.approx(reference.accuracy_score(actual, predicted))
    how: dict[str, Any] = {"labels": present, "average": "macro", "zero_division": 0}
    recall = reference.recall_score(actual, predicted, **how)
    assert found.unweighted_recall == pytest.approx(recall)
    assert found.macro_f1 == pytest.approx(reference.f1_score(actual, predicted, **how))


def test_confusion_matrix_counts_rows_actual_columns_predicted():
    assert confusion_matrix([0, 0, 2], [1, 1, 2], 3).tolist() == [[0, 2, 0], [0, 0, 0], [0, 0, 1]]


def spread_out(draw_rows: int, classes: int, seed: int):
    random = np.random.default_rng(seed)
    probabilities = random.dirichlet(np.full(classes, 0.5), draw_rows)
    return probabilities, random.integers(0, classes, draw_rows)


@pytest.mark.parametrize(("rows", "classes"), [(1, 2), (40, 3), (500, 10)])
def test_log_loss_is_scikit_learns(rows, classes):
    probabilities, labels = spread_out(rows, classes, 1)
    expected = reference.log_loss(labels, probabilities, labels=range(classes))
    assert log_loss(probabilities, labels) == pytest.approx(expected)
    assert log_loss(np.full((rows, classes), 1 / classes), labels) == pytest.approx(np.log(classes))


def test_a_certain_mistake_costs_much_but_not_infinity():
    assert log_loss(np.array([[1.0, 0.0]]), [1]) == pytest.approx(-np.log(1e-7))


def test_answers_as_sure_as_they_are_right_are_calibrated():
    """1,000 clips at each of several certainties, of which that share is right."""
    rows, labels = [], []
    for right in (550, 650, 750, 850, 950):
        rows += [[right / 1000, 1 - right / 1000]] * 1000
        labels += [0] * right + [1] * (1000 - right)
    found = calibration(np.array(rows), labels)
    assert found.error == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(found.confidence, [0.55, 0.65, 0.75, 0.85, 0.95])
    np.testing.assert_allclose(found.accuracy, found.confidence)
    assert found.clips.tolist() == [1000] * 5


def test_boasting_is_an_error_by_as_much_as_it_boasts():
    """Always 0.9 sure, right in half of the cases."""
    found = calibration(np.tile([0.9, 0.1], (100, 1)), [0, 1] * 50)
    assert found.error == pytest.approx(0.4)
    assert found.clips.tolist() == [100]


@settings(deadline=None)
@given(seed=st.integers(0, 10_000), bins=st.integers(1, 30))
def test_calibration_bins_hold_every_clip(seed, bins):
    probabilities, labels = spread_out(60, 4, seed)
    found = calibration(probabilities, labels, bins)
    assert found.clips.sum() == 60
    assert 0 <= found.error <= 1
    right = (probabilities.argmax(1) == labels).sum()
    assert found.clips @ found.accuracy == pytest.approx(right)
    assert found.clips @ found.confidence == pytest.approx(probabilities.max(1).sum())


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    """Voices each right 70 % of the time on the whole, but unevenly so."""
    random = np.random.default_rng(5)
    covered = 0
    for _ in range(100):
        ease = random.beta(3.5, 1.5, 60)  # of each speaker; the mean is 0.7
        actual = np.repeat(np.arange(60) % 2, 10)
        right = random.random(600) < np.repeat(ease, 10)
        predicted = np.where(right, actual, 1 - actual)
        speakers = [str(number) for number in np.repeat(np.arange(60), 10)]
        low, high = found_interval(actual, predicted, speakers, draws=200)
        covered += low <= 0.7 <= high
    assert 85 <= covered <= 100


def found_interval(actual, predicted, speakers, **how):
    found = bootstrap(actual, predicted, speakers, 2, **how)
    assert found is not None
    return found["unweighted_recall"]


def test_voices_make_the_interval_and_clips_do_not():
    """The same clips: of many voices, or of four that are wholly right or wholly wrong."""
    actual = np.repeat([0, 1], 100)
    predicted = np.where(np.arange(200) % 100 < 50, actual, 1 - actual)
    many = found_interval(actual, predicted, [str(number) for number in range(200)])
    four = found_interval(actual, predicted, [str(number // 50) for number in range(200)])
    assert many.high - many.low < 0.2
    assert (four.low, four.high) == (0, 1)
    assert found_interval(actual, predicted, [""] * 200) == pytest.approx(many, abs=0.05)


def test_no_class_vanishes_from_a_draw():
    """Two voices for one of the labels, which is never recognised: drawn without care, some of
    the draws would lack it and score more than a half."""
    actual, predicted = [0] * 6 + [1, 1], [0] * 5 + [1, 0, 0]
    low, high = found_interval(actual, predicted, list("abcdefgh"))
    assert 0 <= low < 5 / 12 < high == 0.5
    several = found_interval([0, 1, 0, 1, 0, 1], [0, 0, 0, 0, 0, 0], list("aabcde"))
    assert several.high == 0.5, "of voices that say several labels too"


def test_one_voice_of_a_label_gives_no_interval():
    """However many clips it has: nobody knows how others of that label would have done."""
    actual, predicted = [0] * 6 + [1] * 3, [0] * 5 + [1, 1, 0, 1]
    assert bootstrap(actual, predicted, list("abcdefggg"), 2) is None
    assert bootstrap(actual, predicted, list("abcdefggh"), 2) is not None
    assert bootstrap([0, 1, 0, 0], [0, 1, 0, 1], list("aabc"), 2) is None, "several labels each"


def test_nothing_to_draw_from():
    assert bootstrap([0, 0, 1, 1], [0, 1, 1, 1], list("aabb"), 2) is None
    assert bootstrap([0, 0, 1, 1], [0, 0, 1, 1], list("abcd"), 2) is None, "all draws are right"
