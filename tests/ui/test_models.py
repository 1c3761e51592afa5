"""The models that the page offers, as their files come and go."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import gradio as gr
import pytest

from cabcnn import checkpoint
from cabcnn.errors import CheckpointError
from cabcnn.ui import page
from cabcnn.ui.models import Models


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(checkpoint, "folder", lambda: tmp_path)
    return tmp_path


@pytest.fixture
def add(folder, formula_model, make_card):
    def save(name: str, **changes) -> Path:
        path = folder / f"{name}.safetensors"
        checkpoint.save(path, formula_model(3), make_card(name=name, **changes))
        return path

    return save


def test_a_model_is_loaded_once(add):
    add("accents")
    models = Models()
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: models.get("accents"), range(32)))
    assert len(found) == 1


def test_a_model_that_comes_later_is_offered(add):
    models = Models()
    assert models.choices() == []
    assert models.first() is None
    with pytest.raises(CheckpointError, match="There is no model in"):
        models.get("accents")
    add("digits", title="Digits")
    assert models.choices() == [("Digits", "digits")]
    assert models.first() == "digits"
    add("accents", title="Accents")
    assert models.choices() == [("Accents", "accents"), ("Digits", "digits")]
    assert models.first() == "accents"


def test_a_replaced_file_is_loaded_anew(add):
    path = add("accents", title="Old")
    models = Models()
    assert models.card("accents").title == "Old"
    add("accents", title="New")
    os.utime(path, ns=(1, 1))  # however coarse the disk's clock is
    assert models.card("accents").title == "New"


def test_a_broken_file_is_said_to_be_so_and_hides_no_other(add, folder):
    add("accents", title="Accents")
    (folder / "broken.safetensors").write_bytes(b"nothing")
    models = Models()
    assert models.choices() == [
        ("Accents", "accents"),
        ("broken (its file can't be used)", "broken"),
    ]
    with pytest.raises(CheckpointError, match="not a complete checkpoint"):
        models.get("broken")


def test_only_names_are_taken_never_paths(add, tmp_path):
    path = add("accents")
    for name in (str(path), "../accents", "accents.safetensors", "", None):
        with pytest.raises(CheckpointError, match="There is no model"):
            Models().get(name)


def test_the_page_opens_without_any_model_and_offers_one_after_a_reload(add, find_handler):
    demo = page.build()
    offer = partial(find_handler(demo, "update_models"), gr.Request(session_hash="visitor"))
    assert offer(None).choices == []
    add("accents", title="Accents")
    dropdown = offer(None)
    assert dropdown.choices == [("Accents", "accents")]
    assert dropdown.value == "accents"
    add("digits", title="Digits")
    assert offer("digits").value == "digits"  # a choice that was made stays
