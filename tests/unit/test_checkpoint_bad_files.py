"""What is said of a checkpoint that can't be used."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from cabcnn import checkpoint
from cabcnn.checkpoint import FORMAT, KEY, Card
from cabcnn.errors import CheckpointError
from cabcnn.model import CabCnn


@pytest.fixture
def saved(tmp_path, formula_model, make_card) -> Path:
    path = tmp_path / "tiny.safetensors"
    checkpoint.save(path, formula_model(), make_card())
    return path


@pytest.fixture
def changed(saved):
    """Writes the saved model again with some tensors or its metadata changed."""

    def write(metadata: dict[str, str] | None = None, **tensors: torch.Tensor | None) -> Path:
        held = load_file(saved)
        for name, tensor in tensors.items():
            held.pop(name.replace("__", "."), None)
            if tensor is not None:
                held[name.replace("__", ".")] = tensor
        save_file(held, saved, metadata if metadata is not None else _metadata(saved))
        return saved

    return write


def _metadata(path: Path) -> dict[str, str]:
    with safe_open(path, "pt") as file:
        return file.metadata()


def refusal(path: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        checkpoint.load(path)
    sentence = str(caught.value)
    assert path.name in sentence
    assert sentence.endswith(".")
    return sentence


def test_half_precision_weights_are_read_as_floats(changed, formula_model):
    held = formula_model().state_dict()
    path = changed(attention__0__weight=held["attention.0.weight"].half())
    model, _ = checkpoint.load(path)
    assert model.attention[0].weight.dtype == torch.float32


def test_missing_file(tmp_path):
    assert "no checkpoint" in refusal(tmp_path / "lost.safetensors")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every file"
)
def test_file_of_somebody_else(saved):
    saved.chmod(0)
    assert "can't be opened (Permission denied); check who may read it" in refusal(saved)


def test_a_folder_is_no_checkpoint(tmp_path):
    (tmp_path / "folder.safetensors").mkdir()
    assert "no checkpoint" in refusal(tmp_path / "folder.safetensors")


@pytest.mark.parametrize("kept", [0, 4, 100, 5_000, 300_000, -1])
def test_truncated_file(saved, kept):
    saved.write_bytes(saved.read_bytes()[:kept])
    sentence = refusal(saved)
    assert "not a complete checkpoint" in sentence
    assert "download or train the model again" in sentence


@pytest.mark.parametrize("content", [b"hello", b"PK\x03\x04" + bytes(100), bytes(1_000)])
def test_files_of_other_kinds(tmp_path, content):
    (tmp_path / "other.safetensors").write_bytes(content)
    assert "not a complete checkpoint" in refusal(tmp_path / "other.safetensors")


def test_safetensors_of_something_else(tmp_path):
    path = tmp_path / "foreign.safetensors"
    save_file({"weight": torch.zeros(3)}, path)
    assert "not of a CAB-CNN model" in refusal(path)
    save_file({"weight": torch.zeros(3)}, path, {"format": "pt"})
    assert "not of a CAB-CNN model" in refusal(path)


def test_later_format(changed, saved):
    card = json.loads(_metadata(saved)[KEY]) | {"format": FORMAT + 1}
    sentence = refusal(changed({KEY: json.dumps(card)}))
    assert f"format is {FORMAT + 1}" in sentence
    assert "update cabcnn" in sentence


def test_other_number_of_values_a_second(changed, saved):
    card = json.loads(_metadata(saved)[KEY]) | {"values_per_second": 8000}
    assert "values_per_second is 8000 and must be 4000" in refusal(changed({KEY: json.dumps(card)}))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "\x00\x01",
        "[" * 100_000,
        '{"a": ' * 100_000,
        "9" * 5_000,
        "{}" * 2**21,
    ],
)
def test_damaged_card(changed, text):
    assert "card is damaged" in refusal(changed({KEY: text}))


@pytest.mark.parametrize("number", [None, "new", True, 0, -1, 1.5])
def test_card_without_a_format(changed, saved, number):
    card = json.loads(_metadata(saved)[KEY]) | {"format": number}
    assert "card has no format" in refusal(changed({KEY: json.dumps(card)}))


def wrong(**changes) -> dict[str, Any]:
    """A wrong field of the card's first measurement."""
    return {"measurements": [{**MEASUREMENT, **changes}]}


