"""The report's pictures and texts, from numbers that are known."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cabcnn.checkpoint import Measurement
from cabcnn.corpora import Clip
from cabcnn.errors import CabcnnError
from cabcnn.export import canvas
from cabcnn.metrics import calibration
from cabcnn.reports import card, confusion, curves, predictions, reliability, run
from cabcnn.training.evaluation import Evaluation

HARD = ["US", "a_b$c^{2}$", "日本語", "x" * 80, "<b>|**bold**|</b>"]


def pixels(path: Path) -> np.ndarray:
    from matplotlib import image

    return image.imread(path)


def answers(classes: int, seed: int = 0, clips: int = 60) -> Evaluation:
    random = np.random.default_rng(seed)
    probabilities = random.dirichlet(np.full(classes, 0.4), clips)
    return Evaluation(probabilities, random.integers(0, classes, clips), np.full(40, 1 / 40))


@pytest.mark.filterwarnings("ignore:Glyph")  # a system without that script draws boxes
@pytest.mark.parametrize("labels", [["a", "b"], HARD, [f"label {k}" for k in range(24)]])
def test_confusion_of_any_labels(labels, tmp_path):
    counts = np.arange(len(labels) ** 2).reshape(len(labels), -1)
    panels = [confusion.Panel("one $", counts), confusion.Panel("other", counts.T)]
    confusion.draw(panels, labels, tmp_path / "two.png")
    confusion.draw(panels[:1], labels, tmp_path / "one.png")
    one, two = pixels(tmp_path / "one.png"), pixels(tmp_path / "two.png")
    assert two.shape[1] > 1.5 * one.shape[1]
    assert max(two.shape) < 8000


def test_the_diagonal_is_dark_where_all_is_right(tmp_path):
    right = confusion.Panel("right", np.diag([9, 9]))
    wrong = confusion.Panel("wrong", [[0, 9], [9, 0]])
    confusion.draw([right], ["a", "b"], tmp_path / "right.png")
    confusion.draw([wrong], ["a", "b"], tmp_path / "wrong.png")
    height, width = pixels(tmp_path / "right.png").shape[:2]
    upper_left = slice(height // 5, height // 3), slice(width // 3, width // 2)
    dark, light = (pixels(tmp_path / f"{n}.png")[upper_left].mean() for n in ("right", "wrong"))
    assert dark < 0.6 < 0.8 < light


@pytest.mark.parametrize("epochs", [1, 2, 300])
@pytest.mark.parametrize("validated", [True, False])
def test_curves(epochs, validated, tmp_path):
    rows = [
        {"epoch": n, "training_loss": 1 / n, "training_recall": 1 - 1 / (n + 1)}
        | ({"balanced_loss": 2 / n, "unweighted_recall": 0.5} if validated else {})
        for n in range(1, epochs + 1)
    ]
    trainings = [curves.Curves("speaker-disjoint", rows, 1), curves.Curves("paper", rows, epochs)]
    curves.draw(trainings, tmp_path / "curves.png")
    assert pixels(tmp_path / "curves.png").std() > 0.02


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_reliability_in_every_format(ending, tmp_path):
    found = answers(3)
    panel = reliability.Panel("<unseen> & $", calibration(found.probabilities, found.labels))
    reliability.draw([panel], tmp_path / f"r.{ending}")
    head = (tmp_path / f"r.{ending}").read_bytes()[:100]
    assert {"png": b"PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending] in head


def test_pictures_leave_the_state_of_pyplot_alone(tmp_path):
    """A picture drawn in a server's thread must not open a window or stay in memory."""
    program = (
        "import sys; from pathlib import Path; from cabcnn.reports import confusion\n"
        "confusion.draw([confusion.Panel('a', [[1, 0], [0, 1]])], ['a', 'b'], Path(sys.argv[1]))\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "a.png")],
        cwd=Path(canvas.__file__).parents[2],
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a.png").exists()


def test_a_disk_that_takes_no_picture(tmp_path):
    with pytest.raises(CabcnnError, match=r"can't be written"):
        curves.draw([curves.Curves("a", [], 0)], tmp_path / "missing" / "a.png")


def test_predictions_are_read_back(tmp_path):
    clips = [Clip(tmp_path / 'odd, "name"\n.wav', HARD[1], "ä"), Clip(tmp_path / "b", "US", "")]
    rows = [("test", clips[0], np.array([0.25, 0.5, 0.25, 0, 0])), ("", clips[1], np.eye(5)[4])]
    read = list(csv.DictReader(io.StringIO(predictions.to_csv(rows, HARD, tmp_path))))
    assert [row["path"] for row in read] == ['odd, "name"\n.wav', "b"]
    assert [row["predicted"] for row in read] == [HARD[1], HARD[4]]
    assert [float(read[0][label]) for label in HARD] == [0.25, 0.5, 0.25, 0, 0]
    assert [row["speaker"] for row in read] == ["ä", ""]


def test_scores_as_plain_numbers():
    found = answers(3, clips=90)
    told = run.as_dict(found, [str(n // 3) for n in range(90)])
    assert (told["clips"], told["speakers"]) == (90, 30)
    for name, score in found.scores._asdict().items():
        assert told[name] == pytest.approx(score, abs=1e-4)
        low, high = told["intervals"][name]
        assert low <= told[name] <= high
    assert run.as_dict(found, [""] * 90)["speakers"] == 0


def test_the_card_as_text(make_card, tmp_path):
    counts = [[4, 1, 0, 0, 0]] * len(HARD)
    row = replace(make_card().measurements[0], confusion=counts)
    plain = {**vars(row), "log_loss": 0.5, "calibration_error": 0.125, "interval": (0.5, 0.75)}
    measured = Measurement(**{**plain, "models": 1, "protocol": "a|b"})
    made = make_card(
        title="<script>", labels=tuple(HARD), measurements=(measured, row), notes=("A *note*.",)
    )
    left_out = [(f"a/{n}.wav", "It is\nsilent.") for n in range(60)]
    text = card.to_markdown(made, left_out)
    assert r"# \<script\>" in text
    assert made.score() in text
    assert "about 6 right (62 %, 95 % interval: 50 to 75 %; each class" in text
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table}) == 1, "as many cells"
    assert "0.620 (0.500 to 0.750)" in table[2]
    assert "0.620 ± 0.040" in table[3]
    assert r"A \*note\*." in text
    assert text.count("It is silent.") == 50
    assert "and 10 more" in text
    assert "left out" not in card.to_markdown(made)
