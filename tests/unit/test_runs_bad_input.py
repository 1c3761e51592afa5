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
    assert "differ only in case" in refused(corpus)


def test_a_label_that_no_card_can_hold(refused, corpus):
    shutil.copytree(corpus / "tone", corpus / ("t" * 201))
    assert "A label is 'ttt" in refused(corpus)


def test_a_label_with_a_control_character(refused, corpus):
    (corpus / "tone").rename(corpus / "t\x07ne")
    assert "A label is 't\\x07ne' and must be text" in refused(corpus)


def test_more_labels_than_a_model_can_have(refused, corpus):
    for number in range(250):
        (corpus / f"class {number}").mkdir()
        shutil.copy(corpus / "tone" / "tone-0_0.wav", corpus / f"class {number}")
    said = refused(corpus)
    assert "The corpus has 252 labels, and a model can have 250; train on some of them" in said


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
    assert "speakers of 12 clips are unknown" in said
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
    assert "diverged" in said


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": " "}, "name is ' '"),
        ({"name": "a" * 81}, "name is 'aaa"),
        ({"name": "a\nb"}, "name is 'a"),
        ({"name": "../a"}, "name is '../a' and must be text"),
        ({"name": "a/b"}, "name is 'a/b'"),
        ({"name": ".hidden"}, "name is '.hidden'"),
        ({"name": 7}, "name is 7"),
        ({"corpus": ""}, "corpus is ''"),
        ({"corpus": "a\0b"}, "corpus is"),
        ({"protocol": "fair"}, "protocol is 'fair' and must be one of speaker-disjoint"),
        ({"protocol": ["both"]}, "protocol is"),
        ({"seconds": 0.0}, "seconds is 0.0 and must be a number from 0.025"),
        ({"seconds": float("nan")}, "seconds is nan"),
        ({"seconds": 1e308}, "seconds is 1e"),
        ({"rate": 11_025}, "multiple of 4,000"),
        ({"rate": 10**9}, "rate is 1000000000"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 10**5_000}, "seed is a number of thousands of digits"),
        ({"folds": 2}, "folds is 2"),
        ({"folds": True}, "folds is True"),
        ({"device": None}, "device is None"),
        ({"title": "\x07"}, "title is"),
        ({"options": {"colour": "red"}}, "options has no 'colour'"),
        ({"options": {"labels": 5}}, "options.labels is 5 and must be a list"),
        ({"options": {"labels": ["a", None]}}, "options.labels.1. is None"),
        ({"options": {"speaker_pattern": ["("]}}, "options.speaker_pattern is"),
        ({"options": [1]}, "options is"),
        ({"recipe": {"speling": 1}}, "has no speling"),
        ({"recipe": {"batch_size": 0}}, "batch_size is 0"),
        ({"recipe": {"batch_size": 1e308}}, "batch_size is 1e.308 and must be a whole number"),
        ({"recipe": {"batch_size": 8.0}}, "batch_size is 8.0"),
        ({"recipe": {"max_epochs": 1e18}}, "max_epochs is 1e.18"),
        ({"recipe": {"max_epochs": 10**18}}, "max_epochs is 1000000000000000000"),
        ({"recipe": {"patience": "15"}}, "patience is '15'"),
        ({"recipe": {"learning_rate": float("inf")}}, "learning_rate is inf"),
        ({"recipe": {"learning_rate": -1}}, "learning_rate is -1"),
        ({"recipe": {"crop_seconds": 0}}, "crop_seconds is 0"),
        ({"recipe": {"speed": 1}}, "speed is 1"),
        ({"recipe": {"balance": "yes"}}, "balance is 'yes' and must be true or false"),
        ({"recipe": {"monitor": "luck"}}, "monitor is 'luck' and must be one of loss"),
        ({"recipe": None}, "recipe is None"),
    ],
)
def test_plans_that_can_not_be_carried_out(changes, sentence):
    with pytest.raises(CabcnnError, match=sentence) as caught:
        Plan(**{"corpus": "built-in", "name": "a", **changes})
    assert len(str(caught.value)) < 500


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
                json.dumps({"corpus": "a", "name": "b", "recipe": [1]}),
                json.dumps({"corpus": "a", "name": "b", "recipe": {"batch_size": 1e308}}),
                "[" * 100_000, '{"a":' * 100_000, '{"recipe": ' + '{"a":' * 900 + "1" + "}" * 901,
                '{"seed": ' + "9" * 5_000 + "}", " " * 2**22 + "{}", "\ufffd"],
)  # fmt: skip
def test_what_is_no_plan(content, tmp_path):
    (tmp_path / "plan.json").write_text(content)
    with pytest.raises(CabcnnError, match=r"not the plan of a training run .*correct it") as caught:
        plans.read(tmp_path)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '{"state": "sleeping"}', '{"done": "3"}', '{"done": 1e400}',
     '{"parts": 5}', '{"parts": [5]}', '{"pid": -1}', '{"pid": 1e3}', '{"pid": 99999999999}',
     '{"begun": NaN}', '{"host": 5}', "[" * 100_000, '{"a":' * 100_000, "\udcff"],
)  # fmt: skip
def test_a_damaged_status_counts_as_none(content, tmp_path):
    (tmp_path / "status.json").write_bytes(content.encode("utf-8", "surrogateescape"))
    assert statuses.read(tmp_path) is None


def test_a_status_of_a_later_version_is_read(tmp_path):
    text = json.dumps({"state": "finished", "parts": ["paper"], "mood": "good"})
    (tmp_path / "status.json").write_text(text)
    assert statuses.read(tmp_path) == statuses.Status("finished", parts=("paper",))


def test_no_plan(tmp_path):
    with pytest.raises(CabcnnError, match="There is no plan"):
        plans.read(tmp_path)


def test_a_run_in_a_file(corpus, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CabcnnError, match=r"file/run can't be written.*another folder"):
        carry_out(Plan(str(corpus), "bad"), tmp_path / "file" / "run")


def test_a_damaged_plan_in_the_folder(corpus, tmp_path):
    (tmp_path / "plan.json").write_text("{")
    with pytest.raises(CabcnnError, match="not the plan of a training run"):
        carry_out(Plan(str(corpus), "bad"), tmp_path)
