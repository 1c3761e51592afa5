"""Each layout's reader on a small corpus made here, with what the real one does differently."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile

from cabcnn.corpora import Clip, read
from cabcnn.corpora.common_voice import read_common_voice
from cabcnn.corpora.layouts import detect
from cabcnn.corpora.openslr83 import read_openslr83
from cabcnn.corpora.ut_podcast import read_ut_podcast
from cabcnn.corpora.vctk import read_vctk
from cabcnn.errors import CorpusError

Lay = Callable[..., Path]


@pytest.fixture
def lay(tmp_path, babble) -> Lay:
    """Lays out a corpus: sounds by their paths, lists as `name_ending="what it says"`."""
    sound = babble(0.1, 8_000)

    def write(*sounds: str, **lists: str) -> Path:
        for name in sounds:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, sound, 8_000)
        for name, text in lists.items():
            stem, _, ending = name.rpartition("_")
            (tmp_path / f"{stem}.{ending}").write_text(text, encoding="utf-8")
        return tmp_path

    return write


def rows(*lines: str, separator: str = "\t") -> str:
    return "".join(line.replace("~", separator) + "\n" for line in lines)


# UT-Podcast


def test_ut_podcast_is_a_folder_a_label_under_audio(lay):
    folder = lay("audio/US/a.wav", "audio/UK/x/b.WAV", "audio/AU/c.wav", readme_txt="not a list")
    assert detect(folder) == (folder, "ut-podcast")
    assert read(folder) == [
        Clip(folder / "audio/AU/c.wav", "AU", ""),
        Clip(folder / "audio/UK/x/b.WAV", "UK", ""),
        Clip(folder / "audio/US/a.wav", "US", ""),
    ]


def test_ut_podcast_with_speakers_that_somebody_knows(lay):
    folder = lay("audio/us/ann_1.wav", "audio/uk/bob_1.wav", "audio/au/cy_1.wav")
    clips = read_ut_podcast(folder, r"^([a-z]+)_")
    assert [(c.label, c.speaker) for c in clips] == [("AU", "cy"), ("UK", "bob"), ("US", "ann")]


def test_no_ut_podcast(lay):
    with pytest.raises(CorpusError, match="no audio with the folders US, UK, AU"):
        read_ut_podcast(lay("audio/US/a.wav", "audio/UK/b.wav"))


# Mozilla Common Voice

OLD = rows(
    "client_id~path~sentence~up_votes~down_votes~age~gender~accent",
    'ann~1.mp3~He said "no.~2~0~twenties~female~england',
    'bob~2.mp3~"Unbalanced~2~0~~male~us',
    "bob~3.mp3~A line\u2028that is one~2~0~~male~us",
    "cy~4.mp3~Nothing told~2~0~~~",
)
NEW = rows(
    "client_id~path~sentence~up_votes~down_votes~age~gender~accents~variant~locale~segment",
    "ann~1.mp3~A~2~0~~female_feminine~England English~~en~",
    "bob~2.mp3~B~2~0~fifties~male_masculine~India and South Asia (India, Pakistan, Sri Lanka)~~en~",
    "cy~3.mp3~C~2~0~~other~United States English|England English~~en~",
    "di~4.mp3~D~2~0~~~england english~~en~",
    "ed~5.mp3~E~2~0~~~ England  English ~~en~",
    "fi~6.mp3~F~2~0~~~England English|England English~~en~",
    "gu~7.mp3~G~2~0~~~~~en~",
)


def common_voice(lay: Lay, text: str) -> Path:
    folder = lay(validated_tsv=text)
    (folder / "clips").mkdir()
    return folder


def test_common_voice_up_to_release_6(lay):
    folder = common_voice(lay, OLD)
    assert detect(folder) == (folder, "common-voice")
    clips = read(folder)
    assert [(c.path.name, c.label, c.speaker) for c in clips] == [
        ("1.mp3", "england", "ann"),
        ("2.mp3", "us", "bob"),
        ("3.mp3", "us", "bob"),
    ]
    assert {c.path.parent for c in clips} == {folder / "clips"}
    assert clips[0].extra == {"gender": "female", "age": "twenties"}


def test_common_voice_from_release_7(lay):
    clips = read(common_voice(lay, NEW))
    asian = "India and South Asia (India, Pakistan, Sri Lanka)"
    assert [(c.speaker, c.label) for c in clips] == [
        ("ann", "England English"),
        ("bob", asian),
        ("di", "England English"),
        ("ed", "England English"),
        ("fi", "England English"),
    ]
    assert [c.extra for c in clips[:2]] == [
        {"gender": "female"},
        {"gender": "male", "age": "fifties"},
    ]
    assert clips.notes == {"not one label": ["1 with none", "1 with several"]}


def test_common_voice_by_another_column(lay):
    clips = read(common_voice(lay, NEW), label="gender")
    assert [(c.speaker, c.label) for c in clips] == [
        ("ann", "female"),
        ("bob", "male"),
        ("cy", "other"),
    ]


def test_one_of_common_voices_other_lists(lay):
    folder = common_voice(lay, OLD)
    (folder / "test.tsv").write_text(
        rows("client_id~path~sentence~accent", "ann~1.mp3~A~england"), encoding="utf-8"
    )
    assert detect(folder / "test.tsv") == (folder / "test.tsv", "common-voice")
    assert [c.path.name for c in read(folder / "test.tsv")] == ["1.mp3"]


def test_common_voice_of_a_release_without_accents(lay):
    folder = common_voice(lay, rows("client_id~path~accents", "ann~1.mp3~", "bob~2.mp3~"))
    with pytest.raises(CorpusError, match=r"column 'accents' .* is empty; use another"):
        read(folder)


def test_common_voice_without_the_column(lay):
    folder = common_voice(lay, OLD)
    with pytest.raises(CorpusError, match="no column shoe_size, only client_id, path"):
        read(folder, label="shoe_size")


def test_common_voice_cut_off(lay):
    folder = common_voice(lay, OLD + "dee")
    with pytest.raises(CorpusError, match=r"Line \d+ of .*validated\.tsv is incomplete"):
        read_common_voice(folder)


# VCTK

VCTK_080 = """ID  AGE  GENDER  ACCENTS  REGION
225  23  F    English    Southern  England
226  22  M    English    Surrey
248  23  F    Indian
251  26  M    Indian
"""
VCTK_092 = """ID  AGE  GENDER  ACCENTS  REGION COMMENTS
p225  23  F    English    Southern  England
p280  25  F    French     (mic2 files unavailable)
p315  18  M    American   New England  (transcripts unavailable)
p362  29  F    American
s5    24  M    British

