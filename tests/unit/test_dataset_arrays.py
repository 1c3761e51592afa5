"""A corpus as arrays: every excerpt is what the front end makes of the same samples."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from cabcnn import audio
from cabcnn.audio import Sound
from cabcnn.corpora import Clip
from cabcnn.dataset.arrays import Arrays, prepare
from cabcnn.errors import CorpusError
from cabcnn.training.excerpts import first_seconds

RATE = 8_000


def test_prepared_clips(short_arrays, short_clips):
    done = []
    again = prepare(short_clips[:4], RATE, progress=done.append)
    assert done == [1, 2, 3, 4]
    assert len(again) == 4
    assert len(short_arrays) == 24
    assert short_arrays.label_names == ("noise", "tone")
    names = [short_arrays.label_names[label] for label in short_arrays.labels]
    assert names == [clip.label for clip in short_clips]
    assert short_arrays.speakers.tolist() == [clip.speaker for clip in short_clips]
    assert short_arrays.splits.tolist() == [clip.split for clip in short_clips]
    other_way = prepare(short_clips[:4], RATE, label_names=("tone", "noise"))
    assert other_way.labels.tolist() == [1, 0, 1, 0]


@pytest.mark.parametrize("seconds", [None, 0.25, 0.4, 60])
def test_whole_clips_are_what_the_front_end_gives(short_arrays, short_clips, seconds):
    for number, clip in enumerate(short_clips):
        expected = audio.front_end(audio.read(clip.path, seconds), RATE, seconds)
        found = first_seconds(short_arrays, number, seconds)
        assert found.dtype == np.float32
        if number == 5 and seconds is not None and seconds < 1:
            # resampled before it was cut, not after: the last millisecond differs
            found, expected = found[:-50], expected[:-50]
            np.testing.assert_allclose(found, expected, atol=1e-2)
        else:
            np.testing.assert_allclose(found, expected, atol=1e-4)


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_excerpts_are_what_the_front_end_gives(short_arrays, short_clips, data):
    """The same samples cut out and standardised by themselves."""
    number = data.draw(st.integers(0, 23).filter(lambda n: n != 5))
    samples = audio.read(short_clips[number].path).samples
    intervals = -(-len(samples) // 200)
    start = data.draw(st.integers(0, intervals - 2))
    length = data.draw(st.integers(1, intervals - start))
    part = Sound(samples[200 * start : 200 * (start + length)], RATE)
    found = short_arrays.excerpt(number, start, length)
    np.testing.assert_allclose(found, audio.front_end(part, RATE), atol=1e-4)


def test_preparing_only_the_first_seconds(short_clips):
    short = prepare(short_clips, RATE, 0.2)
    assert set(short.values.tolist()) == {800}
    expected = audio.front_end(audio.read(short_clips[3].path, 0.2), RATE, 0.2)
    np.testing.assert_allclose(short.excerpt(3), expected, atol=1e-4)


def test_an_excerpt_of_digital_silence_is_zeros(tmp_path, tone):
    samples = np.concatenate([tone(0.2, RATE), np.zeros(RATE, np.float32)])
    for label in "ab":
        soundfile.write(tmp_path / f"{label}.wav", samples, RATE, "FLOAT")
    short_arrays = prepare([Clip(tmp_path / f"{label}.wav", label, "s") for label in "ab"], RATE)
    assert not short_arrays.excerpt(0, 20, 10).any()
    assert short_arrays.excerpt(0, 0, 10).any()


def test_saving_and_loading(short_arrays, tmp_path):
    short_arrays.save(tmp_path / "prepared.npz")
    loaded = Arrays.load(tmp_path / "prepared.npz")
    assert loaded.label_names == short_arrays.label_names
    assert loaded.rate == short_arrays.rate
    for field in ("moments", "values", "labels", "speakers", "splits"):
        np.testing.assert_array_equal(getattr(loaded, field), getattr(short_arrays, field))
    for number in range(24):  # the maxima are kept in half precision
        np.testing.assert_allclose(loaded.excerpt(number), short_arrays.excerpt(number), atol=5e-3)


@pytest.mark.parametrize(
    "content", [None, b"", b"hello", b"PK\x03\x04 cut off", "others", "half"], ids=str
)
def test_files_of_something_else(short_arrays, tmp_path, content):
    path = tmp_path / "other.npz"
    if content == "others":
        np.savez(path, x=np.zeros(3))
    elif content == "half":
        short_arrays.save(path)
        path.write_bytes(path.read_bytes()[:2_000])
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(CorpusError, match=r"other\.npz is not a file of prepared arrays"):
        Arrays.load(path)


def test_corpora_that_cannot_be_prepared(short_clips, tmp_path):
    with pytest.raises(CorpusError, match="two classes or more"):
        prepare([clip for clip in short_clips if clip.label == "tone"], RATE)
    with pytest.raises(CorpusError, match="two classes or more"):
        prepare([], RATE)
    soundfile.write(tmp_path / "silent.wav", np.zeros(RATE), RATE)
    with pytest.raises(CorpusError, match=r"silent\.wav.*silent"):
        prepare([*short_clips, Clip(tmp_path / "silent.wav", "tone", "x")], RATE)
    with pytest.raises(CorpusError, match=r"lost\.wav"):
        prepare([*short_clips, Clip(tmp_path / "lost.wav", "tone", "x")], RATE)


def test_a_label_that_was_not_announced(short_clips):
    with pytest.raises(CorpusError, match="none of hiss, noise"):
        prepare(short_clips, 8_000, label_names=("hiss", "noise"))
