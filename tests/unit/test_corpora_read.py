"""The door to all layouts: detection, folders per label, lists, and what cannot be learned from."""

from __future__ import annotations

import os
import pickle
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from cabcnn.corpora import LAYOUTS, Clip, check, detect, path_within, read
from cabcnn.corpora.folder import read_folder
from cabcnn.corpora.manifest import read_manifest
from cabcnn.errors import CorpusError

Touch = Callable[..., Path]


@pytest.fixture
def touch(tmp_path) -> Touch:
    """Makes empty files: reading a corpus opens no sound."""

    def make(*names: str, root: str = ".") -> Path:
        for name in names:
            path = tmp_path / root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return tmp_path / root

    return make


def shown(clips: list[Clip], folder: Path) -> list[tuple[str, str, str]]:
    return [(c.path.relative_to(folder).as_posix(), c.label, c.speaker) for c in clips]


# A folder per label


def test_a_folder_per_label_whatever_is_in_it(touch):
    folder = touch(
        "US/one.WAV",
        "US/deep/er/two.Mp3",
        "UK/three.flac",
        "UK/._three.flac",
        "UK/.hidden/four.wav",
        "UK/notes.txt",
        "__MACOSX/UK/five.wav",
        ".git/six.wav",
        "readme.md",
    )
    assert detect(folder) == (folder, "folder")
    assert shown(read(folder), folder) == [
        ("UK/three.flac", "UK", ""),
        ("US/one.WAV", "US", ""),
        ("US/deep/er/two.Mp3", "US", ""),
    ]


@pytest.mark.parametrize(
    ("pattern", "speakers"),
    [
        (r"^[a-z]+", ["ann", "bob"]),
        (r"^([a-z]+)_(\d+)", ["ann", "bob"]),
        (r"(\d)_?(?P<speaker>\d)", ["2", "4"]),
        (r"^[^/]+/([^/]+)/", ["first", "second"]),
        (r"(x)?_(\d)", ["12", "34"]),
    ],
)
def test_speakers_by_a_pattern(touch, pattern, speakers):
    folder = touch("UK/first/ann_12.wav", "US/second/bob_34.wav")
    found = [clip.speaker for clip in read(folder, speaker_pattern=pattern)]
    assert found == [speakers[i][: len(found[i])] for i in range(2)]
    assert all(found)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("([a-z", "can.t be used"),
        (r"^\d+", r"finds no speaker in ann_1\.wav; change the pattern"),
        ("x*", "finds no speaker"),
    ],
)
def test_a_pattern_that_finds_nobody(touch, pattern, said):
    with pytest.raises(CorpusError, match=said):
        read(touch("UK/ann_1.wav", "US/bob_1.wav"), speaker_pattern=pattern)


def test_a_recording_outside_any_label(touch):
    with pytest.raises(CorpusError, match=r"stray\.wav lies outside any label's folder"):
        read(touch("UK/a.wav", "US/b.wav", "stray.wav"))


def test_a_folder_without_recordings(touch):
    with pytest.raises(CorpusError, match="holds no recordings; give a folder"):
        read(touch("UK/a.txt"))


def test_wrapping_folders_are_looked_through(touch, tmp_path):
    inner = touch("UK/a.wav", "US/b.wav", root="dataset/v1")
    touch("__MACOSX/x.wav")
    assert detect(tmp_path) == (inner, "folder")
    assert {clip.label for clip in read(tmp_path)} == {"UK", "US"}
    assert {clip.label for clip in read_folder(tmp_path)} == {"dataset"}


def test_one_label_stays_one_label(touch):
    folder = touch("UK/a.wav", "UK/b.wav")
    assert {clip.label for clip in read(folder)} == {"UK"}


def test_links_that_run_in_circles(touch):
    folder = touch("UK/a.wav", "US/b.wav")
    (folder / "UK" / "again").symlink_to(folder, target_is_directory=True)
    assert len(read(folder)) == 2


@pytest.mark.parametrize(
    "ending",
    [
        "wave",
        "WAVE",
        "3gpp",
        "3g2",
        "sph",
        "nist",
        "m4v",
        "mpga",
        "m4b",
        "qt",
        "rf64",
        "ogx",
        "awb",
    ],
)
def test_all_usual_endings_of_sounds_are_read(touch, ending):
    folder = touch("A/1.wav", f"B/1.{ending}")
    assert shown(read(folder), folder) == [("A/1.wav", "A", ""), (f"B/1.{ending}", "B", "")]
    assert read(folder).notes == {}


