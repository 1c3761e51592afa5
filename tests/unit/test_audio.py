"""From samples to 4,000 values a second, number by number."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cabcnn import audio
from cabcnn.audio import Sound


@pytest.mark.parametrize(
    "dtype", [np.int8, np.int16, np.int32, np.uint8, np.uint16, np.float16, np.float32, np.float64]
)
@pytest.mark.parametrize("channels", [None, 1, 2, 5])
def test_takes_samples_of_any_type(dtype, channels):
    wave = np.linspace(-0.95, 0.95, 1_001)
    if np.issubdtype(dtype, np.floating):
        stored, step = wave.astype(dtype), 1e-3
    else:
        half = 2.0 ** (8 * np.dtype(dtype).itemsize - 1)
        centre = half if np.issubdtype(dtype, np.unsignedinteger) else 0
        stored, step = np.rint(wave * half + centre).astype(dtype), 1 / half
    if channels:
        stored = np.repeat(stored[:, None], channels, 1)
    sound = audio.read((stored, 8_000))
    assert sound.samples.shape == (1_001,)
    assert sound.samples.dtype == np.float32
    np.testing.assert_allclose(sound.samples, wave, atol=max(step, 1e-6))


def test_full_scale_integers_are_one():
    assert audio.read((np.array([-32768, 0, 16384], np.int16), 8_000)).samples.tolist() == [
        -1.0,
        0.0,
        0.5,
    ]


@settings(deadline=None, max_examples=60)
@given(
    rate=st.integers(4_000, 192_000),
    channels=st.integers(1, 16),
    length=st.integers(1, 3_000),
    seed=st.integers(0, 2**32 - 1),
)
def test_samples_of_any_rate_and_channels(rate, channels, length, seed):
    samples = np.random.default_rng(seed).standard_normal((length, channels)).astype(np.float32)
    sound = audio.read((samples, rate))
    assert (sound.rate, len(sound.samples)) == (rate, length)
    np.testing.assert_allclose(sound.samples, samples.astype(np.float64).mean(1), atol=1e-6)


@settings(deadline=None, max_examples=100)
@given(
    rate=st.integers(4_000, 192_000) | st.sampled_from([4_000, 8_000, 16_000, 44_100, 48_000]),
    length=st.integers(1, 2_000),
    seed=st.integers(0, 2**32 - 1),
)
def test_maxima_of_each_sub_interval(rate, length, seed):
    samples = np.random.default_rng(seed).standard_normal(length).astype(np.float32)
    expected, j = [], 0
    while (start := math.floor(Fraction(j * rate, 4000))) < length:
        stop = math.floor(Fraction((j + 1) * rate, 4000))
        expected.append(max(samples[start:stop].tolist()))
        j += 1
    np.testing.assert_array_equal(audio.maxima(samples, rate), np.array(expected, np.float32))


@pytest.mark.parametrize("rate", [4_000, 8_000, 16_000, 22_050, 44_100])
def test_front_end_standardises_what_is_kept(babble, rate):
    """At the checkpoint's own rate nothing is resampled, so every number can be checked."""
    samples = 3 + babble(2.5, rate)
    values = audio.front_end(Sound(samples, rate), rate, 2)
    kept = samples[: 2 * rate].astype(np.float64)
    assert len(values) == 8_000
    assert values.dtype == np.float32
    standard = (kept - kept.mean()) / kept.std()
    expected = [
        standard[j * rate // 4000 : (j + 1) * rate // 4000].max() for j in range(len(values))
    ]
    np.testing.assert_allclose(values, expected, atol=1e-4)


def test_loudness_and_offset_do_not_matter(babble):
    samples = babble(1, 16_000)
    values = audio.front_end(Sound(samples, 16_000), 8_000)
    louder = audio.front_end(Sound(4 * samples, 16_000), 8_000)
    np.testing.assert_allclose(louder, values, atol=1e-4)


@pytest.mark.parametrize(("seconds", "intervals"), [(5, 200), (10, 400), (30, 1200), (60, 2400)])
@pytest.mark.parametrize("rate", [8_000, 11_025, 44_100, 48_000])
def test_the_papers_clip_lengths(babble, seconds, intervals, rate):
    sound = audio.read((babble(61, rate), rate), seconds)
    assert len(audio.front_end(sound, 8_000, seconds)) == 4_000 * seconds == 100 * intervals


@settings(deadline=None, max_examples=60)
@given(
    rate=st.integers(4_000, 192_000),
    to=st.sampled_from([4_000, 8_000, 16_000, 48_000]),
    seconds=st.integers(1, 80).map(lambda intervals: intervals * 0.025),
    more=st.floats(0.01, 0.5),
)
def test_front_end_gives_4000_values_a_second_at_any_rate(rate, to, seconds, more):
    count = round((seconds + more) * rate)
    samples = np.sin(np.arange(count) * 0.3).astype(np.float32)
    sound = audio.read((samples, rate), seconds)
    assert sound.truncated == (count > round(seconds * rate))
    values = audio.front_end(sound, to, seconds)
    assert len(values) == round(4_000 * seconds)
    assert np.isfinite(values).all()


@settings(deadline=None, max_examples=60)
@given(
    rate=st.integers(4_000, 192_000),
    to=st.sampled_from([8_000, 16_000]),
    seconds=st.floats(0.025, 2),
)
def test_front_end_of_a_whole_clip_has_its_length(rate, to, seconds):
    count = math.ceil(seconds * rate)
    samples = np.sin(np.arange(count) * 0.3).astype(np.float32)
    values = audio.front_end(Sound(samples, rate), to)
    assert abs(len(values) - 4_000 * count / rate) <= 1.5


def test_every_rate_gives_nearly_the_same_values(babble):
    """One and the same speech, recorded at any rate, must look alike to the network."""
    import soxr

    original = babble(3, 48_000, seed=4)
    reference = audio.front_end(Sound(original, 48_000), 8_000)
    for rate in (16_000, 22_050, 44_100, 96_000):
        values = audio.front_end(Sound(soxr.resample(original, 48_000, rate), rate), 8_000)
        assert np.corrcoef(values[: len(reference)], reference[: len(values)])[0, 1] > 0.999


def test_takes_a_sound_and_cuts_it(babble):
    sound = Sound(babble(2, 8_000), 8_000)
    assert audio.read(sound) is sound
    short = audio.read(sound, 0.5)
    assert (len(short.samples), short.truncated, short.seconds) == (4_000, True, 0.5)
    assert not audio.read(sound, 2).truncated


def test_notices(tone, babble):
    voice = babble(2, 8_000)
    assert Sound(voice, 8_000).notices() == []
    cases = {
        "first 0.5 seconds": audio.read((voice, 8_000), 0.5),
        "clipped": Sound(np.clip(3 * tone(2, 8_000), -1, 1), 8_000),
        "almost silent": Sound(tone(2, 8_000, amplitude=1e-3), 8_000),
        "shorter than a second": Sound(babble(0.5, 8_000), 8_000),
        "damaged": Sound(voice, 8_000, damaged=True),
    }
    for words, sound in cases.items():
        assert [words in notice for notice in sound.notices()][:1] == [True], words
        assert all(notice.count(".") - notice.count("0.") == 1 for notice in sound.notices())
    assert len(cases["damaged"].notices()) == len(cases["clipped"].notices()) == 1


def test_a_click_or_an_offset_does_not_make_silence_loud(tone, babble):
    quiet = tone(5, 8_000, amplitude=1e-3)
    clicked = quiet.copy()
    clicked[-30:-10] = 0.5  # the button that stops: 2.5 ms
    for samples in (clicked, quiet + 0.1):
        assert any("almost silent" in said for said in Sound(samples, 8_000).notices())
    word = quiet.copy()
    word[8_000:12_000] += babble(0.5, 8_000)
    assert Sound(word, 8_000).notices() == []


def test_a_few_samples_at_full_scale_are_not_clipping(babble):
    voice = babble(2, 8_000)
    voice[::1_600] = 1.0
    assert Sound(voice, 8_000).notices() == []


def test_damage_behind_t_is_nothing_to_know_of(babble):
    sound = Sound(babble(2, 8_000), 8_000, damaged=True)
    assert audio.read(sound, 1).notices() == ["Only the first second was used."]


def test_short_is_short_for_the_model(babble):
    def said(seconds: float, usual: float | None) -> list[str]:
        return Sound(babble(seconds, 8_000), 8_000).notices(usual)

    assert said(0.4, 0.42) == [], "a digit"
    assert said(0.06, 0.42) != []
    assert said(5, 19) == []
    (notice,) = said(4, 18.6)
    assert notice.startswith("4 s is little to go by")
    assert notice.endswith("19 s.")
    assert said(0.9, None) != []
