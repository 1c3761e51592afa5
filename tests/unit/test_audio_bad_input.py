"""Every sound that can't be classified has a sentence of its own: what is wrong and what to do."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from cabcnn import audio
from cabcnn.audio import Sound
from cabcnn.errors import AudioError, CabcnnError

RATE = 8_000


def refusal(source, seconds: float | None = None) -> str:
    """The sentence with which a sound is refused, on its way to the network."""
    with pytest.raises(AudioError) as caught:
        audio.front_end(audio.read(source, seconds), RATE, seconds)
    sentence = str(caught.value)
    assert isinstance(caught.value, CabcnnError)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return sentence


def assert_says(sentence: str, *words: str) -> None:
    missing = [word for word in words if word not in sentence]
    assert not missing, f"{missing} not in: {sentence}"


def test_no_such_file(tmp_path):
    assert_says(refusal(tmp_path / "lost.wav"), "no file", "lost.wav")


def test_empty_file(tmp_path):
    (tmp_path / "empty.wav").touch()
    assert_says(
        refusal(tmp_path / "empty.wav"), "empty.wav", "0 bytes", "record or export it again"
    )


@pytest.mark.parametrize(
    "text", ["Dear Sir,\nplease find attached\n" * 40, "<html>404</html>", "Grüße, 你好"]
)
def test_text_named_wav(tmp_path, text):
    (tmp_path / "letter.wav").write_text(text, encoding="utf-8")
    assert_says(refusal(tmp_path / "letter.wav"), "letter.wav", "text, not sound", "choose")


def test_random_bytes(tmp_path):
    (tmp_path / "noise.mp3").write_bytes(np.random.default_rng(0).bytes(20_000))
    assert_says(refusal(tmp_path / "noise.mp3"), "noise.mp3", "damaged", "unknown format", "export")


def test_wav_cut_inside_its_header(tmp_path, tone):
    soundfile.write(tmp_path / "a.wav", tone(1, RATE), RATE)
    (tmp_path / "cut.wav").write_bytes((tmp_path / "a.wav").read_bytes()[:20])
    assert_says(refusal(tmp_path / "cut.wav"), "cut.wav", "damaged")


def test_truncated_m4a_without_its_index(tmp_path, tone, write_with_av):
    """A phone writes the index last: without it, nothing of the sound can be found."""
    whole = write_with_av(tmp_path / "whole.m4a", tone(4, 44_100)).read_bytes()
    assert whole.find(b"moov") > whole.find(b"mdat")
    (tmp_path / "half.m4a").write_bytes(whole[: len(whole) // 2])
    assert_says(refusal(tmp_path / "half.m4a"), "half.m4a", "index", "again")


def test_truncated_m4a_with_its_index(tmp_path, tone, write_with_av):
    """With the index first, what arrived is used, and the person told."""
    path = write_with_av(tmp_path / "a.m4a", tone(4, 44_100), options={"movflags": "faststart"})
    whole = path.read_bytes()
    assert whole.find(b"moov") < whole.find(b"mdat")
    (tmp_path / "half.m4a").write_bytes(whole[: len(whole) * 6 // 10])
    sound = audio.read(tmp_path / "half.m4a")
    assert 1.5 < sound.seconds < 3
    assert sound.damaged
    assert any("damaged" in notice for notice in sound.notices())
    assert len(audio.front_end(sound, RATE)) == pytest.approx(4_000 * sound.seconds, abs=2)
    early = audio.read(tmp_path / "half.m4a", 1)
    assert not early.damaged, "nothing is missing of its first second"
    np.testing.assert_array_equal(early.samples, sound.samples[:44_100])


def test_truncated_flac(tmp_path, babble):
    soundfile.write(tmp_path / "a.flac", babble(20, RATE), RATE)
    data = (tmp_path / "a.flac").read_bytes()
    (tmp_path / "a.flac").write_bytes(data[: len(data) // 2])
    sound = audio.read(tmp_path / "a.flac")
    assert 8 < sound.seconds < 12
    assert sound.damaged


@pytest.mark.parametrize("name", ["a.wav", "a.aiff", "a.ogg", "a.opus", "a.mp3"])
def test_truncated_recording_keeps_what_is_there(tmp_path, babble, name):
    """These formats need no index; what they hold up to the cut is whole."""
    kind = ("OPUS", "OGG") if name == "a.opus" else (None, None)
    soundfile.write(tmp_path / name, babble(20, RATE), RATE, kind[0], format=kind[1])
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data[: len(data) // 2])
    sound = audio.read(tmp_path / name)
    assert 2 < sound.seconds < 15
    assert len(audio.front_end(sound, RATE)) == pytest.approx(4_000 * sound.seconds, abs=2)


def test_flac_stream_of_unknown_length(tmp_path, tone):
    soundfile.write(tmp_path / "a.flac", tone(2, RATE), RATE)
    data = bytearray((tmp_path / "a.flac").read_bytes())
    data[21] &= 0xF0  # the 36 bits that count the samples
    data[22:26] = bytes(4)
    (tmp_path / "a.flac").write_bytes(data)
    sound = audio.read(tmp_path / "a.flac")
    assert (sound.seconds, sound.damaged) == (2, False)


@pytest.mark.parametrize("name", ["none.wav", "none.aiff"])
def test_zero_length_audio(tmp_path, name):
    soundfile.write(tmp_path / name, np.zeros(0), RATE)
    assert_says(refusal(tmp_path / name), name, "no sound", "record or choose")


def test_zero_length_samples():
    assert_says(refusal((np.zeros(0, np.float32), RATE)), "no sound", "record or choose")
    assert_says(refusal((np.zeros((0, 2), np.int16), RATE)), "no sound")
    assert_says(refusal(Sound(np.zeros(0, np.float32), RATE)), "no sound")


@pytest.mark.parametrize("level", [0.0, 0.25, -1.0], ids=["silence", "DC only", "stuck"])
@pytest.mark.parametrize("rate", [8_000, 44_100])
def test_silence(tmp_path, level, rate):
    soundfile.write(tmp_path / "still.wav", np.full(rate, level), rate)
    assert_says(refusal(tmp_path / "still.wav"), "silent", "microphone")


def test_silence_after_resampling():
    """The least a float can differ from zero, which resampling rounds away."""
    samples = np.zeros(48_000, np.float32)
    samples[100] = np.finfo(np.float32).smallest_subnormal
    assert_says(refusal((samples, 48_000)), "silent", "microphone")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_samples_that_are_no_numbers(tmp_path, tone, value, subtype):
    samples = tone(1, RATE)
    samples[4_321] = value
    soundfile.write(tmp_path / "odd.wav", samples, RATE, subtype)
    assert_says(refusal(tmp_path / "odd.wav"), "odd.wav", "NaN or infinite", "export it again")
    assert_says(refusal((samples, RATE)), "NaN or infinite")


def test_samples_too_large_for_the_arithmetic():
    huge = np.where(np.arange(48_000) % 2, 3e38, -3e38).astype(np.float32)
    huge[::3] = 3e38
    with np.errstate(all="ignore"):
        assert_says(refusal((huge, 48_000)), "too large")
        assert_says(refusal((huge.astype(np.float64) * 1e30, 48_000)), "NaN or infinite")


@pytest.mark.parametrize("count", [1, 2, 160, 199])
def test_shorter_than_an_interval(tmp_path, tone, count):
    soundfile.write(tmp_path / "short.wav", tone(1, RATE)[1 : count + 1], RATE)
    lasts = f"{1000 * count / RATE:.3g} ms"
    assert_says(refusal(tmp_path / "short.wav"), lasts, "25 ms", "record or choose a longer one")


def test_one_interval_is_enough(tmp_path, tone):
    soundfile.write(tmp_path / "short.wav", tone(1, RATE)[:200], RATE)
    assert len(audio.front_end(audio.read(tmp_path / "short.wav"), RATE)) == 100


@pytest.mark.parametrize("name", ["mute.mp4", "mute.mkv"])
def test_video_without_sound(tmp_path, write_with_av, name):
    write_with_av(tmp_path / name, None, picture=True)
    assert_says(refusal(tmp_path / name), name, "without sound", "choose one with sound")


def test_directory(tmp_path):
    (tmp_path / "recordings.wav").mkdir()
    assert_says(refusal(tmp_path / "recordings.wav"), "recordings.wav", "folder", "inside it")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipe_that_nobody_writes_to(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert_says(refusal(tmp_path / "pipe"), "pipe", "not a file", "save")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every file"
)
def test_file_of_somebody_else(tmp_path, tone):
    path = tmp_path / "private.wav"
    soundfile.write(path, tone(1, RATE), RATE)
    path.chmod(0)
    assert_says(
        refusal(path), "private.wav", "can't be opened", "Permission denied", "who may read"
    )


@pytest.mark.skipif(not Path("/proc/self/mem").is_file(), reason="needs Linux's /proc")
def test_file_that_nobody_can_read():
    """The start of a process's memory: even root gets an error when reading there."""
    assert_says(refusal("/proc/self/mem"), "mem", "can't be opened", "Input/output error")