def test_what_is_no_sound_by_its_ending_is_noted(touch):
    folder = touch("A/1.wav", "A/notes.txt", "A/Thumbs.db", "A/.DS_Store", "B/1.wav", "C/1.xyz")
    (folder / "D").mkdir()
    clips = read(folder, labels=["B"])
    assert shown(clips, folder) == [("B/1.wav", "B", "")]
    assert clips.notes == {
        "not a sound": [str(folder / "A/notes.txt"), str(folder / "C/1.xyz")],
        "no recordings": [str(folder / "C"), str(folder / "D")],
    }


def test_a_corpus_of_no_sounds_by_their_endings(touch):
    with pytest.raises(CorpusError, match=r"no recordings, only files with \.abc, no ending; give"):
        read(touch("A/1.abc", "B/2"))


def test_unicode_forms_of_one_name_are_one_label_and_one_speaker(touch):
    nfc, nfd = unicodedata.normalize("NFC", "Zoë"), unicodedata.normalize("NFD", "Zoë")
    assert nfc != nfd
    folder = touch(f"{nfc}/{nfd}_1.wav", f"{nfd}/{nfc}_2.wav", "Bob/Bob_3.wav")
    clips = read(folder, speaker_pattern="before-underscore")
    assert {clip.label for clip in clips} == {clip.speaker for clip in clips} == {nfc, "Bob"}
    assert clips.notes == {"unicode": [nfc]}
    check(clips)
    assert len(read(folder, labels=[nfd])) == 2
    assert read(touch(f"{nfd}/1.wav", "Bob/1.wav", root="other")).notes == {}


@pytest.mark.parametrize("other", ["ＵＫ", "U\u200bK", "u\u00a0k", "U\u00adK"])
def test_labels_that_look_alike_are_refused(other):
    clips = [Clip(Path("a.wav"), "UK", ""), Clip(Path("b.wav"), other, "")]
    with pytest.raises(CorpusError, match="differ only in case, spaces or Unicode form"):
        check(clips)


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (("train/A/1.wav", "train/B/2.wav", "test/A/3.wav", "test/B/4.wav"), "train test"),
        (("Training/A/1.wav", "Training/B/2.wav", "dev_set/A/3.wav", "eval/B/4.wav"), ""),
        (("A/train/1.wav", "A/test/2.wav", "B/train/3.wav", "B/Testing/4.wav"), "train test"),
    ],
)
def test_folders_of_an_official_split_are_no_labels(touch, names, splits):
    folder = touch(*names, "test/readme.md")
    clips = read(folder, speaker_pattern="each-file")
    assert {clip.label for clip in clips} == {"A", "B"}
    expected = {"train", "test"} if splits else {"train", "test", "validation"}
    assert {clip.split for clip in clips} == expected
    assert {clip.path.relative_to(folder).as_posix() for clip in clips} == set(names)
    assert all(clip.speaker == f"{clip.label}/{clip.path.name}" for clip in clips)
    assert len(clips.notes["own split"]) == len(expected)


def test_a_split_next_to_labels_or_without_them_is_refused(touch):
    for folder in (
        touch("train/A/1.wav", "test/A/2.wav", "noise/3.wav", root="beside"),
        touch("train/1.wav", "test/2.wav", root="without"),
        touch("train/A/1.wav", "train/B/1.wav", "test/2.wav", root="partly"),
    ):
        with pytest.raises(CorpusError, match="test and train, the parts of a split, but"):
            read(folder)


def test_words_that_are_no_split_stay_labels(touch):
    folder = touch("train/1.wav", "bus/2.wav", "car/dev/3.wav")
    assert [clip.label for clip in read(folder)] == ["bus", "car", "train"]
    assert read(folder).notes == {}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_a_folder_that_may_not_be_listed(touch):
    folder = touch("UK/a.wav", "US/b.wav")
    (folder / "US").chmod(0)
    with pytest.raises(CorpusError, match="can't be listed"):
        read(folder)
    (folder / "US").chmod(0o700)


@pytest.mark.skipif(os.name == "nt", reason="Windows' names are text")
@pytest.mark.parametrize("name", [b"UK/\xff.wav", b"\xff/a.wav"])
def test_names_that_are_no_text(touch, name):
    folder = touch("UK/a.wav", "US/b.wav")
    path = os.fsencode(folder) + b"/" + name
    os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
    Path(os.fsdecode(path)).touch()
    with pytest.raises(CorpusError, match=r"xff.*is not in UTF-8; rename"):
        read(folder)


