"""What the shipped models say beside their verdicts."""

from __future__ import annotations

import pytest

import cabcnn
from cabcnn import checkpoint
from cabcnn.ui import examples

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize("name", checkpoint.names())
def test_a_shipped_model_knows_what_it_was_measured_on(name):
    card = cabcnn.load(name).card
    assert card.familiar is not None
    assert card.usual is not None
    assert card.usual <= (card.seconds or card.usual)


@pytest.mark.parametrize("example", examples.load(), ids=lambda one: one.path.stem)
def test_an_example_has_nothing_to_warn_of_with_its_own_model(example):
    notices = cabcnn.load(example.checkpoint).explain(example.path).notices
    assert notices in ((), ("Only the first 30 seconds were used.",))


def test_a_digit_is_short_for_an_accent():
    digit = next(one for one in examples.load() if one.path.stem == "digit-seven")
    (said,) = cabcnn.load("accents").explain(digit.path).notices
    assert said.startswith("0.55 s is little to judge by")
