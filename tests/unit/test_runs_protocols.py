"""Which splits a plan comes to, given what the corpus knows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cabcnn.dataset.arrays import prepare
from cabcnn.errors import CabcnnError, CorpusError
from cabcnn.runs.plan import Plan
from cabcnn.runs.protocols import official_split, parts_of

PLAN = Plan("anywhere", "model")


@pytest.fixture
def arrays(short_arrays):
    """24 clips of two labels, of which each has three speakers with four clips each."""
    return short_arrays


@pytest.fixture
def names(short_clips) -> list[str]:
    return [clip.path.name for clip in short_clips]


def with_speakers(arrays, speakers):
    return replace(arrays, speakers=np.array(speakers))


def test_both_begins_with_unseen_speakers(arrays, names):
    unseen, mixed = parts_of(PLAN, arrays, names)
    assert (unseen.name, unseen.unseen_speakers) == ("speaker-disjoint", True)
    assert (mixed.name, mixed.unseen_speakers) == ("paper", False)
    tested = set(arrays.speakers[unseen.clips.test])
    assert not tested & set(arrays.speakers[unseen.clips.training])
    for part in (unseen, mixed):
        assert sorted(np.concatenate(part.clips)) == list(range(24))


def test_both_is_one_where_every_speaker_has_one_clip(arrays, names):
    alone = with_speakers(arrays, [str(number) for number in range(24)])
    (only,) = parts_of(PLAN, alone, names)
    assert only.name == "speaker-disjoint"
    (mixed,) = parts_of(replace(PLAN, protocol="paper"), alone, names)
    assert mixed.unseen_speakers, "a mixed split of such clips hears nobody twice"


def test_unknown_speakers(arrays, names):
    nameless = with_speakers(arrays, [""] * 24)
    for protocol in ("both", "speaker-disjoint"):
        with pytest.raises(CorpusError, match=r"speakers of 24 clips are unknown"):
            parts_of(replace(PLAN, protocol=protocol), nameless, names)
    (mixed,) = parts_of(replace(PLAN, protocol="paper"), nameless, names)
    assert not mixed.unseen_speakers, "nobody knows"


@pytest.mark.parametrize("protocol", ["speaker-disjoint", "folds", "official"])
def test_one_recording_of_two_speakers_is_a_leak_whatever_the_split(protocol, short_clips, names):
    """Of each label two speakers learn, in the official split, and the third is tested."""
    plan = replace(PLAN, protocol=protocol, folds=3)
    clips = [
        clip._replace(split="test" if clip.speaker.endswith("2") else "train")
        for clip in short_clips
    ]
    for part in parts_of(plan, prepare(clips, 8_000), names):
        assert part.unseen_speakers
    clips[2] = clips[2]._replace(path=clips[0].path)  # of the speakers noise2 and noise0
    with pytest.raises(CorpusError, match="are the same recording of two speakers"):
        parts_of(plan, prepare(clips, 8_000), names)


def test_an_official_split_by_clips_is_no_speaker_disjoint_one(arrays, names):
    (part,) = parts_of(replace(PLAN, protocol="official"), arrays, names)
    assert not part.unseen_speakers


def test_folds_need_known_speakers_and_enough_of_them(arrays, names):
    folds = replace(PLAN, protocol="folds", folds=3)
    with pytest.raises(CorpusError, match=r"speakers of 24 clips are unknown"):
        parts_of(folds, with_speakers(arrays, [""] * 24), names)
    with pytest.raises(CorpusError, match=r"has 3 speaker\(s\), too few for 4"):
        parts_of(replace(folds, folds=4), arrays, names)
    with pytest.raises(CabcnnError, match=r"folds is 2 .* from 3"):
        replace(folds, folds=2)


def test_one_seed_one_split(arrays, names):
    for one, other in zip(parts_of(PLAN, arrays, names), parts_of(PLAN, arrays, names)):
        assert all(np.array_equal(a, b) for a, b in zip(one.clips, other.clips))
    another = parts_of(replace(PLAN, seed=1), arrays, names)[1]
    assert not np.array_equal(another.clips.test, parts_of(PLAN, arrays, names)[1].clips.test)


def test_the_official_split(arrays, names):
    (part,) = parts_of(replace(PLAN, protocol="official"), arrays, names)
    assert part.clips.test.tolist() == list(range(16, 24))
    assert sorted(np.concatenate(part.clips[:2])) == list(range(16))
    assert len(part.clips.validation) == 2, "a seventh of each label's eight"
    assert not part.unseen_speakers, "the same voices test it"
    apart = np.where(arrays.splits == "test", "new " + arrays.speakers, arrays.speakers)
    (part,) = parts_of(replace(PLAN, protocol="official"), with_speakers(arrays, apart), names)
    assert part.unseen_speakers


def test_official_validation_clips_are_used():
    labels = ["a", "b"] * 4
    splits = ["train"] * 4 + ["Dev"] * 2 + ["test"] * 2
    parts = official_split(labels, splits)
    assert [part.tolist() for part in parts] == [[0, 1, 2, 3], [4, 5], [6, 7]]


@pytest.mark.parametrize(
    ("labels", "splits", "sentence"),
    [
        ("abab", ["", "", "", ""], r"no official split"),
        ("abab", ["train"] * 4, r"no official split"),
        ("aabb", ["train", "test", "train", "train"], r"too few test clips of b"),
        ("aabb", ["test", "test", "train", "test"], r"too few train clips of a"),
        ("aabb", ["train", "test", "train", "test"], r"too few train clips of a"),
    ],
)
def test_official_splits_that_can_not_be_used(labels, splits, sentence):
    with pytest.raises(CorpusError, match=sentence):
        official_split(list(labels), splits)
