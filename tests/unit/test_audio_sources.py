"""Every kind of source in Python: arrays, tensors, file objects; and what is none."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
import torch

from cabcnn import audio
from cabcnn.classifier import Classifier
from cabcnn.errors import AudioError

RATE = 8_000


@pytest.mark.parametrize("invert", [1.0, 0.97])
@pytest.mark.parametrize("source", ["array", "integers", "file", "m4a"])
def test_channels_that_cancel_each_other_out(tmp_path, babble, write_with_av, invert, source):
    left = babble(2, RATE)
    both = np.stack([left, -invert * left], 1)
    if source == "array":
        sound = audio.read((both, RATE))
    elif source == "integers":
        sound = audio.read(((both * 32767).astype(np.int16), RATE))
    elif source == "file":
        soundfile.write(tmp_path / "a.wav", both, RATE)
        sound = audio.read(tmp_path / "a.wav")
    else:
        sound = audio.read(write_with_av(tmp_path / "a.m4a", both, RATE, "alac"))
    np.testing.assert_allclose(sound.samples, left, atol=1e-4)
    assert ["cancel" in notice for notice in sound.notices()] == [True]


def test_channels_that_differ_are_mixed(babble):
    one, other = babble(2, RATE), babble(2, RATE, seed=1)
    for both in (
        np.stack([one, other], 1),
        np.stack([one, 0 * one], 1),
        np.stack([one, -other], 1),
        np.stack([one, -0.3 * one], 1),
        np.stack([one, *[0 * one] * 7], 1),
        np.stack([one, one], 1) + 0.5,
    ):
        sound = audio.read((both, RATE))
        np.testing.assert_allclose(sound.samples, both.mean(1), atol=1e-6)
        assert not [notice for notice in sound.notices() if "channel" in notice]


@pytest.mark.parametrize(
    "change",
    [
        lambda wave: torch.from_numpy(wave)[None],
        lambda wave: torch.from_numpy(wave).requires_grad_(),
        lambda wave: torch.from_numpy(wave).double(),
        lambda wave: torch.from_numpy(np.stack([wave, wave])),
        lambda wave: np.stack([wave, wave]),
        lambda wave: np.stack([wave, wave], 1),
        lambda wave: wave[None],
        lambda wave: wave[:, None],
        lambda wave: wave.tolist(),
        lambda wave: wave.astype(">f4"),
    ],
)
def test_arrays_and_tensors_of_any_shape(babble, change):
    wave = babble(1, RATE)
    np.testing.assert_allclose(audio.read((change(wave), RATE)).samples, wave, atol=1e-6)


def test_bfloat16(babble):
    wave = babble(1, RATE)
    sound = audio.read((torch.from_numpy(wave).bfloat16(), RATE))
    np.testing.assert_allclose(sound.samples, wave, atol=2e-3)


@pytest.mark.parametrize("rate", [np.int64(RATE), np.float64(RATE), torch.tensor(RATE), 8_000.0])
def test_rates_of_any_type(babble, rate):
    sound = audio.read((babble(1, RATE), rate))
    assert (sound.rate, type(sound.rate)) == (RATE, int)


@pytest.mark.parametrize("name", ["a.wav", "a.ogg", "a.mp3", "a.m4a"])
def test_file_objects(tmp_path, babble, write_with_av, name):
    if name == "a.m4a":
        write_with_av(tmp_path / name, babble(1, 44_100), 44_100)
    else:
        soundfile.write(tmp_path / name, babble(1, 44_100), 44_100)
    expected = audio.read(tmp_path / name)
    content = (tmp_path / name).read_bytes()
    held = io.BytesIO(content)
    with (tmp_path / name).open("rb") as file:
        for source in (held, file, held):  # a second time, too
            np.testing.assert_array_equal(audio.read(source).samples, expected.samples)
        assert audio.source_name(file) == name
    after = io.BytesIO(b"header" + content)
    after.seek(6)
    np.testing.assert_array_equal(audio.read(after).samples, expected.samples)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (io.BytesIO(), "nothing left to read"),
        (io.StringIO("text"), '"rb"'),
        (io.BytesIO(b"\x01\xfe\x00" * 500), "can't be decoded"),
        (None, "NoneType"),
        (b"a.wav", "bytes"),
        (np.zeros(100), "ndarray"),
        ({"array": np.zeros(100)}, "dict"),
        ((np.ones(100),), "tuple of 1"),
        ((RATE, np.ones(100)), "(samples, rate), in this order"),
        (([[1.0, 2.0], [3.0]], RATE), "no array"),
        (([None, 1.0], RATE), "integers or floats"),
        ((np.ones((1, 2, 900)), RATE), "(k, channels)"),
    ],
)
def test_what_is_no_sound(source, words):
    with pytest.raises(AudioError) as caught:
        audio.read(source)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "rate",
    [None, "8000", "fast", 10**5000, 1j, [8_000, 1], np.ones(2), torch.ones(2), True],
    ids=range(9),
)
def test_what_is_no_rate(babble, rate):
    with pytest.raises(AudioError, match=r"sample rate of .* is not possible"):
        audio.read((babble(1, RATE), rate))


@pytest.mark.parametrize("seconds", [1e308, 10**400, -(10**400), "long", 1e7, [1]], ids=range(6))
def test_what_is_no_clip_length(babble, seconds):
    with pytest.raises(AudioError, match=r"T is .* at most 1,000,000"):
        audio.read((babble(1, RATE), RATE), seconds)


@pytest.mark.parametrize(
    ("dtype", "bits"), [(np.int64, 16), (np.int32, 16), (np.int64, 24), (np.int64, 32)]
)
def test_integers_in_a_wider_array(babble, dtype, bits):
    wave = babble(1, RATE)
    sound = audio.read(((wave * 2.0 ** (bits - 1)).astype(dtype), RATE))
    np.testing.assert_allclose(sound.samples, wave, atol=1e-4)
    (notice,) = sound.notices()
    assert f"taken as {bits}-bit" in notice


def test_integers_of_their_full_width(babble):
    wave = babble(1, RATE)
    for dtype in (np.int8, np.int16, np.int32):
        sound = audio.read(((wave * np.iinfo(dtype).max).astype(dtype), RATE))
        assert sound.notices() == []


@pytest.mark.parametrize("kind", ["int64", "int32", "list", "tensor", "(1, n)"])
def test_a_stream_takes_what_explain_takes(babble, formula_model, make_card, kind):
    """16-bit sound in any array gives the numbers of 16-bit sound."""
    change = {
        "int64": lambda piece: piece.astype(np.int64),
        "int32": lambda piece: piece.astype(np.int32),
        "list": lambda piece: piece.tolist(),
        "tensor": lambda piece: torch.from_numpy(piece / np.float32(2**15)).requires_grad_(),
        "(1, n)": lambda piece: piece[None],
    }[kind]
    classifier = Classifier(formula_model(), make_card())
    wave = (babble(3, RATE) * 2**15).astype(np.int16)
    expected, stream = classifier.stream(RATE), classifier.stream(RATE)
    for start in range(0, len(wave), 800):
        expected.push(wave[start : start + 800])
        stream.push(change(wave[start : start + 800]))
    np.testing.assert_allclose(stream.probabilities, expected.probabilities, atol=1e-6)
    with pytest.raises(AudioError, match="shape"):
        stream.push(np.array(0.5))