MEASUREMENT: dict[str, Any] = {
    "protocol": "5 folds", "unseen_speakers": True, "models": 5, "clips": 100, "speakers": 50,
    "unweighted_recall": 0.6, "spread": 0.04, "accuracy": 0.65, "macro_f1": 0.61,
    "effective_classifiers": 7.5, "confusion": [[30, 5, 5], [4, 20, 6], [8, 7, 15]],
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"labels": ["US"]}, "labels is ['US'] and must be a list of 2 to 250 entries"),
        ({"labels": []}, "labels is []"),
        ({"labels": [1, 2, 3]}, "labels[0] is 1 and must be text"),
        ({"labels": ["US", "UK", "US"]}, "labels has an entry twice"),
        ({"labels": ["US", "UK", ""]}, "labels[2] is ''"),
        ({"labels": ["US", "UK", "A\nU"]}, "labels[2] is 'A\\nU'"),
        ({"labels": ["US", "UK", "\ud800"]}, "labels[2]"),
        ({"labels": ["US", "UK", "A" * 201]}, "labels[2]"),
        ({"labels": [str(k) for k in range(251)]}, "labels is"),
        ({"labels": "USK"}, "labels is 'USK' and must be a list"),
        ({"name": None}, "name is None and must be text"),
        ({"name": "../../etc"}, "name is '../../etc'"),
        ({"name": " "}, "name is ' '"),
        ({"title": ["A", "B"]}, "title is ['A', 'B'] and must be text"),
        ({"title": ""}, "title is ''"),
        ({"title": "\x1b[31m"}, "title is"),
        ({"rate": 3_999}, "rate is 3999 and must be a whole number from 4,000 to 192,000"),
        ({"rate": 200_000_000}, "rate is 200000000"),
        ({"rate": 8000.5}, "rate is 8000.5"),
        ({"rate": "8000"}, "rate is '8000'"),
        ({"classifiers": 0}, "classifiers is 0"),
        ({"classifiers": 40.5}, "classifiers is 40.5"),
        ({"classifiers": True}, "classifiers is True"),
        ({"classifiers": 10**15}, "classifiers is 1000000000000000"),
        ({"labels": [str(k) for k in range(250)], "classifiers": 41}, "must be at most 40 for 250"),
        ({"seconds": 0}, "seconds is 0 and must be a number from 0.025 to 3,600"),
        ({"seconds": 1e308}, "seconds is 1e+308"),
        ({"seconds": float("nan")}, "seconds is nan"),
        ({"seconds": 3_600, "rate": 192_000}, "seconds is 3600 and must be at most 312"),
        ({"usual": True}, "median_seconds is True"),
        ({"familiar": -1}, "novelty_threshold is -1"),
        ({"caution": "x" * 10_001}, "caution is 'xxx"),
        ({"notes": "one"}, "notes is 'one' and must be a list"),
        ({"notes": [None]}, "notes[0] is None"),
        ({"parameters": -1}, "parameters is -1"),
        ({"date": 2026}, "date is 2026"),
        ({"recipe": []}, "recipe is [] and must be a JSON object"),
        ({"recipe": {"a": {"b": float("inf")}}}, "recipe.a.b is inf"),
        ({"recipe": {"a": [[[[[[[1]]]]]]]}}, "and must be nested in at most 6 levels"),
        ({"measurements": None}, "measurements is None"),
        ({"measurements": [5]}, "measurements[0] is 5 and must be a JSON object"),
        (wrong(unweighted_recall=None), "measurements[0].unweighted_recall is None"),
        (wrong(unweighted_recall=""), "measurements[0].unweighted_recall is ''"),
        (wrong(accuracy=1.01), "measurements[0].accuracy is 1.01 and must be a number from 0 to 1"),
        (wrong(unseen_speakers=1), "unseen_speakers is 1 and must be true or false"),
        (wrong(models=0), "models is 0"),
        (wrong(clips=-1), "clips is -1"),
        (wrong(log_loss=float("inf")), "log_loss is inf"),
        (wrong(interval=[0.5]), "interval is [0.5] and must be a list of 2 entries"),
        (wrong(interval=[0.5, "1"]), "interval[1] is '1'"),
        (wrong(interval=[0.5, 0.4]), "interval ends before it begins"),
        (wrong(confusion=[[1, 2], [3, 4]]), "confusion does not fit the labels"),
        (wrong(confusion=[[1, 2, 3], [4, 5, 6], [7, 8]]), "confusion does not fit the labels"),
        (wrong(confusion=[[1, 2, 3], [4, 5, 6], [7, 8, -9]]), "confusion[2][2] is -9"),
        (wrong(confusion=[[1, 2, 3], [4, 5, 6], [7, 8, 1e30]]), "confusion[2][2] is 1e+30"),
        (wrong(confusion=[1, 2, 3]), "confusion[0] is 1 and must be a list"),
    ],
)  # fmt: skip
def test_wrong_field(changed, saved, changes, told):
    card = json.loads(_metadata(saved)[KEY])
    for older, name in checkpoint.OLDER_NAMES.items():
        if older in changes:
            del card[name]
    sentence = refusal(changed({KEY: json.dumps(card | changes)}))
    assert "its card's " in sentence
    assert told in sentence
    assert "download or train the model again" in sentence
    assert len(sentence) < 400


