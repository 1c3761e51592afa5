"""Splits: the shares of the paper, every label on every side, and no voice on two."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cabcnn.corpora.splits import Parts, check_disjoint, mixed_split, speaker_split
from cabcnn.errors import CorpusError


def labels_in(labels, part) -> set[str]:
    return {labels[clip] for clip in part}


def assert_whole(parts: Parts, labels) -> None:
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(labels)))
    for part in parts:
        assert labels_in(labels, part) == set(labels)
        assert part.tolist() == sorted(part.tolist())


@settings(deadline=None)
@given(counts=st.lists(st.integers(3, 60), min_size=2, max_size=5), seed=st.integers(0, 99))
def test_mixed_split_has_the_papers_shares_of_every_label(counts, seed):
    labels = [f"label {k}" for k, count in enumerate(counts) for _ in range(count)]
    parts = mixed_split(labels, seed)
    assert_whole(parts, labels)
    for k, count in enumerate(counts):
        for share, part in zip((0.6, 0.1, 0.3), parts, strict=True):
            own = sum(labels[clip] == f"label {k}" for clip in part)
            assert abs(own - share * count) <= 1


def test_a_seed_is_a_split():
    labels = ["a", "b"] * 50
    speakers = [str(number // 4) for number in range(100)]
    for split in (mixed_split, lambda labels, seed: speaker_split(labels, speakers, seed)):
        for one, other in zip(split(labels, 7), split(labels, 7), strict=True):
            assert one.tolist() == other.tolist()
        assert split(labels, 7).test.tolist() != split(labels, 8).test.tolist()


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_speaker_split_keeps_voices_apart(data):
    """Each speaker of one label, with a few clips or many."""
    speakers, labels = [], []
    for label in "abc"[: data.draw(st.integers(2, 3))]:
        for number in range(data.draw(st.integers(3, 12))):
            clips = data.draw(st.integers(1, 9))
            speakers += [f"{label}{number}"] * clips
            labels += [label] * clips
    parts = speaker_split(labels, speakers, data.draw(st.integers(0, 99)))
    assert_whole(parts, labels)
    check_disjoint(parts, speakers, [str(number) for number in range(len(labels))], speakers)


@pytest.mark.parametrize("speakers", [3, 4, 10, 100])
def test_the_shares_of_speakers_with_as_many_clips(speakers):
    voices = [f"{label}{number}" for label in "ab" for number in range(speakers) for _ in range(2)]
    labels = [voice[0] for voice in voices]
    for label in "ab":
        found = [
            len({voices[clip] for clip in part if labels[clip] == label})
            for part in speaker_split(labels, voices)
        ]
        expected = {3: [1, 1, 1], 4: [2, 1, 1], 10: [6, 1, 3], 100: [60, 10, 30]}[speakers]
        assert found == expected


def test_speakers_who_say_every_label():
    """As in the spoken digits: six voices, each says all ten."""
    labels = [str(digit) for digit in range(10) for _ in range(6)]
    speakers = [f"voice {number}" for _ in range(10) for number in range(6)]
    parts = speaker_split(labels, speakers)
    assert_whole(parts, labels)
    assert [len({speakers[clip] for clip in part}) for part in parts] == [3, 1, 2]


@pytest.mark.parametrize(
    ("labels", "speakers", "sentence"),
    [
        ("aaabbb", "123444", r"b has 1 speaker and a split needs 3.*or choose the mixed split"),
        ("aaabbb", "123445", r"b has 2 speakers and a split needs 3"),
        (
            "aaabbb",
            ["1", "2", "3", "", "", "4"],
            r"The speakers of 2 clips are unknown.*mixed split",
        ),
    ],
)
def test_too_few_speakers(labels, speakers, sentence):
    with pytest.raises(CorpusError, match=sentence):
        speaker_split(list(labels), list(speakers))


def test_speakers_that_no_deal_fits():
    """Each label has three voices, one for each side. Those of a and of b put 3 and 4 on one
    side, where those of c can't both be."""
    said = {"1": "abc", "2": "ab", "3": "ac", "4": "bc"}
    labels = [label for speaker in said for label in said[speaker]]
    speakers = [speaker for speaker in said for _ in said[speaker]]
    with pytest.raises(CorpusError, match=r"every part has the label"):
        speaker_split(labels, speakers)


def test_too_few_clips():
    with pytest.raises(CorpusError, match=r"b has 2 clips and a split needs 3.*; add more\."):
        mixed_split(["a"] * 5 + ["b"] * 2)


def test_leaks_are_refused():
    parts = Parts(np.array([0, 1]), np.array([2]), np.array([3]))
    names = ["a.wav", "b.wav", "c.wav", "d.wav"]
    check_disjoint(parts, list("xxyz"), list("1234"), names)
    check_disjoint(parts, list("xxyz"), list("1134"), names)  # twice, but on one side
    with pytest.raises(CorpusError, match=r"'x' is on both sides.*a\.wav and d\.wav"):
        check_disjoint(parts, list("xxyx"), list("1234"), names)
    with pytest.raises(CorpusError, match=r"b\.wav and c\.wav are the same recording.*x and y"):
        check_disjoint(parts, list("xxyz"), list("1223"), names)
