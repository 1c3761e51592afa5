"""`cabcnn train` and `cabcnn evaluate`: from options to a plan, a run and scores."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from rich.console import Console
from typer.testing import CliRunner

import cabcnn
from cabcnn import checkpoint, cli, corpora
from cabcnn.cli import plot, progress
from cabcnn.errors import CabcnnError
from cabcnn.runs import plan as plans
from cabcnn.runs.journal import Event
from cabcnn.runs.status import Status
from cabcnn.training.recipe import PAPER, ROBUST

pytestmark = pytest.mark.usefixtures("one_thread")


def run(*arguments: object):
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def corpus(write_corpus, tmp_path_factory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus") / "voices")


@pytest.fixture(scope="module")
def out(corpus, speaker_pattern, tmp_path_factory, one_thread) -> Path:
    """A finished run of two epochs."""
    folder = tmp_path_factory.mktemp("runs") / "tones"
    (corpus / "tone" / "notes.txt").write_text("no sound")
    result = run(
        "train", corpus, "--out", folder, "--speaker-pattern", speaker_pattern, "--seconds", 0.4,
        "--recipe", "paper", "--epochs", 2, "--batch-size", 8, "--learning-rate", 0.003,
        "--protocol", "speaker-disjoint", "--rate", 16_000, "--seed", 3, "--device", "cpu",
        "--title", "Tones",
        "--cache", folder.parent / "cache",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    card = cabcnn.load(folder / "model.safetensors").card
    assert result.stdout == f"{folder / 'model.safetensors'}: {card.score()}\n"
    assert "speaker-disjoint epoch 2/2: training loss" in result.stderr
    assert f"One file was left out: its ending is not that of a sound. ({corpus}" in result.stderr
    return folder


def test_the_options_are_the_plan(out, corpus, speaker_pattern):
    plan = plans.read(out)
    assert plan.corpus == str(corpus)
    assert (plan.name, plan.title) == ("tones", "Tones")
    assert (plan.seconds, plan.seed, plan.device) == (0.4, 3, "cpu")
    assert plan.protocol == "speaker-disjoint"
    assert plan.options == {"speaker_pattern": speaker_pattern}
    changed = {"max_epochs": 2, "batch_size": 8, "learning_rate": 0.003}
    assert plan.recipe == {**PAPER.as_dict(), **changed}
    card = cabcnn.load(out / "model.safetensors").card
    assert card.title == "Tones"
    assert (plan.rate, card.rate) == (16_000, 16_000)
    assert card.recipe == plan.full_recipe.as_dict()


def test_explained_by_the_new_model(out, corpus):
    clip = corpus / "tone" / "tone-1_1.wav"
    result = run("explain", clip, "--checkpoint", out / "model.safetensors")
    assert result.exit_code == 0
    assert result.stdout.split("\t")[1] in ("noise", "tone")


def test_the_same_again_says_that_it_is_done(out):
    result = run("train", "--plan", out / "plan.json")
    assert result.exit_code == 0
    assert result.stdout == f"{out} is finished already; --resume would continue a stopped run.\n"


def test_a_relative_corpus_is_found_from_elsewhere(corpus, tmp_path, monkeypatch):
    """The plan names the whole path; options left out are the robust recipe's."""
    monkeypatch.chdir(corpus.parent)
    result = run("train", "voices", "--out", tmp_path / "run")
    assert "speakers of" in str(result.exception)
    plan = plans.read(tmp_path / "run")
    assert plan.corpus == str(corpus)
    assert plan.recipe == ROBUST.as_dict()
    assert (plan.protocol, plan.seconds, plan.device) == ("both", ROBUST.seconds, "auto")


def planned(tmp_path: Path, *arguments: object) -> dict:
    """The recipe of a run that is planned, and then ends because it has nothing to train on."""
    listing = tmp_path / "list.csv"
    listing.write_text("path,label\na.wav,A\nb.wav,A\n")
    result = run("train", listing, "--out", tmp_path / "run", *arguments)
    assert "two classes or more" in str(result.exception)
    return dict(plans.read(tmp_path / "run").recipe)


def test_whatever_a_recipe_has_can_be_set(tmp_path):
    sets = {
        "gain": "3", "noise": "0.1", "anneal": "yes", "recalibrate": "False", "truncate": "1",
        "patience": "7", "monitor": "loss", "crop-seconds": "none",
    }  # fmt: skip
    arguments = [part for name, value in sets.items() for part in ("--set", f"{name}={value}")]
    assert planned(tmp_path, *arguments, "--epochs", 3) == {
        **ROBUST.as_dict(), "gain": 3.0, "noise": 0.1, "anneal": True, "recalibrate": False,
        "truncate": True, "patience": 7, "monitor": "loss", "crop_seconds": None, "max_epochs": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "crop"),
    [
        ((), ROBUST.crop_seconds),
        (("--crop", 0), None),
        (("--crop", 1.5), 1.5),
        (("--set", "crop_seconds=0"), None),
        (("--recipe", "paper"), None),
        (("--recipe", "paper", "--crop", 2), 2.0),
    ],
)
def test_excerpts_or_whole_clips(tmp_path, arguments, crop):
    assert planned(tmp_path, *arguments)["crop_seconds"] == crop


