"""What is said of a checkpoint that can't be used."""

from __future__ import annotations

import json
import os
from pathlib import Path

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
    assert "not a whole checkpoint" in sentence
    assert "fetch or train it again" in sentence


@pytest.mark.parametrize("content", [b"hello", b"PK\x03\x04" + bytes(100), bytes(1_000)])
def test_files_of_other_kinds(tmp_path, content):
    (tmp_path / "other.safetensors").write_bytes(content)
    assert "not a whole checkpoint" in refusal(tmp_path / "other.safetensors")


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
    assert "another number of values a second" in refusal(changed({KEY: json.dumps(card)}))


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "{}", '{"format": 1}', '{"format": "new"}', "\x00\x01"],
)
def test_damaged_card(changed, text):
    assert "card is damaged" in refusal(changed({KEY: text}))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("labels", ["US"]),
        ("labels", []),
        ("rate", 3_999),
        ("rate", 8000.5),
        ("classifiers", 0),
        ("classifiers", 40.5),
        ("classifiers", 10**15),
        ("seconds", 0),
    ],
)
def test_card_that_makes_no_sense(changed, saved, field, value):
    card = json.loads(_metadata(saved)[KEY]) | {field: value}
    assert "card contradicts itself" in refusal(changed({KEY: json.dumps(card)}))


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
    card = json.loads(_metadata(saved)[KEY]) | {"labels": ["a", "b", "c", "d"]}
    assert "classifiers.2.bias should be (40, 4)" in refusal(changed({KEY: json.dumps(card)}))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers(changed, value):
    weights = torch.zeros(80)
    weights[7] = value
    sentence = refusal(changed(attention__1__bias=weights))
    assert "damaged: attention.1.bias" in sentence
    assert "no numbers" in sentence
