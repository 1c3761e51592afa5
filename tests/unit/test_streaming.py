"""A sound in pieces against the same sound at once."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cabcnn import audio
from cabcnn.classifier import Classifier
from cabcnn.errors import AudioError
from cabcnn.model import STRIDE
from cabcnn.streaming import push_batch
from cabcnn.streaming import trunk as trunk_module
from cabcnn.streaming.front_end import FrontEnd
from cabcnn.streaming.resampler import REACH, Resampler
from cabcnn.streaming.trunk import Trunk

pytestmark = [pytest.mark.usefixtures("one_thread"), pytest.mark.numeric]

# A seed and the largest piece.
CUTS = st.tuples(st.integers(0, 2**32 - 1), st.integers(2_000, 20_000))
SOON = settings(max_examples=8, deadline=None)


@pytest.fixture(scope="module")
def classifier(formula_model, make_card) -> Classifier:
    return Classifier(formula_model(), make_card(seconds=None))


def cut(whole, cuts: tuple[int, int]):
    """The pieces of something, of random sizes from 1 to the largest, as often 3 as 3,000."""
    random = np.random.default_rng(cuts[0])
    start = 0
    while start < len(whole):
        size = int(cuts[1] ** random.random())
        yield whole[start : start + size]
        start += size


def together(heard, field: str) -> np.ndarray:
    return np.concatenate([getattr(piece, field) for piece in heard])


@SOON
@given(CUTS, st.integers(1, 30))
def test_the_trunk_in_pieces_is_the_trunk(formula_model, cuts, intervals):
    model = formula_model()
    values = torch.from_numpy(
        np.random.default_rng(7).normal(size=STRIDE * intervals).astype(np.float32)
    )
    trunk = Trunk(model)
    with torch.inference_mode():
        parts = [trunk.push(part) for part in cut(values, cuts)]
        found = torch.cat([*parts, trunk.finish()])
        expected = model.features(values[None])[0]
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("values", [1, 99, 101, 250, 777])
def test_the_last_interval_is_filled_up_with_zeros(formula_model, values):
    model, trunk = formula_model(), Trunk(formula_model())
    given_values = torch.linspace(-1, 2, values)
    whole = torch.cat([given_values, torch.zeros(-values % STRIDE)])
    with torch.inference_mode():
        found = torch.cat([trunk.push(given_values), trunk.finish()])
        expected = model.features(whole[None])[0]
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("interval", [0, 1, 5])
def test_an_interval_is_certain_once_its_last_value_has_come(formula_model, interval):
    trunk = Trunk(formula_model())
    needed = STRIDE * interval + 300 + 1
    values = torch.linspace(-1, 2, needed)
    with torch.inference_mode():
        assert len(trunk.push(values[:-1])) == interval
        assert len(trunk.push(values[-1:])) == 1


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 44_100, 48_000, 44_101, 96_000])
@pytest.mark.parametrize("to", [8_000, 16_000])
def test_resampled_in_pieces_is_resampled_at_once(babble, rate, to):
    samples = babble(0.5, rate)
    resampler = Resampler(rate, to)
    parts = [resampler.push(part) for part in cut(samples, (3, rate // 10))]
    so_far = sum(len(part) for part in parts)
    parts.append(resampler.push(samples[:0], last=True))
    expected = audio.resample(samples, rate, to)
    np.testing.assert_allclose(np.concatenate(parts), expected, atol=1e-6)
    assert len(expected) - so_far <= (0 if rate == to else REACH * to / min(rate, to) + 1)


@SOON
@given(CUTS, st.sampled_from([8_000, 11_025, 22_050, 48_000]), st.sampled_from([8_000, 11_025]))
def test_values_in_pieces_are_the_front_ends(babble, cuts, rate, to):
    sound = audio.Sound(babble(0.4, rate), rate)
    _, mean, deviation = audio.prepare(sound, to)
    front_end = FrontEnd(rate, to, (mean, deviation))
    parts = [front_end.push(part) for part in cut(sound.samples, cuts)]
    values = np.concatenate([*parts, front_end.push(sound.samples[:0], last=True)])
    np.testing.assert_allclose(values, audio.front_end(sound, to), atol=2e-5)


@SOON
@given(CUTS, st.sampled_from([8_000, 16_000, 44_100, 48_000]))
def test_a_stream_says_what_the_offline_run_says(classifier, babble, cuts, rate):
    sound = audio.Sound(babble(0.8, rate), rate)
    _, mean, deviation = audio.prepare(sound, classifier.card.rate)
    stream = classifier.stream(rate, (mean, deviation))
    heard = [stream.push(part) for part in cut(sound.samples, cuts)]
    heard.append(stream.finish())
    x = classifier.explain(sound)
    for field in ("attention", "votes", "interval_probabilities"):
        np.testing.assert_allclose(together(heard, field), getattr(x, field), atol=1e-5)
    np.testing.assert_allclose(stream.probabilities, x.probabilities, atol=1e-6)
    np.testing.assert_allclose(together(heard, "times"), x.times)
    firsts = np.cumsum([0, *(len(piece.attention) for piece in heard)])[:-1]
    assert [piece.first for piece in heard] == firsts.tolist()


@SOON
@given(CUTS)
def test_streams_pushed_together_hear_what_each_hears_alone(
    formula_model, make_card, classifier, babble, cuts
):
    other = Classifier(formula_model(), make_card(seconds=None))
    random = np.random.default_rng(cuts[0])
    kinds = [(classifier, 48_000), (classifier, 48_000), (other, 16_000), (classifier, 8_000)]
    sounds = [babble(0.3 + 0.2 * k, rate) for k, (_, rate) in enumerate(kinds)]
    alone, shared = ([c.stream(rate) for c, rate in kinds] for _ in range(2))
    expected = [stream.push(sound) for stream, sound in zip(alone, sounds, strict=True)]
    heard = [[] for _ in kinds]
    while any(len(sound) for sound in sounds):
        now = [place for place in range(len(kinds)) if random.random() < 0.7]
        sizes = [int(cuts[1] ** random.random()) for _ in now]  # of one that is over, nothing
        pieces = [sounds[place][:size] for place, size in zip(now, sizes, strict=True)]
        for place, size in zip(now, sizes, strict=True):
            sounds[place] = sounds[place][size:]
        for place, found in zip(
            now, push_batch([shared[place] for place in now], pieces), strict=True
        ):
            heard[place].append(found)
    for own, pieces, stream, single in zip(expected, heard, shared, alone, strict=True):
        for field in ("attention", "votes", "interval_probabilities"):
            np.testing.assert_allclose(together(pieces, field), getattr(own, field), atol=1e-5)
        np.testing.assert_allclose(stream.probabilities, single.probabilities, atol=1e-6)
        firsts = np.cumsum([0, *(len(piece.attention) for piece in pieces)])[:-1]
        assert [piece.first for piece in pieces] == firsts.tolist()


def test_streams_that_get_equally_much_share_each_pass(classifier, babble, monkeypatch):
    sounds = [babble(1 + k, 16_000)[:15_000] / (k + 1) for k in range(3)]
    expected = [classifier.stream(16_000) for _ in sounds]
    alone = [[stream.push(own)] for stream, own in zip(expected, sounds, strict=True)]
    for stream, heard in zip(expected, alone, strict=True):
        heard.append(stream.finish())
    sizes = []
    run = trunk_module._run

    def counted(trunks, values, last):
        sizes.append(len(trunks))
        return run(trunks, values, last)

    monkeypatch.setattr(trunk_module, "_run", counted)
    shared = [classifier.stream(16_000) for _ in sounds]
    pieces = [push_batch(shared, [own[at : at + 999] for own in sounds])
              for at in range(0, 15_000, 999)]  # fmt: skip
    assert set(sizes) == {3}
    for k, stream in enumerate(shared):
        heard = [*(piece[k] for piece in pieces), stream.finish()]
        for field in ("attention", "votes"):
            np.testing.assert_allclose(together(heard, field), together(alone[k], field), atol=1e-5)


@SOON
@given(CUTS)
def test_running_constants_do_not_depend_on_the_pieces(classifier, babble, cuts):
    samples = babble(1.2, 16_000)
    whole, pieces = classifier.stream(16_000), classifier.stream(16_000)
    expected = [whole.push(samples), whole.finish()]
    heard = [*(pieces.push(part) for part in cut(samples, cuts)), pieces.finish()]
    np.testing.assert_allclose(
        together(heard, "attention"), together(expected, "attention"), atol=1e-5
    )
    np.testing.assert_allclose(pieces.probabilities, whole.probabilities, atol=1e-6)


def test_running_constants_are_those_of_all_samples_so_far(babble):
    samples = babble(3, 8_000)
    values = FrontEnd(8_000, 8_000).push(samples)
    for j in (0, 39, 4_000, 11_999):
        heard = samples[: 2 * j + 2].astype(np.float64)
        # the prior: 4,000 samples of mean 0 and deviation 0.05
        count = len(heard) + 4_000
        mean = heard.sum() / count
        variance = ((heard**2).sum() + 4_000 * 0.05**2) / count - mean**2
        expected = (heard[-2:].max() - mean) / variance**0.5
        assert values[j] == pytest.approx(expected, abs=1e-4)


def test_noise_before_the_first_word_is_not_made_a_voice():
    quiet = np.random.default_rng(0).normal(0, 1e-3, 16_000).astype(np.float32)
    assert np.abs(FrontEnd(8_000, 8_000).push(quiet)).max() < 0.3


def test_a_long_piece_is_worked_off_in_parts_and_leaves_little(classifier, babble):
    samples = np.tile(babble(5, 8_000), 5)
    stream, whole = classifier.stream(8_000), classifier.stream(8_000)
    heard = [stream.push(samples), stream.finish()]
    assert len(together(heard, "attention")) == stream.intervals == 1_000
    for part in np.split(samples, 25):
        whole.push(part)
    whole.finish()
    np.testing.assert_allclose(stream.probabilities, whole.probabilities, atol=1e-6)


def test_a_stream_takes_what_a_sound_is_made_of(classifier, babble):
    mono = babble(1, 8_000)
    floats, integers = classifier.stream(8_000), classifier.stream(8_000)
    stereo = floats.push(np.stack([mono, mono], 1))
    counted = integers.push(np.rint(mono * 32768).clip(-32768, 32767).astype(np.int16))
    np.testing.assert_allclose(stereo.attention, counted.attention, atol=0.02)
    assert len(floats.push(mono[:0]).attention) == 0
    with pytest.raises(AudioError, match="not numbers"):
        floats.push(np.array([0.0, np.nan]))
    with pytest.raises(AudioError, match="sample rate"):
        classifier.stream(44_100.5)


def test_the_end_of_a_stream(classifier, babble):
    nothing = classifier.stream(48_000)
    assert len(nothing.finish().attention) == 0
    assert np.isnan(nothing.probabilities).all()
    short = classifier.stream(48_000)
    assert len(short.push(babble(0.01, 48_000)).attention) == 0
    assert len(short.finish().attention) == 1
    assert short.probabilities.sum() == pytest.approx(1)
    assert len(short.finish().attention) == 0
    with pytest.raises(ValueError, match="finished"):
        short.push(babble(0.01, 48_000))