@pytest.mark.parametrize("rate", [0, -8_000, 999, 768_001, 8_000.5, float("nan"), float("inf")])
def test_rates_of_no_recording(rate):
    assert_says(refusal((np.ones(100), rate)), "sample rate", "whole number", "1,000")


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (np.zeros((10, 2, 2)), "(k, channels)"),
        (np.float32(0.5), "(k, channels)"),
        (np.zeros((10, 0)), "no channel"),
        (np.zeros(10, complex), "complex128"),
        (np.zeros(10, bool), "bool"),
        (np.array(["a", "b"]), "integers or floats"),
    ],
)
def test_samples_of_no_sound(samples, words):
    assert_says(refusal((samples, RATE)), words)


@pytest.mark.parametrize("seconds", [0, -1, 0.02, float("nan"), float("inf")])
def test_unusable_clip_length(tone, seconds):
    assert_says(refusal((tone(1, RATE), RATE), seconds), "T is", "at least 0.025")


def test_what_looks_unusual_but_works(tmp_path, tone):
    """24-bit, float, eight channels, 192 kHz."""
    for name, rate, channels, subtype in (
        ("24.wav", 44_100, 1, "PCM_24"),
        ("float.wav", 44_100, 2, "FLOAT"),
        ("eight.wav", 48_000, 8, "PCM_16"),
        ("fast.wav", 192_000, 8, "PCM_24"),
    ):
        soundfile.write(
            tmp_path / name, np.repeat(tone(1, rate)[:, None], channels, 1), rate, subtype
        )
        values = audio.front_end(audio.read(tmp_path / name), RATE)
        assert len(values) == 4_000
        reference = audio.front_end(Sound(tone(1, rate), rate), RATE)
        np.testing.assert_allclose(values, reference, atol=2e-3)


