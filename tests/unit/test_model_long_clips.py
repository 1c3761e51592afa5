"""A few clips of any length up to a minute, at any rate, all the way through the network."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.keras_style import KerasStyle
from cabcnn.classifier import Classifier
from cabcnn.model import interval_count

pytestmark = [pytest.mark.usefixtures("one_thread"), pytest.mark.numeric]


@settings(max_examples=5, deadline=None)
@given(length=st.integers(20_000, 240_000))
def test_the_network_is_the_plain_one_at_any_length(formula_model, length):
    model, plain = formula_model(3), KerasStyle(3)
    plain.load_from(model.state_dict())
    values = torch.from_numpy(np.random.default_rng(length).standard_normal(length))
    with torch.inference_mode():
        output = model.double()([values])
        expected = plain.double().eval()(values[None])
    assert output.intervals == [interval_count(length)] == [len(output.attention)]
    torch.testing.assert_close(output.probabilities, expected, atol=1e-9, rtol=0)


@settings(max_examples=8, deadline=None)
@given(
    seconds=st.floats(0.025, 60),
    rate=st.integers(4_000, 192_000),
    channels=st.integers(1, 4),
    data=st.data(),
)
def test_any_sound_up_to_a_minute_is_explained(
    formula_model, make_card, seconds, rate, channels, data
):
    # some 1.5 million numbers at most, or a minute at 192 kHz would be all this test's time
    frames = max(round(min(seconds, 1_500_000 / rate / channels) * rate), rate // 40 + 1)
    samples = np.random.default_rng(frames).standard_normal((frames, channels))
    wanted = data.draw(st.sampled_from([None, 5, 10, 30, 60]))
    x = Classifier(formula_model(3), make_card()).explain((samples, rate), wanted or 60)
    heard = min(frames / rate, wanted or 60)
    assert abs(len(x.attention) - heard * 40) <= 1
    np.testing.assert_allclose(x.shares.sum((0, 1)), x.probabilities, atol=1e-6)
    assert x.probabilities.sum() == pytest.approx(1, abs=1e-6)