@pytest.mark.parametrize("field", ["name", "labels", "rate", "seconds", "recipe", "measurements"])
def test_missing_field(changed, saved, field):
    card = json.loads(_metadata(saved)[KEY])
    del card[field]
    assert f"its card's {field} is missing" in refusal(changed({KEY: json.dumps(card)}))


def test_missing_field_of_a_measurement(changed, saved):
    card = json.loads(_metadata(saved)[KEY])
    del card["measurements"][0]["spread"]
    sentence = refusal(changed({KEY: json.dumps(card)}))
    assert "its card's measurements[0].spread is missing" in sentence


def test_a_card_made_here_is_checked_too(make_card):
    with pytest.raises(CheckpointError, match="rate is 7 and must be"):
        make_card(rate=7)
    assert make_card(labels=["a", "b", "c"]).labels == ("a", "b", "c")
    assert type(make_card(seconds=np.float32(5)).seconds) is float


def test_older_names_of_fields(make_card):
    facts = json.loads(make_card(novelty_threshold=0.5, median_seconds=3.0).to_json())
    facts["familiar"] = facts.pop("novelty_threshold")
    facts["usual"] = facts.pop("median_seconds")
    card = Card.from_json(json.dumps(facts))
    assert (card.novelty_threshold, card.median_seconds) == (0.5, 3.0)
    assert not checkpoint.OLDER_NAMES.keys() & json.loads(card.to_json()).keys()


def test_fields_of_a_later_version_are_ignored(make_card):
    facts = json.loads(make_card().to_json())
    facts["colour"] = "blue"
    facts["measurements"][0]["smell"] = [1]
    assert Card.from_json(json.dumps(facts)) == make_card()


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_no_card_surfaces_as_another_error(make_card, data):
    """Any field of any kind, or none of it: a card, or a sentence."""
    facts = json.loads(make_card().to_json())
    for field in data.draw(st.lists(st.sampled_from(sorted(facts)), min_size=1, max_size=3)):
        if data.draw(st.booleans()):
            facts[field] = data.draw(anything)
        else:
            facts.pop(field, None)
    try:
        card = Card.from_json(json.dumps(facts))
    except CheckpointError:
        return
    with torch.device("meta"):
        assert CabCnn(len(card.labels), card.classifiers).n == card.classifiers


def test_wrong_shapes(changed):
    sentence = refusal(changed(classifiers__2__bias=torch.zeros(40, 5)))
    assert "does not fit its card" in sentence
    assert "classifiers.2.bias should be (40, 3) and is (40, 5)" in sentence


def test_missing_and_surplus_parameters(changed):
    assert "norm.bias should be (128,) and is absent" in refusal(changed(norm__bias=None))
    sentence = refusal(changed(norm__bias=torch.zeros(128), extra=torch.zeros(2)))
    assert "extra should be absent and is (2,)" in sentence


def test_labels_that_do_not_fit_the_weights(changed, saved):
    card = json.loads(_metadata(saved)[KEY]) | {"labels": list("abcd"), "measurements": []}
    assert "classifiers.2.bias should be (40, 4)" in refusal(changed({KEY: json.dumps(card)}))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers(changed, value):
    weights = torch.zeros(80)
    weights[7] = value
    sentence = refusal(changed(attention__1__bias=weights))
    assert "attention.1.bias holds values that are not finite numbers" in sentence


def test_weights_beyond_single_precision(changed):
    weights = torch.full((80,), 1e300, dtype=torch.float64)
    assert "attention.1.bias holds" in refusal(changed(attention__1__bias=weights))


@pytest.mark.parametrize("kind", [torch.int64, torch.bool, torch.complex64])
def test_weights_of_another_type(changed, kind):
    sentence = refusal(changed(attention__1__bias=torch.zeros(80, dtype=kind)))
    assert "attention.1.bias is of type" in sentence


def test_a_negative_variance(changed):
    variance = torch.ones(128)
    variance[3] = -1e-3
    assert "norm.running_var is a variance" in refusal(changed(norm__running_var=variance))


def test_names_that_no_file_can_have():
    for name in ("a" * 300, "a\0b", "\udcff"):
        with pytest.raises(CheckpointError):
            checkpoint.find(name)
        with pytest.raises(CheckpointError):
            checkpoint.load(name)


def test_a_file_name_in_no_encoding(saved):
    odd = saved.with_name(os.fsdecode(b"odd \xff.safetensors"))
    saved.rename(odd)
    try:
        model, _ = checkpoint.load(odd)
    except CheckpointError as error:
        assert "odd" in str(error)  # noqa: PT017
    else:
        assert model.n == 40