@settings(deadline=None, max_examples=40)
@given(cut=st.integers(0, 2_500), noise=st.integers(0, 30), seed=st.integers(0, 2**32 - 1))
@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "mp3"])
def test_no_damage_surfaces_as_anything_else(tmp_path_factory, kind, cut, noise, seed):
    """Cut off and overwritten at random: a sound, or a sentence, never another exception."""
    folder = tmp_path_factory.getbasetemp()
    original = folder / f"original.{kind}"
    if not original.exists():
        random = np.random.default_rng(0)
        soundfile.write(original, 0.1 * random.standard_normal(2_000), RATE)
    data = bytearray(original.read_bytes())
    random = np.random.default_rng(seed)
    for place in random.integers(0, len(data), noise):
        data[place] = random.integers(256)
    damaged = folder / f"damaged.{kind}"
    damaged.write_bytes(data[: len(data) - min(cut, len(data))])
    with contextlib.suppress(AudioError):
        values = audio.front_end(audio.read(damaged, 1), RATE, 1)
        assert np.isfinite(values).all()
        assert 100 <= len(values) <= 4_000


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.m3u8", "#EXTM3U\n#EXTINF:2,\n{other}\n"),
        ("list.wav", "ffconcat version 1.0\nfile {other}\n"),
        ("list.m3u", "{other}\n"),
    ],
)
def test_a_playlist_opens_no_other_file(tmp_path, tone, name, content):
    other = tmp_path / "secret.wav"
    soundfile.write(other, tone(1.0, 8_000, 440), 8_000)
    (tmp_path / name).write_text(content.format(other=other.name))
    with pytest.raises(AudioError, match="text, not sound"):
        audio.read(tmp_path / name)


def test_an_ending_is_not_believed(tmp_path, tone):
    soundfile.write(tmp_path / "a.wav", tone(1.0, 8_000, 440), 8_000)
    (tmp_path / "a.wav").rename(tmp_path / "a.raw")
    assert audio.read(tmp_path / "a.raw").seconds == 1
    (tmp_path / "b.raw").write_bytes(bytes(range(256)) * 40)
    with pytest.raises(AudioError, match=r"b\.raw can't be decoded"):
        audio.read(tmp_path / "b.raw")


@pytest.mark.parametrize("name", ["x" * 300 + ".wav", "a\0b.wav", "caf\udce9.wav"])
def test_names_that_no_file_can_have(tmp_path, name):
    with pytest.raises(AudioError, match=r"file name|File name"):
        audio.read(tmp_path / name)
