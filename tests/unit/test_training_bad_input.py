"""Corpora and plans that nothing can be learned from: one sentence each, and what to do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from cabcnn.errors import CabcnnError
from cabcnn.runs import plan as plans
from cabcnn.runs import status as statuses
from cabcnn.runs.plan import Plan
from cabcnn.runs.run import carry_out

pytestmark = pytest.mark.usefixtures("one_thread")

QUICK = {"batch_size": 8, "max_epochs": 1}


@pytest.fixture
def corpus(write_corpus, tmp_path) -> Path:
    return write_corpus(tmp_path / "corpus", speakers=3, clips=2)


@pytest.fixture
def refused(tmp_path, speaker_pattern):
    """Runs a plan that can't be carried out; what it says, which its status says too."""

    def run(corpus: Path, **changes) -> str:
        fields = {"options": {"speaker_pattern": speaker_pattern}, "recipe": QUICK, **changes}
        plan = Plan(str(corpus), "bad", **fields)
        with pytest.raises(CabcnnError) as caught:
            carry_out(plan, tmp_path / "run", cache=tmp_path / "cache")
        status = statuses.read(tmp_path / "run")
        assert status is not None
        assert (status.state, status.message) == ("failed", str(caught.value))
        assert not (tmp_path / "run" / "model.safetensors").exists()
        assert not (tmp_path / "run" / "lock").exists()
        return str(caught.value)

    return run


def test_an_empty_corpus(refused, tmp_path):
    (tmp_path / "nothing").mkdir()
    assert "nothing" in refused(tmp_path / "nothing")


def test_no_corpus(refused, tmp_path):
    assert "There is no" in refused(tmp_path / "nowhere")


def test_one_class(refused, corpus):
    shutil.rmtree(corpus / "tone")
    assert "all of this corpus is 'noise'" in refused(corpus)


def test_labels_that_differ_in_case_only(refused, corpus):
    shutil.copytree(corpus / "tone", corpus / "Tone ")
    assert "differ only in case or blanks" in refused(corpus)


@pytest.mark.parametrize("protocol", ["speaker-disjoint", "both"])
def test_one_speaker_per_class(refused, write_corpus, tmp_path, protocol):
    corpus = write_corpus(tmp_path / "alone", speakers=1, clips=6)
    said = refused(corpus, protocol=protocol)
    assert said.startswith("noise has 1 speaker and a split needs 3")
    assert "choose the mixed split" in said


def test_one_speaker_per_class_can_be_mixed(write_corpus, speaker_pattern, tmp_path):
    corpus = write_corpus(tmp_path / "alone", speakers=1, clips=6)
    plan = Plan(
        str(corpus), "mixed", options={"speaker_pattern": speaker_pattern}, recipe=QUICK,
        protocol="paper",
    )  # fmt: skip
    outcome = carry_out(plan, tmp_path / "run", cache=tmp_path / "cache")
    assert outcome is not None
    assert not outcome.card.measurements[0].unseen_speakers
    assert "speakers it was trained on" in outcome.card.score()


def test_speakers_that_nobody_names(refused, corpus):
    said = refused(corpus, options={})
    assert "Of 12 clips nobody knows who speaks" in said
    assert "choose the mixed split" in said


def test_three_speakers_a_label_are_enough(corpus, speaker_pattern, tmp_path):
    plan = Plan(
        str(corpus), "small", options={"speaker_pattern": speaker_pattern}, recipe=QUICK,
        protocol="speaker-disjoint",
    )  # fmt: skip
    outcome = carry_out(plan, tmp_path / "run", cache=tmp_path / "cache")
    assert outcome is not None
    assert [len(part) for part in outcome.results[0].part.clips] == [4, 4, 4]


