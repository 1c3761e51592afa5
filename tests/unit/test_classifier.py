"""A loaded checkpoint on real sound files: the public face."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import soundfile
import torch

import cabcnn
from benchmarks.keras_style import KerasStyle
from cabcnn import audio, checkpoint
from cabcnn.classifier import Classifier
from cabcnn.errors import AudioError, CheckpointError

pytestmark = [pytest.mark.usefixtures("one_thread"), pytest.mark.numeric]


@pytest.fixture(scope="module")
def classifier(formula_model, make_card) -> Classifier:
    return Classifier(formula_model(), make_card())


def test_explains_a_file_as_the_paper_would(classifier, babble, tmp_path):
    """Every step again, written plainly and in double precision: mix, cut, standardise, 4,000
    maxima a second, Table 2."""
    channels = np.stack([babble(7, 8_000), babble(7, 8_000, seed=1)], 1)
    soundfile.write(tmp_path / "voice.wav", channels, 8_000, "DOUBLE")
    x = classifier.explain(tmp_path / "voice.wav", seconds=5)
    mono = channels.astype(np.float64).mean(1)[: 5 * 8_000]
    standard = (mono - mono.mean()) / mono.std()
    values = np.array([max(standard[2 * j : 2 * j + 2]) for j in range(20_000)])
    plain = KerasStyle(3)
    plain.load_from(classifier.model.state_dict())
    with torch.no_grad():
        expected = plain.double().eval()(torch.from_numpy(values)[None])[0]
    np.testing.assert_allclose(x.probabilities, expected, atol=2e-5)


def test_what_an_explanation_holds(classifier, babble, tmp_path):
    soundfile.write(tmp_path / "voice.wav", babble(2.03, 44_100), 44_100)
    x = classifier.explain(tmp_path / "voice.wav")
    assert x.labels == ("US", "UK", "AU")
    assert x.attention.shape == (82, 40)
    assert x.votes.shape == (82, 40, 3)
    assert x.interval_probabilities.shape == (82, 3)
    assert x.probabilities.shape == (3,)
    assert x.times.shape == (82,)
    assert x.attention.dtype == x.votes.dtype == np.float64
    assert x.seconds == pytest.approx(2.03)
    assert (x.name, x.model, x.notices) == ("voice.wav", "tiny", ())
    np.testing.assert_allclose(x.shares.sum((0, 1)), x.probabilities, atol=1e-6)
    np.testing.assert_allclose(x.attention.sum(1), 1, atol=1e-6)
    np.testing.assert_allclose(x.votes.sum(2), 1, atol=1e-6)
    assert len(x.without([3, 17]).attention) == 82
    assert len(x.at(seconds=1).attention) == 40


def test_a_file_its_samples_and_its_sound_say_the_same(classifier, babble, tmp_path):
    samples = np.rint(babble(1.5, 16_000) * 32767).astype(np.int16)
    soundfile.write(tmp_path / "voice.flac", samples, 16_000)
    said = [
        classifier.explain(source).attention
        for source in (
            tmp_path / "voice.flac",
            str(tmp_path / "voice.flac"),
            (samples, 16_000),
            (samples[:, None], 16_000),
            audio.read(tmp_path / "voice.flac"),
        )
    ]
    for other in said[1:]:
        np.testing.assert_array_equal(other, said[0])


def test_names(classifier, babble, tmp_path):
    soundfile.write(tmp_path / "voice.wav", babble(1, 8_000), 8_000)
    assert classifier.explain(tmp_path / "voice.wav", name="Anna").name == "Anna"
    assert classifier.explain((babble(1, 8_000), 8_000)).name == ""


@pytest.mark.parametrize(
    ("own", "asked", "intervals"),
    [(1.0, None, 40), (1.0, 0.5, 20), (1.0, 1.5, 60), (None, None, 80)],
)
def test_hears_the_models_t_unless_told(formula_model, make_card, babble, own, asked, intervals):
    classifier = Classifier(formula_model(), make_card(seconds=own))
    x = classifier.explain((babble(2, 8_000), 8_000), asked)
    assert len(x.attention) == intervals
    assert x.seconds == pytest.approx(intervals * 0.025)
    assert any("Only the first" in notice for notice in x.notices) == (intervals < 80)


def test_resamples_to_the_models_rate(formula_model, make_card, babble):
    sound = (babble(2, 44_100), 44_100)
    said = {
        rate: Classifier(formula_model(), make_card(rate=rate)).explain(sound).probabilities
        for rate in (8_000, 16_000)
    }
    assert not np.allclose(said[8_000], said[16_000], atol=1e-6)


def test_notices_come_along(classifier, tone):
    loud = np.clip(3 * tone(0.5, 8_000), -1, 1)
    notices = classifier.explain((loud, 8_000)).notices
    assert any("clipped" in notice for notice in notices)
    assert any("shorter than a second" in notice for notice in notices)
    knows = Classifier(classifier.model, replace(classifier.card, median_seconds=0.5))
    assert len(knows.explain((loud, 8_000)).notices) == 1, "as long as its clips mostly are"


def test_bad_sound_is_an_audio_error(classifier, tmp_path):
    with pytest.raises(AudioError, match="silent"):
        classifier.explain((np.zeros(8_000), 8_000))
    with pytest.raises(AudioError, match=r"lost\.wav"):
        classifier.explain(tmp_path / "lost.wav")


def test_several_threads_at_once(classifier, babble):
    sounds = [(babble(0.5 + 0.3 * i, 8_000, seed=i), 8_000) for i in range(6)]
    alone = [classifier.explain(sound).votes for sound in sounds]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda sound: classifier.explain(sound).votes, sounds * 3))
    for number, votes in enumerate(together):
        np.testing.assert_array_equal(votes, alone[number % 6])


def test_load(tmp_path, classifier, babble, monkeypatch):
    checkpoint.save(tmp_path / "tiny.safetensors", classifier.model, classifier.card)
    monkeypatch.setattr(checkpoint, "folder", lambda: tmp_path)
    sound = (babble(1, 8_000), 8_000)
    expected = classifier.explain(sound)
    for name in ("tiny", tmp_path / "tiny.safetensors", str(tmp_path / "tiny.safetensors")):
        loaded = cabcnn.load(name)
        assert loaded.card == classifier.card
        np.testing.assert_array_equal(loaded.explain(sound).votes, expected.votes)
    with pytest.raises(CheckpointError, match="by name there are: tiny"):
        cabcnn.load("accents of Mars")


@pytest.mark.parametrize("name", checkpoint.names())
def test_models_that_come_along_explain(name, babble):
    classifier = cabcnn.load(name)
    x = classifier.explain((babble(3, 16_000), 16_000))
    assert x.labels == classifier.card.labels
    assert x.label in x.labels
    np.testing.assert_allclose(x.shares.sum((0, 1)), x.probabilities, atol=1e-6)
    assert x.probabilities.sum() == pytest.approx(1)
