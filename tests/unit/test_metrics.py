"""The paper's scores from the paper's own confusion matrices, and scikit-learn's opinion."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics as reference

from cabcnn.metrics import Scores, confusion_matrix, scores

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
