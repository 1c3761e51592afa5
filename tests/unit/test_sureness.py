"""How sure an answer is: what was measured of others like it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from cabcnn import cli, sureness
from cabcnn.classifier import Classifier
from cabcnn.explanation import Explanation
from cabcnn.export import tables
from cabcnn.sureness import Step

STEPS = (
    Step("", 0.0, 0.4, 100),
    Step("", 0.1, 0.8, 300),
    Step("US", 0.0, 0.6, 50),
    Step("US", 0.2, 0.97, 60),
)


def answers(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Labels (N,) and probabilities (N, 3) of a model that is right as often as it leads."""
    random = np.random.default_rng(seed)
    lead = random.random(count) * 0.6
    best = random.integers(3, size=count)
    probabilities = np.full((count, 3), 0.0)
    probabilities[np.arange(count), best] = lead
    probabilities += ((1 - lead) / 3)[:, None]
    right = random.random(count) < 0.4 + lead
    return np.where(right, best, (best + 1) % 3), probabilities


def test_a_larger_lead_was_right_more_often():
    labels, probabilities = answers(6_000)
    steps = sureness.measure(labels, probabilities, ["a", "b", "c"])
    assert {step.label for step in steps} == {"a", "b", "c"}
    for name in ("a", "b", "c"):
        own = [step for step in steps if step.label == name]
        assert own[0].lead == 0
        assert [step.right for step in own] == sorted(step.right for step in own)
    assert sum(step.clips for step in steps) == 6_000
    for lead in (0.1, 0.3, 0.5):
        step = sureness.find(steps, "b", lead)
        assert step is not None
        assert step.right == pytest.approx(0.4 + lead, abs=0.1)
    low, high = Step("", 0, 0.8, 50).interval
    assert (low, high) == pytest.approx((0.669, 0.888), abs=0.001)
    parts = np.arange(6_000) % 5
    assert sureness.calibration_error(labels, probabilities, ["a", "b", "c"], parts) < 0.04


def test_a_rare_answer_is_not_as_sure_as_a_common_one():
    labels, probabilities = answers(2_000)
    rare = np.tile([0.2, 0.2, 0.6], (30, 1))  # always wrong, however far it leads
    common = probabilities.argmax(1) != 2
    labels = np.concatenate([labels[common], np.zeros(30, int)])
    probabilities = np.concatenate([probabilities[common], rare])
    steps = sureness.measure(labels, probabilities, ["a", "b", "c"])
    assert {step.label for step in steps} == {"", "a", "b"}
    step = sureness.find(steps, "c", 0.4)
    assert step is not None
    assert (step.right, step.clips) == (0, 30)


def test_few_clips_say_nothing():
    labels, probabilities = answers(10)
    assert sureness.measure(labels, probabilities, ["a", "b", "c"]) == ()
    assert sureness.find((), "a", 0.5) is None
    labels, probabilities = answers(60)
    assert {step.label for step in sureness.measure(labels, probabilities, ["a", "b", "c"])} == {""}


def explanation(*probabilities: float) -> Explanation:
    votes = np.array(probabilities)[None, None].repeat(4, 0).repeat(2, 1)
    return Explanation(
        ("US", "UK", "AU"), np.full((4, 2), 0.5), votes, 0.1, score="Often.", sureness=STEPS
    )


@pytest.mark.parametrize(
    ("probabilities", "sentence"),
    [
        ((0.5, 0.3, 0.2), "US, by 20 points: right 97 of 100 times on people it never heard."),
        ((0.4, 0.35, 0.25), "US, by 5.0 points: right 6 of 10 times on people it never heard."),
        ((0.3, 0.5, 0.2), "UK, by 20 points: right 8 of 10 times on people it never heard."),
        (
            (0.3, 0.36, 0.34),
            "Too close to call: UK or AU. Right 4 of 10 times on people it never heard when so "
            "close.",
        ),
    ],
)
def test_it_is_said_in_words(probabilities, sentence):
    x = explanation(*probabilities)
    assert x.sure_sentence == sentence
    told = tables.as_dict(x)["sure"]
    assert told["sentence"] == sentence
    assert told["interval"][0] < told["right"] < told["interval"][1]


def test_a_threshold_makes_an_answer_unsure():
    assert explanation(0.5, 0.3, 0.2).answer(0.9) == "US"
    assert explanation(0.4, 0.35, 0.25).answer(0.9) == "unsure"
    assert explanation(0.4, 0.35, 0.25).answer() == "US"
    assert dataclasses.replace(explanation(0.5, 0.3, 0.2), sureness=()).answer(0.1) == "unsure"


def test_it_is_withheld_where_it_was_not_measured(formula_model, make_card, babble):
    x = explanation(0.5, 0.3, 0.2)
    for other in (x.without([0]), x.at(0.05), x.between(0.025, 0.1)):
        assert (other.sure, other.score, other.sure_sentence) == (None, "", "")
    card = make_card(sureness=STEPS, median_seconds=4.0)
    model = Classifier(formula_model(3), card)
    sound = (babble(4, 8_000), 8_000)
    assert model.explain(sound).sure is not None
    assert model.explain(sound).score
    assert model.explain(sound, 2).sure is None, "another T"
    short = model.explain((babble(0.9, 8_000), 8_000))
    assert (short.sure, short.score) == (None, ""), "much shorter than what it was measured on"
    novel = Classifier(formula_model(3), dataclasses.replace(card, novelty_threshold=1e-6))
    assert (novel.explain(sound).sure, novel.explain(sound).score) == (None, "")


def test_the_command_line_says_it(formula_model, make_card, babble, tmp_path):
    import soundfile
    from typer.testing import CliRunner

    from cabcnn import checkpoint

    path = tmp_path / "sure.safetensors"
    checkpoint.save(path, formula_model(3), make_card(name="sure", sureness=STEPS))
    assert checkpoint.load(path)[1].sureness == STEPS
    soundfile.write(tmp_path / "a.wav", babble(3, 8_000), 8_000)
    arguments = ["explain", str(tmp_path / "a.wav"), "--checkpoint", str(path)]
    told = CliRunner().invoke(cli.app, arguments)
    assert "on people it never heard" in told.stderr
    unsure = CliRunner().invoke(cli.app, [*arguments, "--sure", "1"])
    assert unsure.stdout.split("\t")[1] == "unsure"
