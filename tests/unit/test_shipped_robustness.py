"""How a model's answers under other recording conditions are compared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cabcnn.shipped.robustness import Robustness, robustness, robustness_note, robustness_table


@pytest.fixture
def measured(short_arrays):
    """Two speakers of three classes each, three of whom were recorded again."""
    arrays = replace(
        short_arrays,
        values=short_arrays.values[:6],
        labels=np.array([0, 0, 1, 1, 2, 2]),
        label_names=("US", "UK", "AU"),
        speakers=np.array(list("abcdef")),
    )
    changed = replace(arrays, labels=np.array([2, 0, 1]), speakers=np.array(list("eac")))
    certain = np.eye(3)
    first = {"clips": [0, 2, 4], "labels": [0, 1, 2], "probabilities": certain[[0, 1, 0]]}
    second = {"clips": [1, 3, 5], "labels": [0, 1, 2], "probabilities": certain[[0, 1, 2]]}
    again = {"clips": [0, 1], "labels": [2, 0], "probabilities": certain[[0, 1]]}
    third = {"clips": [2], "labels": [1], "probabilities": certain[[1]]}
    return robustness([first, second], [first, second], arrays, arrays), robustness(
        [first, replace_clips(second, [1, 2, 5], [0, 1, 2])], [again, third], arrays, changed
    )


def replace_clips(row: dict, clips: list[int], labels: list[int]) -> dict:
    return row | {"clips": clips, "labels": labels}


def test_answers_are_compared_by_speaker(measured):
    same, other = measured
    assert same.agreement == 1
    assert same.unweighted_recall == same.reference_recall == pytest.approx(2.5 / 3)
    assert other.clips == 3
    assert other.agreement == pytest.approx(2 / 3)  # a was US and became UK
    assert other.reference_recall == pytest.approx(2 / 3)
    assert other.unweighted_recall == pytest.approx(1 / 3)
    assert other.shares == pytest.approx((1 / 3, 2 / 3, 0))


def test_a_card_and_a_table_tell_it(measured):
    told: dict[str, Robustness] = dict(zip(("copies", "originals"), measured, strict=True))
    note = robustness_note(told)
    assert "originals: unweighted recall 0.33, 33 % of the answers change" in note
    table = robustness_table(told, ("US", "UK", "AU")).splitlines()
    assert table[-1] == "| originals | 3 | 0.33 | 0.67 | 0.67 | 0.33 / 0.67 / 0.00 |"
