"""Files that hold more, or less, than they say: heard whole, and what was done is said."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from cabcnn import audio, decoding
from cabcnn.errors import AudioError
from cabcnn.streaming import Stream


def loudest_frequency(samples, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax() * rate / len(samples))


def assert_tones(sound: audio.Sound, low: float = 440, high: float = 880) -> None:
    """The first half is one tone and the second half another."""
    half = len(sound.samples) // 2
    room = sound.rate // 5
    for part, frequency in ((sound.samples[:half], low), (sound.samples[half:], high)):
        found = loudest_frequency(part[room:-room], sound.rate)
        assert found == pytest.approx(frequency, rel=0.01)


@pytest.mark.parametrize("second_rate", [44_100, 22_050])
@pytest.mark.parametrize("channels", [1, 2])
def test_rate_or_channels_that_change(tmp_path, tone, write_with_av, second_rate, channels):
    first = write_with_av(tmp_path / "a.aac", tone(3, 44_100))
    wave = tone(3, second_rate, 880)
    second = write_with_av(
        tmp_path / "b.aac", wave if channels == 1 else np.stack([wave, wave], 1), second_rate
    )
    (tmp_path / "both.aac").write_bytes(first.read_bytes() + second.read_bytes())
    sound = audio.read(tmp_path / "both.aac")
    assert sound.rate == 44_100
    assert sound.seconds == pytest.approx(6, abs=0.2)
    assert_tones(sound)
    changes = [notice for notice in sound.notices() if "changes at" in notice]
    assert len(changes) == (1 if second_rate != 44_100 or channels == 2 else 0)
    assert not [n for n in audio.read(tmp_path / "both.aac", 2).notices() if "changes at" in n]


@pytest.mark.parametrize("name", ["a.ogg", "a.opus", "a.flac", "a.wav", "a.mp3", "a.mpga"])
@pytest.mark.parametrize("second_rate", [24_000, 16_000])
@pytest.mark.parametrize("as_object", [False, True])
def test_recordings_chained_in_one_file(tmp_path, tone, name, second_rate, as_object):
    kind, subtype = {
        "a.opus": ("OGG", "OPUS"),
        "a.mpga": ("MP3", None),
    }.get(name, (name[2:].upper(), None))
    content = b""
    for rate, frequency in ((24_000, 440), (second_rate, 880)):
        file = io.BytesIO()
        soundfile.write(file, tone(3, rate, frequency), rate, subtype, format=kind)
        content += file.getvalue()
    (tmp_path / name).write_bytes(content)
    source = io.BytesIO(content) if as_object else tmp_path / name
    sound = audio.read(source)
    assert sound.seconds == pytest.approx(6, abs=0.15)
    assert_tones(sound)
    assert not sound.damaged
    (notice,) = sound.notices()
    assert "several recordings" in notice
    assert audio.read(source, 1).notices() == ["Only the first second was used."]
    assert audio.read(source, 5).seconds == pytest.approx(5, abs=1e-3)


def test_tags_between_mp3_recordings_are_not_damage(tmp_path, tone):
    file = io.BytesIO()
    soundfile.write(file, tone(2, 44_100), 44_100, format="MP3")
    tagged = b"ID3\x04\0\0\0\0\x0f\x76" + bytes(0x0F * 128 + 0x76) + file.getvalue()
    (tmp_path / "album.mp3").write_bytes(2 * (tagged + b"TAG" + b"x" * 125))
    sound = audio.read(tmp_path / "album.mp3")
    assert sound.seconds == pytest.approx(4, abs=0.15)
    assert not sound.damaged
    assert ["several recordings" in notice for notice in sound.notices()] == [True]


@pytest.mark.parametrize("kind", ["noise", "zeros", "removed"])
def test_damaged_mp3_frames(tmp_path, tone, capfd, kind):
    """The rest is heard, the loss is said, and no library writes to the terminal."""
    soundfile.write(tmp_path / "a.mp3", tone(10, 44_100), 44_100)
    content = bytearray((tmp_path / "a.mp3").read_bytes())
    middle = len(content) // 2
    if kind == "removed":
        del content[middle : middle + 3_001]
    else:
        lost = np.random.default_rng(0).bytes(3_000) if kind == "noise" else bytes(3_000)
        content[middle : middle + 3_000] = lost
    (tmp_path / "a.mp3").write_bytes(content)
    sound = audio.read(tmp_path / "a.mp3")
    assert 9 < sound.seconds < 10.01
    assert sound.damaged
    assert ["damaged" in notice for notice in sound.notices()] == [True]
    late = audio.read(tmp_path / "a.mp3", 8)
    assert late.damaged, "the damage is within these 8 s"
    assert not audio.read(tmp_path / "a.mp3", 3).damaged
    assert not audio.read(late, 3).damaged
    assert audio.read(late, 7).damaged
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["a.wav", "a.aiff"])
@pytest.mark.parametrize("said", [0, 36])
def test_recording_that_was_never_finished(tmp_path, tone, name, said):
    """The recorder died before it wrote the sizes into the header."""
    soundfile.write(tmp_path / name, tone(2, 8_000), 8_000)
    content = bytearray((tmp_path / name).read_bytes())
    content[4:8] = said.to_bytes(4, "little" if name == "a.wav" else "big")
    if name == "a.wav":
        at = content.index(b"data") + 4
        content[at : at + 4] = bytes(4)
    else:
        frames, at = content.index(b"COMM") + 10, content.index(b"SSND") + 4
        content[frames : frames + 4] = content[at : at + 4] = bytes(4)
    (tmp_path / name).write_bytes(content)
    sound = audio.read(tmp_path / name)
    assert (sound.rate, len(sound.samples)) == (8_000, 16_000)
    np.testing.assert_allclose(sound.samples, tone(2, 8_000), atol=1e-4)
    if name == "a.wav":  # in aiff these zeros are usual for sounds of unknown length
        assert ["never finished" in notice for notice in sound.notices()] == [True]


def test_an_empty_recording_is_not_unfinished(tmp_path):
    """A chunk of text behind no sound at all is not taken for sound."""
    soundfile.write(tmp_path / "a.wav", np.zeros(0), 8_000)
    content = bytearray((tmp_path / "a.wav").read_bytes())
    content += b"LIST" + (4_000).to_bytes(4, "little") + bytes(4_000)
    content[4:8] = (len(content) - 8).to_bytes(4, "little")
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(AudioError, match="no sound"):
        audio.read(tmp_path / "a.wav")


def two_tracks(path, tone, second: str = "aac") -> None:
    import av

    with av.open(str(path), "w") as file:
        tracks = [file.add_stream("alac", rate=44_100), file.add_stream(second, rate=44_100)]
        for track in tracks:
            assert isinstance(track, av.AudioStream)
            track.codec_context.layout = "mono"
        for track, frequency in zip(tracks, (440, 880)):
            assert isinstance(track, av.AudioStream)
            frame = av.AudioFrame.from_ndarray(tone(2, 44_100, frequency)[None], "fltp", "mono")
            frame.sample_rate = 44_100
            file.mux(track.encode(frame))
            file.mux(track.encode(None))


def test_the_first_track_that_can_be_decoded(tmp_path, tone):
    two_tracks(tmp_path / "a.mov", tone)
    content = (tmp_path / "a.mov").read_bytes()
    (tmp_path / "b.mov").write_bytes(content.replace(b"alac", b"apac"))
    two_tracks(tmp_path / "c.mov", tone, "alac")
    neither = (tmp_path / "c.mov").read_bytes().replace(b"alac", b"apac")
    (tmp_path / "c.mov").write_bytes(neither)
    for name, frequency, words in (
        ("a.mov", 440, "only the first"),
        ("b.mov", 880, "track 2 of 2"),
    ):
        sound = audio.read(tmp_path / name)
        assert loudest_frequency(sound.samples, 44_100) == pytest.approx(frequency, rel=0.01)
        assert sound.seconds == pytest.approx(2, abs=0.1)
        assert [words in notice for notice in sound.notices()] == [True]
    with pytest.raises(AudioError, match=r"c\.mov can't be decoded: .* unknown format"):
        audio.read(tmp_path / "c.mov")


@pytest.mark.parametrize(
    ("suffix", "codec"), [("mp4", "aac"), ("mov", "aac"), ("webm", "libopus"), ("mkv", "libopus")]
)
def test_films_chained_in_one_file(tmp_path, tone, write_with_av, suffix, codec):
    parts = [
        write_with_av(tmp_path / f"{k}.{suffix}", tone(3, 48_000, 440 * k), 48_000, codec)
        for k in (1, 2)
    ]
    both = tmp_path / f"both.{suffix}"
    both.write_bytes(b"".join(part.read_bytes() for part in parts))
    sound = audio.read(both)
    assert sound.seconds == pytest.approx(6, abs=0.2)
    assert_tones(sound)
    assert [remark.text for remark in sound.remarks] == [decoding.CHAINED]
    assert audio.read(parts[0]).notices() == []
    assert audio.read(both, 1).notices() == ["Only the first second was used."]


@pytest.mark.parametrize(
    ("size", "seconds", "said"),
    [
        (1_000, 2, "goes on behind the end"),
        (10**9, 2, "ends before its header says"),
        (0xFFFFFFFF, 2, None),  # of a program that writes while it records
        (32_000, 2, None),
    ],
)
def test_a_wav_file_that_miscounts(tmp_path, tone, size, seconds, said):
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(2, 8_000), 8_000)
    content = bytearray(path.read_bytes())
    at = content.index(b"data")
    content[at + 4 : at + 8] = size.to_bytes(4, "little")
    path.write_bytes(content)
    sound = audio.read(path)
    assert sound.seconds == seconds
    assert [said in notice for notice in sound.notices()] == ([True] if said else [])
    listed = bytes(content[: at + 8]) + bytes(content[at + 8 :]) + b"LIST\x04\0\0\0INFO"
    path.write_bytes(listed)
    assert audio.read(path).seconds == pytest.approx(seconds, abs=0.001)


@pytest.mark.parametrize(("name", "codec"), [("a.mp3", "libmp3lame"), ("a.mkv", "libopus")])
def test_a_recording_cut_off_at_its_end(tmp_path, tone, write_with_av, name, codec):
    path = write_with_av(tmp_path / name, tone(6, 48_000), 48_000, codec)
    assert audio.read(path).notices() == []
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    (notice,) = audio.read(path).notices()
    assert "ends before its header says" in notice


def test_a_stream_of_channels_that_cancel_each_other_out(formula_model, make_card, tone):
    stream = Stream(formula_model(3), make_card(), 8_000)
    wave = tone(2, 8_000)
    stream.push(np.stack([wave, wave], 1))
    stream = Stream(formula_model(3), make_card(), 8_000)
    with pytest.raises(AudioError, match="push one of them"):
        stream.push(np.stack([wave, -wave], 1))
