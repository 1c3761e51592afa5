"""`cabcnn corpus`: what it prints and returns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import soundfile
from typer.testing import CliRunner

from cabcnn import cli
from cabcnn.corpora import LAYOUTS
from cabcnn.errors import CorpusError

RATE = 8_000


@pytest.fixture
def folder(tmp_path, babble) -> Path:
    """Two labels of three recordings each, one of which is no sound."""
    root = tmp_path / "voices"
    for number, name in enumerate(("UK/ann_1", "UK/ann_2", "UK/bob_1", "US/cy_1", "US/di_1")):
        path = root / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, babble(1.0 + number, RATE, number), RATE)
    (root / "US" / "di_2[red].wav").write_text("this is not a sound")
    return root


def run(*arguments: object):
    return CliRunner().invoke(cli.app, ["corpus", *(str(argument) for argument in arguments)])


def test_describe_prints_a_table_and_what_is_wrong(folder):
    result = run("describe", folder, "--speaker-pattern", "^[a-z]+")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert [line.split() for line in lines[:4]] == [
        ["label", "clips", "speakers", "hours"],
        ["UK", "3", "2", "0.00"],
        ["US", "3", "2", "0.00"],
        ["all", "6", "4", "0.00"],
    ]
    assert "Lengths: 1.00 to 5.00 s, half of them from 2.00 to 4.00 s, median 3.00 s." in lines
    assert "Sample rates: 8,000 Hz (5)." in lines
    assert "One recording can't be read; training leaves it out." in lines
    where = folder / "US" / "di_2[red].wav"
    assert any(line.startswith(f"  {where}: di_2[red].wav is text") for line in lines)


def test_describe_names_a_few_files_or_all(folder):
    few, every = run("describe", folder).stdout, run("describe", folder, "--all").stdout
    assert "6 recordings have no known speaker" in few
    assert few.count("cy_1.wav") == 0
    assert "and 3 more (--all lists them)" in few
    assert every.count("cy_1.wav") == 1
    assert "more (--all" not in every


def test_describe_in_json(folder):
    result = run("describe", folder, "--json", "--only", "UK", "--only", "US")
    told = json.loads(result.stdout)
    assert told["clips"] == 6
    assert [label["label"] for label in told["labels"]] == ["UK", "US"]
    assert [problem["kind"] for problem in told["problems"]] == ["unreadable", "unknown speaker"]


def test_describe_draws(folder, tmp_path):
    run("describe", folder, "--picture", tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_a_sound_corpus_has_no_problems(folder):
    (folder / "US" / "di_2[red].wav").unlink()
    result = run("describe", folder, "--speaker-pattern", "^[a-z]+")
    assert result.stdout.rstrip().endswith("No problems found.")


def test_one_label_is_described_and_refused(folder):
    result = run("describe", folder, "--only", "UK")
    assert isinstance(result.exception, CorpusError)
    assert "all of this corpus is 'UK'" in str(result.exception)
    assert "Lengths: 1.00 to 3.00 s" in result.stdout


def test_what_is_no_corpus_is_a_sentence(tmp_path):
    result = run("describe", tmp_path / "missing")
    assert isinstance(result.exception, CorpusError)
    assert "give a folder" in str(result.exception)


def test_layouts_are_listed():
    lines = run("layouts").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(LAYOUTS)


def test_prepare_fills_the_cache_and_names_what_is_left_out(folder, tmp_path):
    cache = tmp_path / "cache"
    for _ in range(2):
        result = run("prepare", folder, "--seconds", "2", "--cache", cache)
        assert result.exit_code == 0
        assert result.stdout == f"5 of 6 recordings (0.00417 hours) are ready in {cache}.\n"
        where = folder / "US" / "di_2[red].wav"
        assert result.stderr.startswith(f"{where}: left out: di_2[red].wav is text")
        assert len(result.stderr.splitlines()) == 1
    assert any(path.is_file() for path in cache.rglob("*"))


def test_prepare_refuses_what_cannot_be_learned_from(folder, tmp_path):
    result = run("prepare", folder, "--only", "UK", "--cache", tmp_path / "cache")
    assert isinstance(result.exception, CorpusError)
    result = run("prepare", folder, "--seconds", "0", "--cache", tmp_path / "cache")
    assert "it must be at least 0.025" in str(result.exception)