"""


def test_vctk_080(lay):
    folder = lay(
        "wav48/p225/p225_001.wav",
        "wav48/p225/p225_002.wav",
        "wav48/p248/p248_001.wav",
        "wav48/p999/p999_001.wav",
        **{"speaker-info_txt": VCTK_080},
    )
    assert detect(folder) == (folder, "vctk")
    clips = read(folder)
    assert [(c.path.name, c.label, c.speaker) for c in clips] == [
        ("p225_001.wav", "English", "p225"),
        ("p225_002.wav", "English", "p225"),
        ("p248_001.wav", "Indian", "p248"),
    ]
    assert clips[0].extra == {"age": "23", "gender": "F", "region": "Southern  England"}
    assert "region" not in clips[2].extra
    assert read(folder / "speaker-info.txt") == clips


def test_vctk_092_takes_one_microphone(lay):
    audio = "wav48_silence_trimmed"
    folder = lay(
        f"{audio}/p225/p225_001_mic1.flac",
        f"{audio}/p225/p225_001_mic2.flac",
        f"{audio}/p225/p225_002_mic2.flac",
        f"{audio}/p280/p280_001_mic1.flac",
        f"{audio}/p315/p315_001_mic1.flac",
        f"{audio}/s5/s5_001_mic1.flac",
        **{"speaker-info_txt": VCTK_092},
    )
    (folder / audio / "log.txt").write_text("not a speaker")
    clips = read(folder)
    assert [(c.path.name, c.label, c.speaker) for c in clips] == [
        ("p225_001_mic1.flac", "English", "p225"),
        ("p225_002_mic2.flac", "English", "p225"),
        ("p280_001_mic1.flac", "French", "p280"),
        ("p315_001_mic1.flac", "American", "p315"),
        ("s5_001_mic1.flac", "British", "s5"),
    ]
    assert "region" not in clips[2].extra
    assert clips[3].extra["region"] == "New England"
    second = folder / audio / "p225/p225_001_mic2.flac"
    assert clips.notes == {"second microphone": [str(second)]}


def test_vctk_speakers_of_whom_the_list_says_too_little(lay):
    listing = "ID AGE GENDER ACCENTS\n1 23 F English\n2 24\n"
    clips = read_vctk(lay("wav48/p1/p1_001.wav", **{"speaker-info_txt": listing}))
    assert clips.notes == {"not listed": ["2"]}


def test_vctk_without_recordings(lay):
    folder = lay(**{"speaker-info_txt": VCTK_080})
    with pytest.raises(CorpusError, match="no wav48_silence_trimmed or wav48"):
        read(folder)
    (folder / "wav48").mkdir()
    with pytest.raises(CorpusError, match="no recordings of the speakers"):
        read_vctk(folder)


# Speech Accent Archive

KAGGLE = rows(
    "age,age_onset,birthplace,filename,native_language,sex,speakerid,country,file_missing?,,,",
    '24,12,"koussi, senegal",balanta1,balanta,male,788,senegal,TRUE,,,',
    '18,0,"pittsburgh, pennsylvania, usa",english1,english,male,61,usa,FALSE,,,',
    '27,0,"london, uk",english2,english,famale,62,uk,FALSE,,,',
    '33,0,"perth, australia",english3,english,female,63,australia,FALSE,,,',
    '20,0,"kingston, jamaica",english4,english,female,64,jamaica,FALSE,,,',
    '40,9,"paris, france",french1,french,female,65,usa,FALSE,,,',
)


@pytest.mark.parametrize("where", ["recordings/recordings", "recordings"])
def test_archive_from_kaggle(lay, where):
    folder = lay(f"{where}/english1.mp3", speakers_all_csv=KAGGLE)
    assert detect(folder) == (folder, "speech-accent-archive")
    clips = read(folder)
    assert [(c.path, c.label, c.speaker) for c in clips] == [
        (folder / where / "english1.mp3", "US", "61"),
        (folder / where / "english2.mp3", "UK", "62"),
        (folder / where / "english3.mp3", "AU", "63"),
    ]
    assert [c.extra["sex"] for c in clips] == ["male", "female", "female"]
    assert clips[0].extra["birthplace"] == "pittsburgh, pennsylvania, usa"
    assert read(folder / "speakers_all.csv") == clips
    assert clips.notes == {
        "missing": ["balanta1"],
        "not one label": ["1 English of other countries", "1 not native"],
    }
    languages = [clip.label for clip in read(folder, label="first-language")]
    assert languages == ["english"] * 4 + ["french"]


def test_a_task_the_archive_has_not(lay):
    with pytest.raises(CorpusError, match="accent or first-language, not 'shoes'"):
        read(lay(speakers_all_csv=KAGGLE), label="shoes")


# OpenSLR-83

INDEX = rows(
    "EN1083, wef_12484_01482829612, The second half, he said, was better",
    'EN1084, som_02436_00388340153, "Unbalanced',
    "EN1085, irm_02484_00388340154, Not unpacked",
)


def test_openslr83(lay):
    folder = lay(
        "welsh_english_female/wef_12484_01482829612.wav",
        "som_02436_00388340153.wav",
        line_index_all_csv=INDEX,
    )
    assert detect(folder) == (folder, "openslr-83")
    assert read(folder) == [
        Clip(
            folder / "welsh_english_female/wef_12484_01482829612.wav",
            "Welsh",
            "12484",
            extra={"sex": "female"},
        ),
        Clip(folder / "som_02436_00388340153.wav", "Southern", "02436", extra={"sex": "male"}),
    ]
    assert read(folder / "line_index_all.csv") == read(folder)
    assert read(folder).notes == {"missing": ["irm_02484_00388340154"]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (INDEX, "holds none of the recordings"),
        ("EN1083\n", "Line 1 of .* is incomplete"),
        ("EN1083, xyz_1_2, A\n", "names 'xyz_1_2', which is not like"),
        ("", "is empty"),
    ],
)
def test_openslr83_that_cannot_be_read(lay, text, said):
    with pytest.raises(CorpusError, match=said):
        read_openslr83(lay(line_index_all_csv=text))
