"""What `describe` finds in corpora whose contents are known because they are made here."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cabcnn.corpora import Clip, describe
from cabcnn.corpora.description import KINDS, notes
from cabcnn.corpora.table import Clips

RATE = 8_000


@pytest.fixture
def clip(tmp_path, babble):
    """Writes a recording and returns its clip."""

    def make(
        name: str, label: str, speaker: str, seconds: float = 1.0, seed: int = 0, rate: int = RATE
    ) -> Clip:
        path = tmp_path / name
        soundfile.write(path, babble(seconds, rate, seed), rate)
        return Clip(path, label, speaker)

    return make


@pytest.fixture
def sound(clip):
    """A corpus with nothing wrong: two labels of two speakers each."""
    return [
        clip("a.wav", "UK", "ann", 1.0, 1),
        clip("b.wav", "UK", "bob", 2.0, 2),
        clip("c.wav", "US", "cy", 0.5, 3),
        clip("d.flac", "US", "di", 0.25, 4, 16_000),
        clip("e.flac", "US", "di", 0.25, 5),
    ]


def problems(clips: list[Clip]) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {p.kind: (p.sentence, p.details) for p in describe(clips).problems}


def test_counts_of_a_sound_corpus(sound):
    told = []
    found = describe(sound, told.append, workers=2)
    assert told == [1, 2, 3, 4, 5]
    assert found.problems == ()
    assert (found.clips, found.speakers) == (5, 4)
    assert found.hours == pytest.approx(4.0 / 3600)
    assert [tuple(facts) for facts in found.labels] == [
        ("UK", 2, 2, pytest.approx(3 / 3600)),
        ("US", 3, 2, pytest.approx(1 / 3600)),
    ]
    assert found.rates == {8_000: 4, 16_000: 1}
    np.testing.assert_allclose(found.seconds, [1.0, 2.0, 0.5, 0.25, 0.25])


def test_it_goes_into_json_and_back(sound, tmp_path):
    told = describe([*sound, Clip(tmp_path / "é.wav", "UK", "")]).as_dict()
    assert json.loads(json.dumps(told)) == told
    assert told["clips"] == 6
    assert told["seconds"] == {
        "shortest": 0.25,
        "quarter": 0.25,
        "median": 0.5,
        "three_quarters": 1.0,
        "longest": 2.0,
    }
    assert told["labels"][0] == {"label": "UK", "clips": 3, "speakers": 2, "hours": 0.001}
    assert [p["kind"] for p in told["problems"]] == ["unreadable", "unknown speaker"]


def test_a_corpus_of_nothing():
    told = describe([]).as_dict()
    assert (told["clips"], told["hours"], told["labels"], told["problems"]) == (0, 0.0, [], [])


def test_recordings_that_cannot_be_read(sound, tmp_path):
    (tmp_path / "text.wav").write_text("this is not a sound")
    bad = [Clip(tmp_path / name, "UK", "ann") for name in ("text.wav", "missing.wav")]
    sentence, details = problems([*sound, *bad])["unreadable"]
    assert sentence == "2 recordings can't be read; training leaves them out."
    assert details[0].startswith(f"{tmp_path / 'text.wav'}: text.wav is text, not sound")
    assert details[1].startswith(f"{tmp_path / 'missing.wav'}: There is no file")
    assert describe([*sound, *bad]).seconds.tolist()[-2:] == [0, 0]


def test_a_recording_cut_off_in_the_middle(sound, tmp_path, babble):
    cut = tmp_path / "cut.flac"
    soundfile.write(cut, babble(20.0, RATE, 6), RATE)
    data = cut.read_bytes()
    cut.write_bytes(data[: len(data) // 2])
    clips = [*sound, Clip(cut, "UK", "ann")]
    assert problems(clips) == {
        "damaged": (
            "One recording is damaged; what could be decoded of it is used.",
            (str(cut),),
        )
    }
    assert 8 < describe(clips).seconds[-1] < 12


def test_silence_is_told_and_is_no_duplicate_of_itself(sound, tmp_path):
    quiet = [tmp_path / "quiet1.wav", tmp_path / "quiet2.wav"]
    for path in quiet:
        soundfile.write(path, np.zeros(RATE, np.float32), RATE)
    found = problems([*sound, *(Clip(path, "UK", "ann") for path in quiet)])
    assert found == {
        "silent": (
            "2 recordings are silent; training leaves them out.",
            tuple(str(path) for path in quiet),
        )
    }


def test_the_same_sound_in_other_files(sound, tmp_path):
    samples, _ = soundfile.read(sound[0].path, dtype="int16")
    soundfile.write(tmp_path / "copy.flac", samples, RATE)
    copy = Clip(tmp_path / "copy.flac", "US", "cy")
    again = sound[1]
    sentence, details = problems([*sound, copy, again])["duplicate"]
    assert sentence.startswith("2 recordings are there more than once; keep one copy of each")
    assert details == (
        f"{sound[0].path} (UK) = {copy.path} (US)",
        f"{again.path} (UK) = {again.path} (UK)",
    )


def test_recordings_shorter_than_an_interval(sound, clip):
    short = clip("short.wav", "UK", "ann", 0.0249)
    long_enough = clip("enough.wav", "UK", "ann", 0.025, 1)
    assert problems([*sound, short, long_enough]) == {
        "short": (
            "One recording is shorter than one interval of 25 ms; training leaves it out.",
            (str(short.path),),
        )
    }


def test_labels_of_one_speaker(sound, clip):
    lone = [clip("x.wav", "AU", "eve", seed=8), clip("y.wav", "AU", "eve", seed=9)]
    sentence, details = problems([*sound, *lone])["one speaker"]
    assert details == ("AU",)
    assert sentence.startswith("One class has a single speaker")


def test_unknown_speakers_are_not_taken_for_one(sound):
    nobody = [c._replace(speaker="") if c.label == "US" else c for c in sound]
    found = problems(nobody)
    assert list(found) == ["unknown speaker"]
    assert found["unknown speaker"][1] == tuple(str(c.path) for c in nobody[2:])
    assert describe(nobody).speakers == 2


def test_labels_that_are_one(sound, clip):
    found = problems([*sound, clip("z.wav", " uk", "fay", seed=8), clip("w.wav", " uk", "gus", 2)])
    assert found["alike"] == (
        "Some classes differ only in case, spaces or Unicode form; give them one spelling.",
        ("' uk' = 'UK'",),
    )


def test_long_recordings_are_counted_to_fifteen_minutes(tmp_path):
    path = tmp_path / "long.flac"
    samples = np.zeros(1_000 * 901, np.int16)
    samples[::100] = 1
    soundfile.write(path, samples, 1_000)
    found = describe([Clip(path, "UK", "ann")])
    assert found.seconds.tolist() == [900.0]
    assert [p.kind for p in found.problems] == ["long", "one speaker"]


def test_order_does_not_depend_on_threads(clip):
    clips = [clip(f"{i}.wav", "UK", "ann", 0.03 + 0.01 * (i * 7 % 20), i) for i in range(40)]
    one, four = describe(clips, workers=1), describe(clips, workers=4)
    assert one.seconds.tolist() == four.seconds.tolist()
    assert one.problems == four.problems


def test_what_reading_left_out_comes_first():
    clips = Clips([Clip(Path("nowhere/x.wav"), "UK", "a")], {"not a sound": ["a.xyz", "b.txt"]})
    first, *others = describe(clips).problems
    assert first.kind == "not a sound"
    assert first.sentence.startswith("2 files were left out")
    assert first.details == ("a.xyz", "b.txt")
    assert [first] == notes(clips)
    assert [problem.kind for problem in others] == ["unreadable", "one speaker"]
    assert notes(list(clips)) == []


def test_every_kind_has_its_sentences():
    for one, many in KINDS.values():
        assert "{n}" not in one
        assert "{n}" in many
        assert one.endswith(".")
        assert many.endswith(".")


def test_paths_are_told_as_they_are(tmp_path):
    assert problems([Clip(Path("nowhere/x.wav"), "UK", "a")])["unreadable"][1][0].startswith(
        str(Path("nowhere/x.wav"))
    )
