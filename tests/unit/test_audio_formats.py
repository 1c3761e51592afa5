"""Any file a person has: a tone goes in, encoded for real, and the same tone comes out."""

from __future__ import annotations

import math

import numpy as np
import pytest
import soundfile

from cabcnn import audio
from cabcnn.audio import Sound

FREQUENCY, AMPLITUDE, SECONDS = 440.0, 0.5, 2.0

# name, format and subtype for soundfile, rate, tolerated relative error of the amplitude
BY_SOUNDFILE = [
    ("8-bit.wav", "WAV", "PCM_U8", 44_100, 0.01),
    ("16-bit.wav", "WAV", "PCM_16", 44_100, 0.001),
    ("24-bit.wav", "WAV", "PCM_24", 44_100, 0.001),
    ("32-bit.wav", "WAV", "PCM_32", 44_100, 0.001),
    ("float.wav", "WAV", "FLOAT", 44_100, 0.001),
    ("double.wav", "WAV", "DOUBLE", 44_100, 0.001),
    ("telephone.wav", "WAV", "ULAW", 8_000, 0.02),
    ("extensible.wav", "WAVEX", "PCM_24", 48_000, 0.001),
    ("192kHz.wav", "WAV", "PCM_24", 192_000, 0.001),
    ("16-bit.flac", "FLAC", "PCM_16", 44_100, 0.001),
    ("24-bit.flac", "FLAC", "PCM_24", 96_000, 0.001),
    ("vorbis.ogg", "OGG", "VORBIS", 44_100, 0.05),
    ("opus.opus", "OGG", "OPUS", 48_000, 0.05),
    ("layer3.mp3", "MP3", "MPEG_LAYER_III", 44_100, 0.1),
    ("16-bit.aiff", "AIFF", "PCM_16", 44_100, 0.001),
    ("apple.caf", "CAF", "PCM_16", 44_100, 0.001),
]
# name, codec for PyAV, rate, tolerated relative error of the amplitude
BY_AV = [
    ("aac.m4a", "aac", 44_100, 0.02),
    ("alac.m4a", "alac", 44_100, 0.001),
    ("opus.webm", "libopus", 48_000, 0.02),
    ("opus.mkv", "libopus", 48_000, 0.02),
    ("aac.mov", "aac", 48_000, 0.02),
    ("aac.3gp", "aac", 44_100, 0.02),
    ("amr.3gp", "libopencore_amrnb", 8_000, 0.2),
    ("voice.amr", "libopencore_amrnb", 8_000, 0.2),
    ("windows.wma", "wmav2", 44_100, 0.05),
    ("stream.aac", "aac", 44_100, 0.02),
    ("layer3-by-ffmpeg.mp3", "libmp3lame", 44_100, 0.1),
]


def assert_tone(sound: Sound, rate: int, tolerance: float) -> None:
    """The tone of FREQUENCY and AMPLITUDE, all of it, at the file's rate."""
    assert sound.rate == rate
    assert sound.samples.dtype == np.float32
    assert not sound.truncated
    assert not sound.damaged
    assert SECONDS - 0.01 < sound.seconds < SECONDS + 0.06, "whole, but for a codec's own padding"
    middle = sound.samples[rate // 2 : rate // 2 + rate]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(rate)))
    assert spectrum.argmax() == pytest.approx(FREQUENCY, abs=1)
    assert middle.std() * math.sqrt(2) == pytest.approx(AMPLITUDE, rel=tolerance)


@pytest.mark.parametrize(
    ("name", "kind", "subtype", "rate", "tolerance"), BY_SOUNDFILE, ids=[f[0] for f in BY_SOUNDFILE]
)
def test_reads_what_soundfile_reads(tmp_path, tone, name, kind, subtype, rate, tolerance):
    soundfile.write(tmp_path / name, tone(SECONDS, rate), rate, subtype, format=kind)
    assert_tone(audio.read(tmp_path / name), rate, tolerance)


@pytest.mark.parametrize(("name", "codec", "rate", "tolerance"), BY_AV, ids=[f[0] for f in BY_AV])
def test_reads_what_phones_and_browsers_make(
    tmp_path, tone, write_with_av, name, codec, rate, tolerance
):
    path = write_with_av(tmp_path / name, tone(SECONDS, rate), rate, codec)
    assert_tone(audio.read(path), rate, tolerance)


@pytest.mark.parametrize("name", ["film.mp4", "film.mov", "film.mkv"])
def test_reads_the_sound_of_a_video(tmp_path, tone, write_with_av, name):
    path = write_with_av(tmp_path / name, tone(SECONDS, 44_100), 44_100, "aac", picture=True)
    assert_tone(audio.read(path), 44_100, 0.02)


def test_reads_webm_that_a_browser_streams(tmp_path, tone, write_with_av):
    """MediaRecorder writes no length and no index."""
    path = write_with_av(
        tmp_path / "live.webm", tone(SECONDS, 48_000), 48_000, "libopus", options={"live": "1"}
    )
    assert_tone(audio.read(path), 48_000, 0.02)


def test_the_ending_of_a_name_does_not_matter(tmp_path, tone, write_with_av):
    write_with_av(tmp_path / "a.m4a", tone(SECONDS, 44_100)).rename(tmp_path / "a.wav")
    assert_tone(audio.read(tmp_path / "a.wav"), 44_100, 0.02)


@pytest.mark.parametrize("name", ["eight.wav", "eight.flac"])
def test_mixes_channels(tmp_path, tone, name):
    one = tone(SECONDS, 8_000)
    channels = np.stack([2 * one, *[np.zeros_like(one)] * 3, *[one] * 2, -one, one], 1) * 0.5
    soundfile.write(tmp_path / name, channels, 8_000, "PCM_24")
    sound = audio.read(tmp_path / name)
    np.testing.assert_allclose(sound.samples, channels.mean(1), atol=1e-6)


def test_mixes_stereo_of_a_phone(tmp_path, tone, write_with_av):
    both = np.stack([tone(SECONDS, 44_100, amplitude=0.8), tone(SECONDS, 44_100, amplitude=0.2)], 1)
    path = write_with_av(tmp_path / "stereo.m4a", both, 44_100, "alac")
    np.testing.assert_allclose(audio.read(path).samples, both.mean(1), atol=1e-4)


@pytest.mark.parametrize("name", ["a.wav", "a.m4a"])
def test_says_whether_the_file_went_on(tmp_path, tone, write_with_av, name):
    path = tmp_path / name
    if name.endswith("wav"):
        soundfile.write(path, tone(4, 44_100), 44_100)
    else:
        write_with_av(path, tone(4, 44_100), 44_100, "alac")
    assert audio.read(path, 3.5) == (
        pytest.approx(audio.read(path).samples[:154_350]),
        44_100,
        True,
        False,
        (),
    )
    assert not audio.read(path, 4).truncated
    assert not audio.read(path, 5).truncated