def test_clips_shorter_than_an_interval(refused, corpus):
    for path in corpus.rglob("*.wav"):
        samples, rate = soundfile.read(path)
        soundfile.write(path, samples[: rate // 50], rate)
    said = refused(corpus)
    assert said.startswith("None of the 12 recordings can be used")
    assert "one interval of 25 ms" in said


def test_every_clip_unreadable(refused, corpus):
    for path in corpus.rglob("*.wav"):
        path.write_bytes(b"RIFF and then nothing")
    assert "None of the 12 recordings can be used" in refused(corpus)


def test_every_clip_of_a_label_silent(refused, corpus):
    for path in (corpus / "tone").iterdir():
        soundfile.write(path, np.zeros(8000), 8000)
    assert "all of this corpus is 'noise'" in refused(corpus)


def test_the_same_recording_under_two_speakers(refused, corpus):
    for number in range(3):  # wherever the split puts them, one of the copies is elsewhere
        shutil.copy(corpus / "tone" / "tone-0_0.wav", corpus / "tone" / f"tone-{number}_1.wav")
    said = refused(corpus)
    assert "are the same recording of two speakers, tone-" in said
    assert "remove one of them" in said


def test_a_loss_that_is_no_number(refused, corpus):
    said = refused(corpus, recipe={**QUICK, "learning_rate": 1e30, "max_epochs": 9})
    assert "Training diverged" in said


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": " "}, "needs a name"),
        ({"name": "a" * 81}, "needs a name"),
        ({"name": "a\nb"}, "needs a name"),
        ({"name": "../a"}, "can't be a file's name"),
        ({"name": "a/b"}, "can't be a file's name"),
        ({"name": ".hidden"}, "can't be a file's name"),
        ({"protocol": "fair"}, "'fair' is no way to split; choose one of speaker-disjoint"),
        ({"seconds": 0.0}, "at least 0.025"),
        ({"seconds": float("nan")}, "at least 0.025"),
        ({"rate": 11_025}, "multiple of 4000"),
        ({"seed": -1}, "The seed is -1"),
        ({"options": {"colour": "red"}}, "no option 'colour'"),
        ({"recipe": {"speling": 1}}, "has no speling"),
        ({"recipe": {"batch_size": 0}}, "batch_size is 0"),
    ],
)
def test_plans_that_can_not_be_carried_out(changes, sentence):
    with pytest.raises(CabcnnError, match=sentence):
        Plan(**{"corpus": "built-in", "name": "a", **changes})


def test_a_plan_survives_being_written(tmp_path):
    plan = Plan(
        "/some/where", "Akzente – 2", "manifest", {"label": "accent", "labels": ["US", "UK"]}, None,
        {"batch_size": 3}, "paper", 7, "cuda:1", 16_000, "Accents",
    )  # fmt: skip
    path = tmp_path / "plan.json"
    path.write_text(plan.to_json())
    assert plans.read(path) == plans.read(tmp_path) == plan
    assert plan.full_recipe.seed == 7
    assert plan.full_recipe.seconds is None


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", "{}", '{"corpus": 1}', '{"corpus": "a", "name": 7}',
                json.dumps({"corpus": "a", "name": "b", "colour": "red"}),
                json.dumps({"corpus": "a", "name": "b", "recipe": [1]}), "\ufffd"],
)  # fmt: skip
def test_what_is_no_plan(content, tmp_path):
    (tmp_path / "plan.json").write_text(content)
    with pytest.raises(CabcnnError, match=r"no plan of a training run|A recipe has no"):
        plans.read(tmp_path)


def test_no_plan(tmp_path):
    with pytest.raises(CabcnnError, match="There is no plan"):
        plans.read(tmp_path)


def test_a_run_in_a_file(corpus, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CabcnnError, match=r"file/run can't be written.*another folder"):
        carry_out(Plan(str(corpus), "bad"), tmp_path / "file" / "run")


def test_a_damaged_plan_in_the_folder(corpus, tmp_path):
    (tmp_path / "plan.json").write_text("{")
    with pytest.raises(CabcnnError, match="no plan of a training run"):
        carry_out(Plan(str(corpus), "bad"), tmp_path)
