"""A model whose answers are not numbers: an error, never the first class."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cabcnn.classifier import Classifier
from cabcnn.errors import CabcnnError
from cabcnn.faithfulness.silencing import run_cases
from cabcnn.model import CabCnn, check_finite
from cabcnn.streaming.stream import push_batch
from cabcnn.training.evaluation import evaluate

pytestmark = pytest.mark.usefixtures("one_thread")

RATE = 8_000
MATCH = "answers are not numbers"


@pytest.fixture
def too_large(formula_model, make_card) -> Classifier:
    """Weights that are finite, and whose products are not."""
    model: CabCnn = formula_model(3)
    with torch.no_grad():
        for weights in model.attention.parameters():
            weights.mul_(1e30)
    return Classifier(model, make_card())


@pytest.fixture
def samples(babble) -> np.ndarray:
    return babble(1, RATE)


def test_explaining(too_large, samples):
    with pytest.raises(CabcnnError, match=MATCH):
        too_large.explain((samples, RATE))


def test_streaming(too_large, samples):
    stream = too_large.stream(RATE)
    with pytest.raises(CabcnnError, match=MATCH):
        stream.push(samples)
    with pytest.raises(CabcnnError, match=MATCH):
        too_large.stream(RATE).push(samples)
    short = too_large.stream(RATE)
    short.push(samples[:240])
    with pytest.raises(CabcnnError, match=MATCH):
        short.finish()


def test_a_stream_leaves_those_of_other_models_alone(too_large, samples, formula_model, make_card):
    sound = Classifier(formula_model(3), make_card())
    streams = [too_large.stream(RATE), sound.stream(RATE)]
    bad, good = push_batch(streams, [samples, samples])
    assert np.isnan(bad.interval_probabilities).any()
    alone = sound.stream(RATE).push(samples)
    np.testing.assert_allclose(good.interval_probabilities, alone.interval_probabilities, atol=1e-6)


def test_scoring(too_large, short_arrays):
    model = CabCnn(2)
    model.attention.load_state_dict(too_large.model.attention.state_dict())
    with pytest.raises(CabcnnError, match=MATCH):
        evaluate(model, short_arrays, range(4), None)


def test_silencing(too_large):
    values = np.random.default_rng(0).standard_normal(400).astype(np.float32)
    with pytest.raises(CabcnnError, match=MATCH):
        run_cases(too_large.model, values)


@pytest.mark.parametrize("kind", [np.asarray, torch.tensor])
def test_finite_answers_pass(kind):
    check_finite(kind([[0.25, 0.75], [1.0, 0.0]]))
    check_finite(kind([[]]))
    with pytest.raises(CabcnnError, match=MATCH):
        check_finite(kind([[0.25, float("nan")]]))