# Lists


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_list(tmp_path, separator, encoding):
    lines = ["Path|Label|Speaker|Split|Region", "a.wav|UK|ann|train|Ely", "/b/c.wav| US |||", ""]
    text = "\r\n".join(lines).replace("|", separator)
    clips = read(write(tmp_path / "list.csv", text, encoding))
    assert clips == [
        Clip(tmp_path / "a.wav", "UK", "ann", "train", {"Region": "Ely"}),
        Clip(Path("/b/c.wav"), "US", "", "", {"Region": ""}),
    ]


def test_a_list_by_other_columns(tmp_path):
    text = 'file,accent,who,label\n"a, b.wav",UK,ann,x\n'
    clips = read(write(tmp_path / "list.tsv", text), label="accent", speaker="Who")
    assert clips == [Clip(tmp_path / "a, b.wav", "UK", "ann", extra={"label": "x"})]


def test_a_list_in_the_folder(tmp_path):
    write(tmp_path / "manifest.tsv", "path\tlabel\nUK/a.wav\tBritish\n")
    assert read(tmp_path) == [Clip(tmp_path / "UK/a.wav", "British", "")]
    assert detect(tmp_path) == (tmp_path, "manifest")


@pytest.mark.parametrize("layout", [None, "manifest"])
def test_the_only_list_beside_recordings_is_taken_whatever_it_is_called(touch, tmp_path, layout):
    folder = touch("x/a.wav", "y/b.wav", root="voices")
    write(folder / "My recordings.TSV", "path\tlabel\nx/a.wav\tUK\ny/b.wav\tUS\n")
    write(folder / "._list.csv", "what macOS leaves")
    for source in (folder, tmp_path):
        assert shown(read(source, layout), folder) == [("x/a.wav", "UK", ""), ("y/b.wav", "US", "")]


def test_of_several_lists_the_one_of_recordings_is_taken(touch):
    folder = touch("x/a.wav", "y/b.wav")
    write(folder / "a.csv", "file,accent\nx/a.wav,UK\n")
    write(folder / "words.csv", "word,count\npear,2\n")
    assert [clip.label for clip in read(folder, label="accent")] == ["UK"]
    write(folder / "manifest.csv", "file,accent\nx/a.wav,US\n")
    assert [clip.label for clip in read(folder, label="accent")] == ["US"]


FOLDERS = "; or choose the layout folder, which labels recordings by their folders."


@pytest.mark.parametrize("layout", [None, "manifest"])
@pytest.mark.parametrize(
    ("lists", "said"),
    [
        (
            {"list.csv": "path,accent\nx/a.wav,UK\n"},
            "list.csv has no column 'label', only path, accent; choose another column or add it",
        ),
        ({"list.csv": ""}, "list.csv is empty; give a list with a line for each recording"),
        (
            {"a.csv": "path,label\n", "b.tsv": "path\tlabel\n", "c.csv": "word\n"},
            "holds 3 lists, a.csv, b.tsv, c.csv: give the one to use, or rename it to manifest.csv",
        ),
        ({"a.csv": "word\n", "b.csv": "word\n"}, "holds 2 lists, a.csv, b.csv"),
    ],
)
def test_recordings_are_not_labelled_by_folders_while_a_list_lies_unused(
    touch, layout, lists, said
):
    folder = touch("x/a.wav", "y/b.wav")
    for name, text in lists.items():
        write(folder / name, text)
    with pytest.raises(CorpusError) as told:
        read(folder, layout)
    assert said in str(told.value)
    assert str(told.value).endswith(FOLDERS)
    assert [clip.label for clip in read(folder, "folder")] == ["x", "y"]


@pytest.mark.parametrize("name", ["train/labels.csv", "about/list.tsv"])
def test_a_list_one_folder_below_is_not_passed_over(touch, name):
    folder = touch("train/a.wav", "test/b.wav", name)
    with pytest.raises(CorpusError, match=rf"{name} would be ignored: put one list of all") as told:
        read(folder)
    assert str(told.value).endswith(FOLDERS)
    with pytest.raises(CorpusError, match=r"test and train, the parts of a split, but .* lies out"):
        read(folder, "folder")


def test_a_folder_without_a_list_where_one_is_meant(touch):
    with pytest.raises(CorpusError, match=r"holds no list in CSV or TSV; give the list itself"):
        read(touch("UK/a.wav", "US/b.wav"), "manifest")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"list\.csv is empty"),
        ("path,label\n", "lists no recordings"),
        ("path,label\na.wav,UK\nb.wav\n", "Line 3 of .* has no label; fill it in"),
        ("path,label\n,UK\n", "Line 2 .* has no path"),
        ("path,label\na\0.wav,UK\n", "Line 2 .* holds a zero byte"),
        ("a.wav,UK\nb.wav,US\n", r"no column 'path or file or .*', only a\.wav, UK"),
        ("path,accent\na.wav,UK\n", "no column 'label', only path, accent; choose another"),
        ("path,label,label\na.wav,UK,US\n", "the column 'label' twice"),
        ('path,label\n"a.wav,UK\n' + "b.wav,US\n" * 20_000, "row in line 2 of .* has a quotation"),
    ],
)
def test_a_list_that_cannot_be_used(tmp_path, text, said):
    with pytest.raises(CorpusError, match=said):
        read(write(tmp_path / "list.csv", text))


