"""Whether a clip is like what a model learned from: the distance, the card's edge, the notice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from cabcnn import checkpoint, familiarity
from cabcnn.checkpoint import Card
from cabcnn.classifier import Classifier
from cabcnn.errors import CheckpointError
from cabcnn.familiarity import NOTICE, distance
from cabcnn.model import BatchNorm
from cabcnn.runs.card import novelty_threshold
from cabcnn.training.excerpts import first_seconds
from cabcnn.training.trainer import recalibrate


@pytest.fixture
def norm() -> BatchNorm:
    made = BatchNorm(128)
    random = torch.Generator().manual_seed(0)
    made.running_mean = torch.randn(128, generator=random)
    made.running_var = 0.5 + torch.rand(128, generator=random)
    return made


def test_what_the_distance_measures(norm):
    random = torch.Generator().manual_seed(1)
    deviation = norm.running_var.sqrt()
    like = norm.running_mean + deviation * torch.randn(20_000, 128, generator=random)
    still = norm.running_mean.repeat(10, 1)
    assert distance(like, norm) == pytest.approx(0, abs=0.02)
    assert distance(like + 2 * deviation, norm) == pytest.approx(2, rel=0.02)
    assert distance(still, norm) == pytest.approx(1, rel=0.05)  # it does not vary at all
    one_of_four = torch.zeros(128)
    one_of_four[::4] = 1
    assert distance(like + 2 * deviation * one_of_four, norm) == pytest.approx(1, rel=0.02)


def test_features_that_are_never_active_tell_nothing(norm):
    norm.running_mean[:64], norm.running_var[:64] = 0, 0
    quiet = norm.running_mean.repeat(10, 1)
    assert distance(quiet, norm) == pytest.approx(0.5**0.5, rel=0.05)


def test_the_edge_lets_all_but_one_in_a_hundred_pass(formula_model, short_arrays):
    model = formula_model(2)
    recalibrate(model, [first_seconds(short_arrays, clip, None) for clip in range(16)])
    found = []
    for clip in range(24):
        with torch.inference_mode():
            values = torch.from_numpy(first_seconds(short_arrays, clip, None))
            found.append(distance(model.extract_features([values]), model.norm))
    edge = novelty_threshold(model, short_arrays, range(24), None)
    assert edge == pytest.approx(np.quantile(found, 0.99), abs=1e-4)
    assert edge is not None
    assert 0 < edge <= max(found)
    assert novelty_threshold(model, short_arrays, range(19), None) is None, "too few to know"
    model.norm.running_var.fill_(torch.nan)
    assert novelty_threshold(model, short_arrays, range(24), None) is None


def test_of_many_clips_some_are_heard(formula_model, short_arrays, monkeypatch):
    asked = []

    def values(clip: int) -> np.ndarray:
        asked.append(clip)
        return first_seconds(short_arrays, clip % 24, None)

    monkeypatch.setattr(familiarity, "MAX_CLIPS", 20)
    assert familiarity.novelty_threshold(formula_model(2), range(50), values) is not None
    assert asked == list(range(0, 50, 3))


def test_a_clip_beyond_the_edge_has_a_notice_and_the_same_answer(formula_model, make_card, babble):
    sound = (babble(4, 8000), 8000)
    card = make_card(seconds=None)
    plain = Classifier(formula_model(3), card).explain(sound)
    assert NOTICE not in plain.notices, "an older card knows nothing of it"
    near = Classifier(formula_model(3), replace(card, novelty_threshold=1e9)).explain(sound)
    assert near.notices == plain.notices
    far = Classifier(formula_model(3), replace(card, novelty_threshold=1e-9)).explain(sound)
    assert far.notices == (*plain.notices, NOTICE)
    short = (sound[0][:16_000], 8000)
    judge = Classifier(formula_model(3), replace(card, novelty_threshold=1e-9))
    assert NOTICE not in judge.explain(short).notices, "two seconds say little"
    brief = Classifier(formula_model(3), replace(card, novelty_threshold=1e-9, seconds=1.0))
    assert NOTICE in brief.explain(short).notices, "and are all that this model hears"
    assert np.array_equal(far.attention, plain.attention)
    assert np.array_equal(far.votes, plain.votes)


def test_a_new_card_leaves_the_weights_alone(formula_model, make_card, tmp_path):
    path = tmp_path / "a.safetensors"
    checkpoint.save(path, formula_model(3), make_card())
    before, card = checkpoint.load(path)
    assert card.novelty_threshold is None
    changed = checkpoint.update_card(path, novelty_threshold=0.5)
    assert changed == replace(card, novelty_threshold=0.5)
    after, again = checkpoint.load(path)
    assert again.novelty_threshold == 0.5
    assert replace(again, novelty_threshold=None) == card
    for name, value in before.state_dict().items():
        assert torch.equal(after.state_dict()[name], value)
    with pytest.raises(CheckpointError, match=r"novelty_threshold is -1\.0"):
        checkpoint.update_card(path, novelty_threshold=-1.0)
    assert checkpoint.load(path)[1] == again
    facts = card.to_json().replace(', "familiar": null', "")
    assert Card.from_json(facts) == card, "a card from before"
