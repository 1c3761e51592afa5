"""Recording conditions: what each does to a sound, and that it can be done again."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from cabcnn.shipped import recording_conditions as conditions
from cabcnn.shipped.recording_conditions import AMR, BITRATES, MEASURED, OPUS

RATE = 8_000
HOP = 200  # samples of an interval


@pytest.fixture
def voice(babble) -> np.ndarray:
    return babble(2.0, RATE, 0)


def rms(samples) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def band(samples, low, high) -> float:
    """The power between two frequencies."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    frequency = np.fft.rfftfreq(len(samples), 1 / RATE)
    return float(power[(frequency >= low) & (frequency < high)].sum())


ALL = {**MEASURED, "everything": conditions.disturbed}


@pytest.mark.parametrize("name", ALL)
def test_a_condition_can_be_had_again_from_its_seed(voice, name):
    once, again, other = (
        ALL[name](voice, rate=RATE, random=np.random.default_rng(seed)) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(once, again)
    assert once.dtype == np.float32
    assert np.isfinite(once).all()
    if "pauses" not in name:
        assert len(once) == len(voice)
    if name not in ("telephone band", "Opus at 12 kbit/s", "12 dB softer"):
        assert len(once) != len(other) or (once != other).any()


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_pauses_take_their_share_and_leave_every_interval_as_it_was(voice, share):
    longer = conditions.with_pauses(voice, RATE, np.random.default_rng(0), share)
    intervals = longer[: len(longer) // HOP * HOP].reshape(-1, HOP)
    silent = ~intervals.any(1)
    assert silent.mean() == pytest.approx(share, abs=0.02)
    np.testing.assert_array_equal(intervals[~silent].reshape(-1), voice)


def test_the_noise_in_pauses_is_far_below_the_voice(voice):
    random = np.random.default_rng(3)
    longer = conditions.paused(voice, RATE, random, 0.5)
    loudness = np.sort([rms(part) for part in np.array_split(longer, len(longer) // HOP)])
    quiet = loudness[: len(loudness) // 3]
    assert (quiet > 0).all()
    assert 20 * np.log10(rms(voice) / np.median(quiet)) > 20


@pytest.mark.parametrize("below", [10.0, 20.0])
def test_noise_is_as_far_below_as_asked(voice, below):
    noise = conditions.with_noise(voice, RATE, np.random.default_rng(0), below) - voice
    assert 20 * np.log10(rms(voice) / rms(noise)) == pytest.approx(below, abs=0.1)


def test_a_telephone_line_keeps_its_band_alone():
    noise = np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
    heard = conditions.telephone_band(noise, RATE)
    assert band(heard, 500, 3200) == pytest.approx(band(noise, 500, 3200), rel=0.1)
    assert band(heard, 0, 150) < 0.01 * band(noise, 0, 150)


@pytest.mark.parametrize("codec", [OPUS, AMR])
def test_a_codec_keeps_the_sound_and_its_time(voice, codec):
    best = conditions.coded(voice, RATE, codec, max(BITRATES[codec]))
    worst = conditions.coded(voice, RATE, codec, min(BITRATES[codec]))
    near, far = (np.corrcoef(voice, heard)[0, 1] for heard in (best, worst))
    assert near > 0.5
    assert near > far
    assert np.correlate(best, voice, "same").argmax() == len(voice) // 2


def test_a_room_goes_on_sounding(tone):
    sound = np.concatenate([tone(0.5, RATE), np.zeros(RATE // 2)]).astype(np.float32)
    heard = conditions.in_room(sound, RATE, np.random.default_rng(0))
    after = [rms(part) for part in np.array_split(heard[RATE // 2 :], 10)]
    assert after[0] > 10 * after[5] > 0


def test_what_is_clipped_stays_below_an_edge(voice):
    heard = conditions.clipped(voice, np.random.default_rng(0))
    edge = np.abs(heard).max()
    assert edge < np.abs(voice).max()
    np.testing.assert_array_equal(heard, np.clip(voice, -edge, edge))


def test_12_db_softer_is_a_quarter_as_loud(voice):
    soft, loud = (conditions.at_level(voice, decibels) for decibels in (-12.0, 0.0))
    assert rms(soft) / rms(loud) == pytest.approx(10 ** (-12 / 20), rel=1e-3)
    assert np.abs(loud).max() == pytest.approx(1, abs=1e-3)


def test_conditions_are_drawn_together(voice):
    draw = partial(conditions.disturbed, voice, RATE)
    heard = [draw(np.random.default_rng(seed)) for seed in range(12)]
    levels = [np.abs(one).max() for one in heard]
    assert max(levels) > 4 * min(levels)
    likeness = [np.corrcoef(voice, one)[0, 1] for one in heard]
    assert max(likeness) > 0.7 > min(likeness)
