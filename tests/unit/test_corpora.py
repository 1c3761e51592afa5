"""Corpora on disk, made small here, and splits in which nobody is heard on both sides."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from cabcnn.corpora import Clip, read_fsdd, read_speech_accent_archive, speaker_folds
from cabcnn.corpora.speech_accent_archive import TASKS
from cabcnn.errors import CorpusError

COLUMNS = "speaker,native_language,country,path"
ROWS = [
    "english1,english,usa,recordings/english1.wav",
    "english2,english,uk,recordings/english2.wav",
    "english3,english,australia,recordings/english3.wav",
    "english4,english,jamaica,recordings/english4.wav",
    "french1,french,usa,recordings/french1.wav",
]


def write_list(folder: Path, rows: list[str], columns: str = COLUMNS) -> Path:
    (folder / "speakers.csv").write_text("\n".join([columns, *rows]) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def digits(tmp_path, tone) -> Path:
    folder = tmp_path / "recordings"
    folder.mkdir()
    for digit in "07":
        for speaker in ("jackson", "theo"):
            for index in (0, 4, 5, 32):
                path = folder / f"{digit}_{speaker}_{index}.wav"
                soundfile.write(path, tone(0.2, 8_000), 8_000)
    (folder / "notes.txt").write_text("not a clip")
    (folder / "7_jackson.wav").write_text("no index")
    return tmp_path


@pytest.mark.parametrize("inner", [".", "recordings"])
def test_spoken_digits(digits, inner):
    clips = read_fsdd(digits / inner)
    assert len(clips) == 16
    assert clips == sorted(clips)
    first = digits / "recordings" / "0_jackson_0.wav"
    assert clips[0] == Clip(first, "0", "jackson", "test")
    assert Counter((clip.label, clip.speaker) for clip in clips) == {
        (digit, speaker): 4 for digit in "07" for speaker in ("jackson", "theo")
    }
    for clip in clips:
        index = int(clip.path.stem.split("_")[2])
        assert clip.split == ("test" if index < 5 else "train")


@pytest.mark.parametrize("where", [".", "missing"])
def test_no_spoken_digits(tmp_path, where):
    with pytest.raises(CorpusError, match=r"7_jackson_32\.wav.*give the folder"):
        read_fsdd(tmp_path / where)


def test_accents(tmp_path):
    clips = read_speech_accent_archive(write_list(tmp_path, ROWS))
    assert clips == [
        Clip(tmp_path / "recordings/english1.wav", "US", "english1"),
        Clip(tmp_path / "recordings/english2.wav", "UK", "english2"),
        Clip(tmp_path / "recordings/english3.wav", "AU", "english3"),
    ]


def test_first_languages(tmp_path):
    clips = read_speech_accent_archive(write_list(tmp_path, ROWS), "first-language")
    assert [clip.label for clip in clips] == ["english"] * 4 + ["french"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_list_written_by_a_spreadsheet(tmp_path, encoding):
    rows = [COLUMNS + ",birthplace", "english1,english,usa,a.wav,San José", ""]
    (tmp_path / "speakers.csv").write_text("\r\n".join(rows), encoding=encoding)
    assert [clip.speaker for clip in read_speech_accent_archive(tmp_path)] == ["english1"]


def test_list_in_another_encoding(tmp_path):
    (tmp_path / "speakers.csv").write_bytes(
        f"{COLUMNS}\nAndré,french,france,a.wav\n".encode("latin-1")
    )
    with pytest.raises(CorpusError, match=r"speakers\.csv.*UTF-8"):
        read_speech_accent_archive(tmp_path)


def test_no_list(tmp_path):
    with pytest.raises(
        CorpusError, match=r"no speakers\.csv, nor Kaggle's .*; give the archive's folder"
    ):
        read_speech_accent_archive(tmp_path)


def test_list_without_a_column(tmp_path):
    write_list(tmp_path, ["english1,english,usa"], "speaker,native_language,country")
    with pytest.raises(CorpusError, match=r"speakers\.csv has no column 'path'"):
        read_speech_accent_archive(tmp_path)


def test_list_with_a_short_line(tmp_path):
    write_list(tmp_path, [ROWS[0], "english2,english"])
    with pytest.raises(CorpusError, match=r"Line 3.*incomplete"):
        read_speech_accent_archive(tmp_path)


@pytest.mark.parametrize("task", TASKS)
def test_list_with_nobody(tmp_path, task):
    write_list(tmp_path, [])
    with pytest.raises(CorpusError, match=f"no speaker for the task {task}"):
        read_speech_accent_archive(tmp_path, task)


@st.composite
def collections(draw):
    """Labels and speakers of clips, several clips a speaker, enough speakers of each label."""
    folds = draw(st.integers(2, 5))
    labels, speakers = [], []
    for label in "ABC"[: draw(st.integers(1, 3))]:
        for voice in range(draw(st.integers(folds, 4 * folds))):
            clips = draw(st.integers(1, 4))
            labels += [label] * clips
            speakers += [f"{label}{voice}"] * clips
    order = draw(st.permutations(range(len(labels))))
    return [labels[i] for i in order], [speakers[i] for i in order], folds


@settings(deadline=None, max_examples=40)
@given(collection=collections(), seed=st.integers(0, 1_000))
def test_nobody_is_in_two_folds(collection, seed):
    labels, speakers, folds = collection
    fold = speaker_folds(labels, speakers, folds, seed)
    assert fold.shape == (len(labels),)
    assert set(fold.tolist()) == set(range(folds))
    for speaker in set(speakers):
        assert len({int(f) for f, own in zip(fold, speakers) if own == speaker}) == 1
    np.testing.assert_array_equal(fold, speaker_folds(labels, speakers, folds, seed))


def test_every_label_is_in_every_fold():
    """As many speakers as the archive has of the three accents, one clip each."""
    labels = ["US"] * 200 + ["UK"] * 60 + ["AU"] * 40
    speakers = [f"speaker{i}" for i in range(300)]
    for seed in range(5):
        fold = speaker_folds(labels, speakers, 5, seed)
        counts = Counter(zip(labels, fold.tolist()))
        assert all(counts["US", number] == 40 for number in range(5))
        assert all(counts["UK", number] == 12 for number in range(5))
        assert all(counts["AU", number] == 8 for number in range(5))


def test_a_speaker_of_several_labels_stays_in_one_fold():
    """Everybody says every digit."""
    labels = [str(digit) for digit in range(10)] * 6
    speakers = [f"speaker{i // 10}" for i in range(60)]
    fold = speaker_folds(labels, speakers, 6)
    assert sorted(fold[::10].tolist()) == list(range(6))
    assert all(len(set(fold[10 * i : 10 * i + 10])) == 1 for i in range(6))


def test_seeds_make_other_folds():
    labels, speakers = ["A", "B"] * 20, [f"s{i}" for i in range(40)]
    assert not np.array_equal(
        speaker_folds(labels, speakers, 4, 0), speaker_folds(labels, speakers, 4, 1)
    )


def test_too_few_speakers():
    with pytest.raises(CorpusError, match=r"AU has 2 speaker\(s\), too few for 3.*fewer folds"):
        speaker_folds(["US"] * 5 + ["AU"] * 4, [*"abcde", *"fgfg"], 3)
