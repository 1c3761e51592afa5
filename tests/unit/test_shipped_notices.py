"""What the shipped models say beside their verdicts."""

from __future__ import annotations

import numpy as np
import pytest

import cabcnn
from cabcnn import checkpoint
from cabcnn.familiarity import NOTICE
from cabcnn.ui import examples

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize("name", checkpoint.names())
def test_a_shipped_model_knows_what_it_was_measured_on(name):
    card = cabcnn.load(name).card
    assert card.novelty_threshold is not None
    assert card.median_seconds is not None
    assert card.median_seconds <= (card.seconds or card.median_seconds)


@pytest.mark.parametrize("example", examples.load(), ids=lambda one: one.path.stem)
def test_an_example_has_nothing_to_warn_of_with_its_own_model(example):
    notices = cabcnn.load(example.checkpoint).explain(example.path).notices
    assert notices in ((), ("Only the first 30 seconds were used.",))


RATE = 16_000
AT = np.arange(6 * RATE) / RATE
NO_SPEECH = {
    "white noise": 0.1 * np.random.default_rng(0).standard_normal(len(AT)),
    "tone": 0.5 * np.sin(2 * np.pi * 440 * AT),
    "chord": sum(0.2 * np.sin(2 * np.pi * f * AT) for f in (262, 330, 392)),
    "hum": sum(0.3 / k * np.sin(2 * np.pi * 50 * k * AT) for k in range(1, 9)),
}
# Clips of 0.4 s, or 1 s in any room, differ so that noise lies among them: docs/experiments.md.
HEAR_ALL = {"digits", "words"}


@pytest.mark.parametrize("sound", NO_SPEECH)
@pytest.mark.parametrize("name", [name for name in checkpoint.names() if name not in HEAR_ALL])
def test_what_is_no_speech_is_told_to_be_unlike(name, sound):
    x = cabcnn.load(name).explain((NO_SPEECH[sound].astype(np.float32), RATE))
    assert NOTICE in x.notices


def test_models_of_very_short_clips_can_not_tell_noise():
    noise = NO_SPEECH["white noise"].astype(np.float32)
    for name in HEAR_ALL:
        assert NOTICE not in cabcnn.load(name).explain((noise, RATE)).notices
    edges = {name: cabcnn.load(name).card.novelty_threshold or 0 for name in checkpoint.names()}
    assert set(sorted(edges, key=lambda name: edges[name])[-len(HEAR_ALL) :]) == HEAR_ALL


def test_a_digit_is_short_for_an_accent():
    digit = next(one for one in examples.load() if one.path.stem == "digit-seven")
    (said,) = cabcnn.load("accents").explain(digit.path).notices
    assert said.startswith("0.55 s is little to go by")
