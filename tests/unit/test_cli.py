"""The command line: what it prints, writes and returns."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

import cabcnn
from cabcnn import checkpoint, cli

RATE = 16_000


@pytest.fixture(autouse=True)
def models(formula_model, make_card, tmp_path_factory, monkeypatch) -> Path:
    folder = tmp_path_factory.mktemp("checkpoints")
    checkpoint.save(folder / "accents.safetensors", formula_model(3), make_card(name="accents"))
    monkeypatch.setattr(checkpoint, "folder", lambda: folder)
    return folder


@pytest.fixture
def voice(babble, tmp_path):
    def write(name: str, seconds: float = 2.0, seed: int = 0) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, babble(seconds, RATE, seed), RATE)
        return path

    return write


def run(*arguments: object):
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def test_explain_prints_the_label_and_all_probabilities(voice):
    path = voice("a.wav")
    result = run("explain", path)
    assert result.exit_code == 0
    x = cabcnn.load("accents").explain(path)
    name, label, *chances = result.stdout.strip().split("\t")
    assert (name, label) == (str(path), x.label)
    assert chances == [f"{k} {p:.3f}" for k, p in zip(x.labels, x.probabilities, strict=True)]
    assert "speakers it never heard" in result.stderr


def test_seconds_is_what_is_heard(voice, tmp_path):
    path = voice("a.wav", seconds=3)
    result = run("explain", path, "--seconds", "1", "--out", tmp_path / "out")
    with (tmp_path / "out" / "a.csv").open(encoding="utf-8") as file:
        assert len(list(csv.reader(file))) == 1 + 40
    assert "Only the first second" in result.stderr


@pytest.mark.parametrize("seconds", ["0", "-3", "nan", "inf", "1e308"])
def test_seconds_of_no_sense_are_a_sentence(voice, seconds):
    result = run("explain", voice("a.wav"), "--seconds", seconds)
    assert isinstance(result.exception, cabcnn.CabcnnError)
    assert "it must be at least 0.025" in str(result.exception)


def test_a_bad_file_is_told_and_the_others_are_done(voice, tmp_path):
    good, text = voice("good.wav"), tmp_path / "text.wav"
    text.write_text("this is not a sound")
    other = voice("other.flac", seed=1)
    result = run("explain", text, good, tmp_path / "missing.wav", other, "--out", tmp_path / "out")
    assert result.exit_code == 1
    printed = [line.split("\t")[0] for line in result.stdout.splitlines()]
    assert printed == [str(good), str(other)]
    told = [line for line in result.stderr.splitlines() if line.startswith(str(tmp_path))]
    assert [line.split(": ")[0] for line in told] == [str(text), str(tmp_path / "missing.wav")]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["good.csv", "other.csv"]


def test_equal_names_do_not_overwrite_each_other(voice, tmp_path):
    files = [voice("a/x.wav", 1), voice("b/x.wav", 2), voice("x-2.wav", 3), voice("X.flac", 4)]
    result = run("explain", *files, "--out", tmp_path / "out", "--format", "json")
    assert result.exit_code == 0
    found = {}
    for path in (tmp_path / "out").iterdir():
        x = json.loads(path.read_text("utf-8"))
        found[x["name"]] = (path.name.casefold(), round(x["seconds"]))
    assert [found[str(file)] for file in files] == [
        ("x.json", 1),
        ("x-3.json", 2),
        ("x-2.json", 3),
        ("x-4.json", 4),
    ]


def test_npz_is_written_on_demand(voice, tmp_path):
    path = voice("a.wav")
    run("explain", path, "--out", tmp_path / "out", "--format", "npz")
    with np.load(tmp_path / "out" / "a.npz", allow_pickle=False) as file:
        np.testing.assert_array_equal(
            file["attention"], cabcnn.load("accents").explain(path).attention
        )


def test_several_formats_are_written_at_once(voice, tmp_path):
    out = tmp_path / "out"
    formats = ["pdf", "textgrid", "long.csv", "html"]
    arguments = [part for name in formats for part in ("--format", name)]
    result = run("explain", voice("a.wav"), "--out", out, *arguments, "--with-sound")
    assert result.exit_code == 0
    names = sorted(path.name for path in out.iterdir())
    assert names == ["a.TextGrid", "a.html", "a.long.csv", "a.pdf"]
    assert "data:audio/wav;base64," in (out / "a.html").read_text("utf-8")


def test_the_formats_are_all_kinds_of_file_that_there_are():
    from cabcnn.cli.explain import Format
    from cabcnn.export.formats import KINDS

    assert {f".{kind.value}" for kind in Format} == set(KINDS)


def test_many_files_go_into_one_zip_with_a_summary(voice, tmp_path):
    (tmp_path / "text.wav").write_text("this is not a sound")
    files = [voice("a.wav", 1), tmp_path / "text.wav", voice("b/A.wav", 2)]
    path = tmp_path / "all.zip"
    result = run(
        "explain", *files, "--zip", path, "--format", "txt", "--format", "json", "--seconds", 1.5
    )
    assert result.exit_code == 1
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert names == [
            *("a-accents-1s.txt", "a-accents-1s.json"),
            *("A-accents-1.5s.txt", "A-accents-1.5s.json"),
            "summary.csv",
        ]
        summary = list(csv.DictReader(io.StringIO(archive.read("summary.csv").decode())))
    assert [row["clip"] for row in summary] == [str(file) for file in files]
    x = cabcnn.load("accents").explain(files[2], 1.5)
    row = summary[2]
    assert (row["label"], row["model"], row["error"]) == (x.label, "accents", "")
    chances = [float(row[f"probability {label}"]) for label in x.labels]
    np.testing.assert_allclose(chances, x.probabilities, atol=1e-6)
    assert float(row["effective classifiers"]) == pytest.approx(x.effective_classifiers, abs=1e-3)
    assert row["notices"] == "Only the first 1.5 seconds were used."
    assert "speakers it never heard" in row["score"]
    assert (summary[1]["label"], summary[0]["error"]) == ("", "")
    assert "text, not sound" in summary[1]["error"]


def test_a_zip_that_cannot_be_written_is_a_sentence_and_leaves_nothing(voice, tmp_path):
    result = run("explain", voice("a.wav"), "--zip", tmp_path / "nowhere" / "all.zip")
    assert isinstance(result.exception, cabcnn.CabcnnError)
    assert "can't be written" in str(result.exception)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.wav"]


def test_models_are_listed_with_what_they_are_worth(models):
    (models / "broken.safetensors").write_bytes(b"nothing")
    result = run("models")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "accents\tA network for tests\tUS, UK, AU\tOf 10 clips of speakers it never heard, it "
        "places about 6 right (62 ± 4 %; each class counted alike, guessing: 33 %), by the first "
        "30 s."
    ]
    assert result.stderr.startswith("broken: broken.safetensors is not a complete checkpoint")


def test_an_unknown_model_ends_in_one_sentence_and_no_traceback(voice):
    arguments = ["explain", str(voice("a.wav")), "--checkpoint", "nobody"]
    done = subprocess.run(
        [sys.executable, "-m", "cabcnn", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(cabcnn.__file__).parents[1])},
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("There is no checkpoint 'nobody'")
    assert len(done.stderr.splitlines()) == 1


def test_a_folder_that_cannot_be_made_is_a_sentence(voice, tmp_path):
    (tmp_path / "file").write_text("in the way")
    result = run("explain", voice("a.wav"), "--out", tmp_path / "file/x")
    assert isinstance(result.exception, cabcnn.CabcnnError)
    assert str(result.exception).startswith(f"{tmp_path / 'file/x'} can't be written")


def test_help_needs_neither_gradio_nor_torch():
    code = "import sys, cabcnn.cli; sys.exit(not {'gradio', 'torch'}.isdisjoint(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_help_of_the_page_names_what_mcp_needs_in_full():
    """Rich takes what stands in brackets for a style, and leaves it out."""
    assert "'gradio[mcp]'" in run("app", "--help").stdout


def test_a_format_wants_a_folder(voice):
    result = run("explain", voice("a.wav"), "--format", "json")
    assert isinstance(result.exception, cabcnn.CabcnnError)
    assert "give --out" in str(result.exception)