def test_a_list_in_the_encoding_of_windows_is_a_guess(tmp_path):
    clips = read(write(tmp_path / "list.csv", "path,label\né.wav,Québec\n", "cp1252"))
    assert shown(clips, tmp_path) == [("é.wav", "Québec", "")]
    assert clips.notes == {"encoding": [f"{tmp_path / 'list.csv'}: read as cp1252"]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("first", ["", "sep={}\r\n", '"sep={}"\r\n'])
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_a_list_of_a_spreadsheet(tmp_path, encoding, first, separator):
    text = first.format(separator) + "path~label\r\na.wav~Zoë\r\nb.wav~UK\r\n"
    clips = read(write(tmp_path / "list.csv", text.replace("~", separator), encoding))
    assert shown(clips, tmp_path) == [("a.wav", "Zoë", ""), ("b.wav", "UK", "")]
    assert clips.notes == {}


def test_paths_as_windows_writes_them(touch):
    folder = touch("A/1.wav", "B/2.wav")
    text = "path,label\nA\\1.wav,x\nB\\2.wav,y\nB\\3.wav,y\n"
    clips = read(write(folder / "list.csv", text))
    assert [clip.path.relative_to(folder).as_posix() for clip in clips] == [
        "A/1.wav",
        "B/2.wav",
        "B\\3.wav",
    ]
    write(folder / "list.csv", "path,label\n..\\outside.wav,x\n")
    (folder.parent / "outside.wav").touch()
    with pytest.raises(CorpusError, match="lies outside"):
        read(folder, inside=folder)


def test_quotes_without_a_partner_in_a_tsv_are_text(tmp_path):
    text = (
        'path\tsentence\tlabel\n1.wav\t"Hello he said\tx\n2.wav\tall well\tx\n'
        '3.wav\tbut no\ty\n4.wav\tend"\ty\n5.wav\t"open\ty\n'
    )
    clips = read(write(tmp_path / "list.tsv", text))
    assert shown(clips, tmp_path) == [(f"{n}.wav", "xxyyy"[n - 1], "") for n in range(1, 6)]
    assert clips[0].extra == {"sentence": '"Hello he said'}
    assert clips.notes == {"quotes": [f"{tmp_path / 'list.tsv'}, line {n}" for n in (2, 6)]}


@pytest.mark.parametrize(
    "rows",
    [
        '1.wav,"Hello,x\n2.wav,well,y\n3.wav,end",y\n',
        '1.wav,"Hello,x\n2.wav,well,y\n',
        '1.wav,"Hello,x"\n2.wav,well,y\n',
    ],
)
def test_quotes_without_a_partner_in_a_csv_are_refused(tmp_path, rows):
    text = "path,sentence,label\n0.wav,so,x\n" + rows
    with pytest.raises(CorpusError, match=r"row in line 3 of .*list.csv has a quotation mark with"):
        read(write(tmp_path / "list.csv", text))


@pytest.mark.parametrize("separator", [",", "\t"])
def test_quoted_cells_may_hold_lines_and_delimiters(tmp_path, separator):
    text = (
        'path~sentence~label\n1.wav~"one, two~\nthree, four"~x\n"2.wav"~"he said ""no"""~"y"\n'
    ).replace("~", separator)
    clips = read(write(tmp_path / "list.csv", text))
    assert shown(clips, tmp_path) == [("1.wav", "x", ""), ("2.wav", "y", "")]
    assert clips[1].extra == {"sentence": 'he said "no"'}
    assert clips.notes == {}


def test_a_list_that_is_missing(tmp_path):
    with pytest.raises(CorpusError, match=r"holds no list\.csv"):
        read_manifest(tmp_path / "list.csv")


def test_a_column_that_is_asked_for_must_be_there(tmp_path):
    path = write(tmp_path / "list.csv", "path,label\na.wav,UK\n")
    with pytest.raises(CorpusError, match="no column 'voice'"):
        read(path, speaker="voice")


@pytest.mark.parametrize("name", ["../other/b.wav", "/etc/passwd", "link.wav"])
def test_a_strangers_list_stays_inside(tmp_path, name):
    inside, other = tmp_path / "in", tmp_path / "other"
    inside.mkdir()
    other.mkdir()
    write(other / "b.wav", "")
    (inside / "link.wav").symlink_to(other / "b.wav")
    good = write(inside / "good.csv", "path,label\nsub/../a.wav,UK\n")
    assert len(read(good, inside=inside)) == 1
    bad = write(inside / "bad.csv", f"path,label\na.wav,UK\n{name},US\n")
    with pytest.raises(CorpusError, match="lies outside the corpus's folder"):
        read(bad, inside=inside)
    assert len(read(bad)) == 2


# The door


def test_every_layout_has_a_sentence():
    assert list(LAYOUTS) == [
        "built-in",
        "speech-accent-archive",
        "vctk",
        "openslr-83",
        "common-voice",
        "ut-podcast",
        "fsdd",
        "manifest",
        "folder",
    ]
    assert all(about.endswith(".") for about in LAYOUTS.values())


def test_some_labels_only(touch):
    folder = touch("UK/a.wav", "US/b.wav", "AU/c.wav")
    assert [clip.label for clip in read(folder, labels=["US", "AU"])] == ["AU", "US"]
    with pytest.raises(CorpusError, match=r"has no label 'us', only AU, UK, US"):
        read(folder, labels=["us"])


def test_digits_are_recognised(touch):
    folder = touch("7_jackson_32.wav", "0_theo_0.WAV", root="recordings").parent
    assert detect(folder) == (folder, "fsdd")
    assert [clip.label for clip in read(folder)] == ["0", "7"]


@pytest.mark.parametrize(
    ("name", "layout", "options", "said"),
    [
        ("missing", None, {}, "There is no .*missing; give a folder"),
        ("missing", "folder", {}, "There is no .*missing; give a folder"),
        (".", "floder", {}, "no layout 'floder'; choose one of built-in, "),
        (".", "folder", {"label": "accent"}, "layout folder takes no label; leave it out"),
        (".", "fsdd", {"speaker_pattern": "x"}, "takes no speaker pattern"),
        ("a.zip", None, {}, r"a\.zip is an archive; unpack it"),
        ("UK/b.wav", None, {}, "is not a corpus; give a folder, or a list"),
        ("x" * 300, None, {}, "can't be read"),
        ("a\0b", "folder", {}, "There is no"),
    ],
)
def test_what_is_no_corpus(touch, name, layout, options, said):
    folder = touch("a.zip", "UK/b.wav")
    with pytest.raises(CorpusError, match=said):
        read(folder / name, layout, **options)


def test_a_file_where_a_folder_is_meant(touch):
    with pytest.raises(CorpusError, match=r"a\.wav .*give a folder"):
        read(touch("UK/a.wav") / "UK/a.wav", "folder")


def test_clips_can_be_sent_to_other_processes(touch):
    clips = read(touch("UK/a.wav", "US/b.wav"))
    assert pickle.loads(pickle.dumps(clips)) == clips  # noqa: S301


def test_clips_are_called_by_their_paths_inside_the_corpus(touch, tmp_path, monkeypatch):
    folder = touch("UK/a.wav", "US/b.wav", root="corpus")
    listing = folder / "list.csv"
    listing.write_text(f"path,label\nUK/a.wav,UK\n{tmp_path}/elsewhere.wav,US\n")
    assert [path_within(clip.path, folder) for clip in read(folder, "folder")] == [
        "UK/a.wav", "US/b.wav",
    ]  # fmt: skip
    assert [path_within(clip.path, listing) for clip in read(listing)] == [
        "UK/a.wav", f"{tmp_path}/elsewhere.wav",
    ]  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert path_within(folder / "UK" / "a.wav", "corpus") == "UK/a.wav"
    voices = read("built-in")
    assert not Path(path_within(voices[0].path, "built-in")).is_absolute()


# What can be learned from


def clips_of(*labels: str) -> list[Clip]:
    return [Clip(Path(f"{i}.wav"), label, "") for i, label in enumerate(labels)]


def test_two_labels_can_be_learned_from():
    check(clips_of("UK", "US", "UK"))


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([], "empty; it needs recordings of two classes"),
        (["UK", "UK"], "two classes or more, and all of this corpus is 'UK'"),
        (["UK", "US", "uk"], "'UK' and 'uk' differ only in case"),
        (["New York", "Newyork "], "differ only in case"),
        (["Straße", "STRASSE"], "differ only in case"),
    ],
)
def test_what_cannot_be_learned_from(labels, said):
    with pytest.raises(CorpusError, match=said):
        check(clips_of(*labels))
