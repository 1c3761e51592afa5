"""`cabcnn study`, as it is typed: from a corpus on disk to the report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import soundfile
from typer.testing import CliRunner

from cabcnn import cli
from cabcnn.errors import CabcnnError
from cabcnn.study import paper
from cabcnn.study.grid import MODELS, known_names
from cabcnn.study.prepared import PreparedCorpus

pytestmark = pytest.mark.usefixtures("one_thread")


def run(*arguments: object):
    return CliRunner().invoke(cli.app, ["study", *map(str, arguments)])


@pytest.fixture(scope="module")
def podcasts(tmp_path_factory, babble, tone) -> Path:
    """UT-Podcast as `cabcnn corpus fetch ut-podcast FOLDER` leaves it, but for its sounds."""
    folder = tmp_path_factory.mktemp("corpora") / "ut-podcast"
    for number, label in enumerate(("US", "UK", "AU")):
        for clip in range(10):
            path = folder / "UT-Podcast" / "audio" / label / f"{label}{clip}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            sound = babble(0.4, 8_000, 10 * number + clip) + tone(0.4, 8_000, 200 * (number + 1))
            soundfile.write(path, sound, 8_000)
    (folder.parent / "ut-podcast.json").write_text("{}")
    return folder


def test_the_papers_corpus_is_studied_with_its_numbers_beside_ours(podcasts, tmp_path):
    result = run(
        podcasts, "--out", tmp_path, "--models", "cab-cnn", "--models", "attention-cnn",
        "--seconds", "5,10", "--seconds", "30, 60", "--runs", 1, "--epochs", 1, "--device", "cpu",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "5 models trained; 0 to go." in result.output
    study = json.loads((tmp_path / "study.json").read_text())
    assert (study["layout"], study["labels"]) == ("ut-podcast", ["AU", "UK", "US"])
    assert study["clips"] == [18, 3, 9]
    assert study["voices"] is None  # the corpus tells no speakers
    lines = (tmp_path / "report.md").read_text("utf-8").splitlines()
    assert any("numbers are on UT-Podcast, as is this study" in line for line in lines)
    assert not any("another corpus" in line for line in lines)
    for seconds in (5, 10, 30, 60):
        cell = json.loads((tmp_path / "cells" / f"cab-cnn-{seconds}s-0.json").read_text())
        at = lines.index(f"## Table 6: CAB-CNN-{seconds}s: confusion matrix, best run")
        assert lines[at + 2] == "|  | AU | US | UK | paper: AU | paper: US | paper: UK |"
        ours = [[cell["confusion"][i][j] for j in (0, 2, 1)] for i in (0, 2, 1)]
        theirs = paper.CONFUSION["cab-cnn", seconds]
        for k, label in enumerate(paper.LABELS):
            numbers = " | ".join(map(str, [*ours[k], *theirs[k]]))
            assert lines[at + 4 + k] == f"| {label} | {numbers} |"
    assert "## Table 5: AttentionCNN (reconstruction): confusion matrix, best run" in lines
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "<td>226</td><td>4</td><td>0</td>" in page


def test_the_papers_corpus_is_known_by_how_it_lies_whatever_its_folder_is_called(
    podcasts, tmp_path, write_corpus
):
    other = tmp_path / "downloads"
    other.symlink_to(podcasts / "UT-Podcast")
    assert run(other, "--prepare", tmp_path / "a.npz").exit_code == 0
    prepared = PreparedCorpus.load(tmp_path / "a.npz")
    assert (prepared.corpus, prepared.layout) == ("downloads", "ut-podcast")
    about = {"layout": prepared.layout, "labels": list(prepared.label_names)}
    assert paper.is_its_corpus(about)
    assert not paper.is_its_corpus({**about, "layout": "speech-accent-archive"})
    assert not paper.is_its_corpus({"corpus": "ut-podcast", "labels": ["AU", "UK", "US"]})
    tones = write_corpus(tmp_path / "ut-podcast")
    assert run(tones, "--prepare", tmp_path / "b.npz").exit_code == 0
    assert PreparedCorpus.load(tmp_path / "b.npz").layout == "folder"


def test_the_same_command_goes_on_and_finds_what_is_there(write_corpus, speaker_pattern, tmp_path):
    corpus = write_corpus(tmp_path / "voices", speakers=6)
    given = [corpus, "--speaker-pattern", speaker_pattern, "--out", tmp_path / "out"]
    given += ["--models", "cab-cnn", "--seconds", 1, "--epochs", 1, "--device", "cpu"]
    given += ["--protocol", "speaker-disjoint"]
    first = run(*given, "--runs", 1)
    assert first.exit_code == 0, first.output
    assert "1 models trained; 0 to go." in first.output
    assert "CAB-CNN-1s\t1 run(s)\trecall " in first.output
    report = (tmp_path / "out" / "report.md").read_text("utf-8")
    assert "Split by speakers: tested on speakers" in report
    assert run(*given, "--runs", 2).output.count("1 models trained; 0 to go.") == 1


def test_what_is_asked_wrongly_is_told_in_a_sentence(podcasts, tmp_path):
    for given, sentence in (
        ((podcasts,), "Give --out"),
        ((podcasts, "--out", tmp_path, "--models", "alexnet,lstm"), "no network 'lstm'"),
        ((tmp_path / "a.npz", "--out", tmp_path, "--clips", 3), "--clips is for recordings"),
        ((podcasts, "--out", tmp_path, "--seconds", "5,ten"), "--seconds ten is not a number"),
        ((podcasts.parent, "--out", tmp_path), "two labels"),
    ):
        result = run(*given)
        assert isinstance(result.exception, CabcnnError), result.output
        assert sentence in str(result.exception)
    result = run(podcasts, "--out", tmp_path, "--seconds", 5, 10)
    assert result.exit_code == 2
    assert "unexpected extra argument" in result.output


def test_help_names_every_network_and_calls_reconstructions_so():
    told = " ".join(run("--help").output.replace("│", " ").split())
    for name in known_names().split(", "):
        assert f"{name}," in told or f"{name};" in told
    assert len(known_names().split(", ")) == len(MODELS)
    assert "GatedResNet and AttentionCNN are reconstructions" in told
