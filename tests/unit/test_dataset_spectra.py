"""The spectra that a pretext task asks for, and a trunk that is kept as it was."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cabcnn.dataset.arrays import Arrays, prepare
from cabcnn.dataset.spectra import BANDS, FLOOR, log_mel
from cabcnn.errors import CabcnnError
from cabcnn.model import CabCnn, interval_count
from cabcnn.training.recipe import Recipe
from cabcnn.training.trainer import train

pytestmark = pytest.mark.usefixtures("one_thread")

RATE = 8_000


@pytest.fixture(scope="module")
def heard(short_clips) -> Arrays:
    return prepare(short_clips, RATE, spectra=True)


@pytest.mark.parametrize("hertz", [200, 700, 1500, 3300])
def test_a_tone_is_loudest_in_its_own_band(hertz, tone):
    spectrum = log_mel(tone(1.0, RATE, hertz), RATE)
    assert spectrum.shape == (40, BANDS)
    mel = 2595 * np.log10(1 + np.array([80, hertz, 4000]) / 700)
    place = (mel[1] - mel[0]) / (mel[2] - mel[0]) * (BANDS + 1) - 1
    assert np.all(np.abs(spectrum[2:-2].argmax(1) - place) <= 1)


@pytest.mark.parametrize("samples", [1, 200, 201, 12_345])
def test_one_spectrum_for_each_interval(samples):
    noise = np.random.default_rng(0).standard_normal(samples).astype(np.float32)
    assert len(log_mel(noise, RATE)) == interval_count(-(-samples // 2))


def test_spectra_ignore_loudness_and_silence_is_the_floor(tone):
    sound = tone(0.5, RATE, 440)
    np.testing.assert_allclose(log_mel(sound, RATE), log_mel(sound * 0.01, RATE), atol=0.02)
    np.testing.assert_allclose(log_mel(sound * 0, RATE), np.log(FLOOR), atol=0.01)


def test_arrays_keep_each_clips_spectra(heard, short_clips, tmp_path):
    from cabcnn import audio

    heard.save(tmp_path / "heard.npz")
    again = Arrays.load(tmp_path / "heard.npz")
    sound = audio.read(short_clips[3].path)
    whole = log_mel(audio.resample(sound.samples, sound.rate, RATE), RATE).astype(np.float32)
    np.testing.assert_array_equal(again.spectrum(3, 1, 4), whole[1:5])


def test_a_frozen_trunk_stays_as_it_was(short_arrays):
    recipe = Recipe(
        seconds=None, batch_size=8, max_epochs=3, monitor="nothing", freeze_trunk=True, seed=4
    )
    with torch.random.fork_rng():
        torch.manual_seed(1)
        start = CabCnn(2).state_dict()
    start = {name: value.clone() for name, value in start.items()}
    model, progress = train(short_arrays, range(24), [], recipe, start=start)
    assert progress.epoch == progress.best_epoch == 3
    losses = [row["training_loss"] for row in progress.history]
    assert losses[-1] < losses[0]
    for name, value in model.state_dict().items():
        kept = name.startswith(("trunk.", "norm."))
        assert torch.equal(value, start[name]) == kept, name


def test_validation_is_needed_unless_nothing_is_monitored(short_arrays):
    with pytest.raises(CabcnnError, match="validate"):
        train(short_arrays, range(4), [], Recipe(seconds=None, max_epochs=1))