def test_the_help_names_all_that_can_be_set():
    text = " ".join(run("train", "--help").stdout.replace("│", " ").split())
    assert all(name in text for name in ROBUST.as_dict())
    assert "NAME=VALUE" in text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "nothing to train on"),
        (("--resume",), "nothing to train on"),
        (("CORPUS",), "needs a corpus and --out"),
        (("CORPUS", "--out", "OUT", "--plan", "PLAN"), "needs a corpus and --out"),
        (("--plan", "PLAN"), "There is no plan"),
        (("--plan", "PLAN", "--seed", "3"), "decides on --seed already"),
        (("--resume", "--out", "OUT", "--recipe", "paper"), "decides on --recipe already"),
        (("--resume", "--out", "OUT"), "There is no plan"),
        (("CORPUS", "--out", "OUT", "--recipe", "best"), "no recipe 'best'; choose one of paper"),
        (("CORPUS", "--out", "OUT", "--protocol", "fair"), "protocol is 'fair'"),
        (("CORPUS", "--out", "OUT", "--seconds", "0"), "seconds is 0.0"),
        (("CORPUS", "--out", "OUT", "--epochs", "0"), "max_epochs is 0"),
        (("CORPUS", "--out", "OUT", "--rate", "11025"), "must be a multiple of 4,000 Hz"),
        (("CORPUS", "--out", "OUT", "--rate", "2000"), "rate is 2000"),
        (("CORPUS", "--out", "OUT", "--set", "sharpness=0.5"), "sharpness is 0.5"),
        (("CORPUS", "--out", "OUT", "--crop", "-1"), "crop_seconds is -1.0"),
        (("--resume", "--out", "OUT", "--set", "gain=0"), "decides on --set already"),
        *(
            (("CORPUS", "--out", "OUT", *options), sentence)
            for options, sentence in (
                (("--set", "loudness=0"), "no 'loudness'; --set can change batch_size, "),
                (("--set", "gain"), "'gain' is invalid; give gain=a number"),
                (("--set", "gain=loud"), "'gain=loud' is invalid; give gain=a number"),
                (("--set", "gain=nan"), "gain is nan"),
                (("--set", "patience=2.5"), "give patience=a whole number"),
                (("--set", "anneal=perhaps"), "give anneal=yes or no"),
                (("--set", "monitor=luck"), "give monitor=loss or unweighted_recall or nothing"),
                (("--set", "crop_seconds=all"), "give crop_seconds=seconds or none"),
                (("--set", "seconds=5"), "give --seconds 5"),
                (("--set", "gain=0", "--set", "gain=1"), "gain is set twice"),
                (("--crop", "1", "--set", "crop_seconds=2"), "--set crop_seconds are the same"),
            )
        ),
        (("nowhere", "--out", "OUT"), "There is no"),
    ],
)
def test_what_can_not_be_asked_for(arguments, sentence, corpus, tmp_path):
    places = {"CORPUS": corpus, "OUT": tmp_path / "run", "PLAN": tmp_path / "none" / "plan.json"}
    result = run("train", *(places.get(argument, argument) for argument in arguments))
    assert isinstance(result.exception, CabcnnError)
    assert sentence in str(result.exception)


def test_evaluate_gives_the_scores_that_training_gave(out, corpus, speaker_pattern, tmp_path):
    """On the clips that the report names, put into a list."""
    with (out / "report" / "predictions.csv").open(newline="") as file:
        tested = list(csv.DictReader(file))
    listing = (
        shutil.copytree(corpus, tmp_path / "voices") / "tested.csv"
    )  # whose paths are those inside the corpus
    with listing.open("w", newline="") as file:
        columns = ("path", "label", "speaker")
        csv.writer(file).writerows([columns, *([row[name] for name in columns] for row in tested)])
    result = run(
        "evaluate", out / "model.safetensors", listing, "--out", tmp_path / "scores",
        "--cache", tmp_path / "cache",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    told = json.loads((out / "report" / "scores.json").read_text())["splits"][0]
    found = json.loads((tmp_path / "scores" / "scores.json").read_text())
    for name in ("accuracy", "unweighted_recall", "macro_f1", "confusion", "intervals", "log_loss"):
        assert found[name] == told[name], name
    lines = dict(line.split("\t")[:2] for line in result.stdout.splitlines()[1:6])
    assert float(lines["unweighted recall"]) == pytest.approx(told["unweighted_recall"], abs=1e-4)
    assert result.stdout.startswith(f"{len(tested)} clips of 2 speakers\n")
    with (tmp_path / "scores" / "predictions.csv").open(newline="") as file:
        again = {row["path"]: row for row in csv.DictReader(file)}
    for row in tested:
        assert float(again[row["path"]]["tone"]) == pytest.approx(float(row["tone"]), abs=1e-5)
    assert (tmp_path / "scores" / "confusion.png").exists()
    assert (tmp_path / "scores" / "reliability.png").exists()


def test_evaluate_on_fewer_labels_and_on_others(out, corpus, tmp_path):
    alone = tmp_path / "alone" / "tone"
    alone.mkdir(parents=True)
    for number in range(2):
        (alone / f"{number}.wav").write_bytes((corpus / "tone" / "tone-0_0.wav").read_bytes())
    (alone / "broken.wav").write_bytes(b"text")
    model, cache = out / "model.safetensors", tmp_path / "cache"
    result = run("evaluate", model, alone.parent, "--cache", cache, "--seconds", 0.2)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("2 clips\n")
    assert "broken.wav: left out: broken.wav is text" in result.stderr
    alone.rename(alone.parent / "noises")
    result = run("evaluate", model, alone.parent, "--cache", cache)
    assert "the label 'noises', which tones does not know" in str(result.exception)
    result = run("evaluate", model, corpus, "--split", "test", "--cache", cache)
    assert "No clip of this corpus is in a split named 'test'" in str(result.exception)


def test_evaluate_on_one_split(make_card, formula_model, tmp_path, babble):
    for number in range(12):
        path = tmp_path / "fsdd" / f"{number % 2}_anna_{number // 2 + 2}.wav"
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, babble(0.4, 8000, number), 8000)
    model = tmp_path / "digits.safetensors"
    checkpoint.save(model, formula_model(2), make_card(labels=("0", "1"), measurements=()))
    result = run("evaluate", model, tmp_path / "fsdd", "--split", "test", "--cache", tmp_path / "c")
    assert result.exit_code == 0, result.output
    wanted = sum(clip.split == "test" for clip in corpora.read(tmp_path / "fsdd"))
    assert result.stdout.startswith(f"{wanted} clips of 1 speaker\n")


# What the terminal shows.


def dots(line: str) -> list[int]:
    return [ord(character) - plot.BLANK for character in line]


def test_a_rising_line_is_drawn_from_corner_to_corner():
    curve = plot.Curve(np.linspace(0, 1, 8).tolist(), "blue")
    lines = [text.plain for text in plot.draw([curve], 4, 2, 0, 1)]
    assert [len(line) for line in lines] == [4, 4]
    upper, lower = map(dots, lines)
    assert lower[0] & 0x40, "the lowest dot on the left"
    assert upper[-1] & 0x08, "the highest dot on the right"
    assert lower[-1] == upper[0] == 0


def test_every_value_has_a_dot_and_long_runs_fit():
    random = np.random.default_rng(0)
    for count in (1, 3, 40, 1000):
        lines = plot.draw([plot.Curve(random.random(count).tolist(), "red")], 20, 5, 0, 1)
        assert all(len(text.plain) == 20 for text in lines)
        cells = np.bitwise_or.reduce([dots(text.plain) for text in lines])
        columns = np.stack([cells & sum(plot.DOTS[0]), cells & sum(plot.DOTS[1])])
        assert (columns > 0).sum() == min(count, 40)
    beyond = plot.draw([plot.Curve([-5.0, 9.0], "red")], 2, 2, 0, 1)
    assert any(dots(text.plain)[0] for text in beyond)


def shown(screen: progress.Screen) -> str:
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(screen.render())
    return console.export_text()


def test_the_screen_follows_a_run():
    screen = progress.Screen()
    parts = ("speaker-disjoint", "paper")
    assert shown(screen).strip() == ""
    screen.show(Event(Status("preparing", "Decoding the recordings", 40, 100)))
    assert "Decoding the recordings" in shown(screen)
    assert "40/100" in shown(screen)
    row = {"epoch": 1, "training_loss": 1.25, "balanced_loss": 1.5, "unweighted_recall": 0.625}
    status = Status("training", "Training on 9 clips", 1, 60, parts[0], parts)
    screen.show(Event(status, row))
    text = shown(screen)
    assert "speaker-disjoint: Training on 9 clips" in text
    assert re.search(r"1/60\s+at most \d+:\d\d left", text)
    assert "training 1.250" in text
    assert "validation 0.625" in text
    assert any(0x2800 < ord(character) < 0x2900 for character in text)
    screen.show(Event(Status("training", "Training on 11 clips", 0, 60, parts[1], parts)))
    assert "1.250" not in shown(screen), "the other split begins with an empty picture"


def test_lines_if_there_is_no_terminal(capsys):
    lines = progress.Lines()
    training = Status("training", "Training on 9 clips", 1, 60, "paper")
    lines.show(Event(training))
    lines.show(Event(training, {"epoch": 1, "training_loss": 0.5}))
    lines.show(Event(Status("finished", "Right 90 % of the time")))
    assert capsys.readouterr().err.splitlines() == [
        "Training on 9 clips",
        "paper epoch 1/60: training loss 0.500",
    ]
