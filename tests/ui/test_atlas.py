"""The Atlas tab without a browser: what it shows of a model, computes, and lets one hear."""

from __future__ import annotations

import base64
import io
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import cabcnn
from cabcnn import atlas, checkpoint, corpora
from cabcnn.atlas.compute import common_folder
from cabcnn.atlas.words import sentence
from cabcnn.classifier import Classifier
from cabcnn.errors import CabcnnError
from cabcnn.ui import page
from cabcnn.ui.atlas import tab
from cabcnn.ui.atlas.background import BackgroundAtlases
from cabcnn.ui.components import AtlasView
from cabcnn.views.atlas import payload


@pytest.fixture(scope="module")
def classifier(formula_model, make_card) -> Classifier:
    return Classifier(formula_model(3), make_card(seconds=None))


@pytest.fixture(scope="module")
def found(classifier, short_clips) -> atlas.Atlas:
    return atlas.compute(classifier, short_clips, "short")


def wait_for(there: Callable[[], Any]) -> Any:
    for _ in range(1200):
        if result := there():
            return result
        time.sleep(0.05)
    raise AssertionError("it did not come about")


def test_the_view_is_told_all_of_an_atlas(found):
    value = json.loads(payload.ready(found, "A model", {found.sounds[0].name: "Hello."}))
    assert value["state"] == "ready"
    assert value["labels"] == ["noise", "tone"]
    assert value["classes"] == ["US", "UK", "AU"]
    assert value["about"].endswith("from 24 clips of 6 voices in short: 0.18 minutes.")
    assert "trained on other classes" in value["warning"]
    assert "synthetic" not in value["warning"]
    assert value["sounds"][0] == [found.sounds[0].label, found.sounds[0].speaker, "Hello."]
    for i, row in enumerate(value["rows"]):
        assert row["use"] == pytest.approx(found.use[i], abs=1e-5)
        assert row["sentence"] == sentence(found, i)
        assert sum(row["spread"]) == pytest.approx(1, abs=1e-3)
        for (sound, at, weight, k, vote), moment in zip(row["moments"], found.moments[i]):
            assert (sound, at, weight) == moment[:3]
            assert k == int(np.argmax(moment.votes))
            assert vote == pytest.approx(max(moment.votes), abs=1e-3)
    r = np.reshape(value["correlation"], (40, 40))
    np.testing.assert_allclose(r, found.correlation, atol=6e-4)


@pytest.fixture(scope="module")
def shipped_page():
    """The page with the models and atlases that come with the program."""
    return page.build()


def test_a_shipped_model_shows_its_atlas_and_plays_its_moments(shipped_page, find_handler):
    updates = find_handler(shipped_page, "update_atlas")("digits")
    (value,) = [v for v in updates.values() if isinstance(v, str)]
    value = json.loads(value)
    assert (value["state"], value["model"]) == ("ready", "digits")
    assert "synthetic" in value["warning"]
    assert len(payload.ready(atlas.shipped(cabcnn.load("digits")), "Digits")) < 80_000  # pyright: ignore[reportArgumentType]
    assert all(said for _, _, said in value["sounds"])
    (view,) = [b for b in shipped_page.blocks.values() if isinstance(b, AtlasView)]
    snippet = view.snippet
    url = snippet(["digits", 2, 0])
    head, data = url.split(",")
    assert head == "data:audio/wav;base64"
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(data)))
    assert rate == 16_000
    assert 0.25 <= len(samples) / rate <= 0.5
    assert len(url) < 30_000
    strange = [["digits", 99, 0], ["digits", 2, 99], ["digits", -1, 0], ["../digits", 2, 0]]
    for nonsense in (*strange, ["digits"], "digits", None, ["digits", "2", "0"], [2, 0, "x"]):
        assert snippet(nonsense) == ""


def test_a_model_under_another_name_plays_its_moments(
    shipped_page, find_handler, tmp_path, monkeypatch
):
    monkeypatch.setattr(checkpoint, "own_folder", lambda: tmp_path)
    shutil.copy(checkpoint.find("digits"), tmp_path / "renamed.safetensors")
    updates = find_handler(shipped_page, "update_atlas")("renamed")
    (value,) = [v for v in updates.values() if isinstance(v, str)]
    assert json.loads(value)["model"] == "renamed"
    (view,) = [b for b in shipped_page.blocks.values() if isinstance(b, AtlasView)]
    assert view.snippet(["renamed", 2, 0]) == view.snippet(["digits", 2, 0]) != ""


def test_a_model_that_is_gone_is_told_of(shipped_page, find_handler):
    (value,) = [
        v for v in find_handler(shipped_page, "update_atlas")("nobody").values()
        if isinstance(v, str)
    ]  # fmt: skip
    assert json.loads(value)["state"] == "broken"
    assert "There is no model 'nobody'" in json.loads(value)["trouble"]


def test_a_model_of_ones_own_gets_an_atlas_in_the_background(demo, find_handler, monkeypatch):
    some = corpora.read("built-in")[::40]
    monkeypatch.setattr(tab, "_clips", lambda: some)

    def call(handler: str) -> dict[str, Any]:
        updates = find_handler(demo, handler)("accents")
        (value,) = [v for v in updates.values() if isinstance(v, str)]
        (timer,) = [v for v in updates.values() if not isinstance(v, str)]
        return json.loads(value) | {"polled": timer.active}

    first = call("update_atlas")
    assert (first["state"], first["clips"], first["polled"]) == ("none", len(some), False)
    begun = call("compute_atlas")
    assert begun["state"] in ("busy", "ready")
    assert begun["state"] == "ready" or begun["polled"]
    done = wait_for(lambda: (v := call("update_atlas"))["state"] == "ready" and v)
    assert not done["polled"]
    assert "15 clips of" in done["about"]


def test_one_at_a_time_and_cancelled(classifier, short_clips):
    background = BackgroundAtlases()
    many = short_clips * 200
    background.start("one", classifier, many)
    background.start("one", classifier, many)
    with pytest.raises(CabcnnError, match="another model"):
        background.start("two", classifier, many)
    wait_for(lambda: (work := background.running("one")) and work.done > 2)
    assert background.running("two") is None
    background.cancel("two")
    assert background.running("one") is not None
    background.cancel("one")
    assert background.running("one") is None
    assert background.error("one") == ""
    assert atlas.find(classifier, many) is None
    background.start("two", classifier, short_clips[:2])
    wait_for(lambda: background.running("two") is None)
    assert atlas.find(classifier, short_clips[:2]) is not None


def test_what_goes_wrong_is_told(classifier, tmp_path, caplog):
    background = BackgroundAtlases()
    text = tmp_path / "notes.wav"
    text.write_text("only words")
    background.start("one", classifier, [corpora.Clip(text, "a", "")])
    wait_for(lambda: background.running("one") is None)
    assert "None of the 1 clips can be used" in background.error("one")
    assert background.error("two") == ""
    background.start("one", classifier, [None])  # pyright: ignore[reportArgumentType]
    wait_for(lambda: background.running("one") is None)
    assert "see the server's log" in background.error("one")
    assert "could not be computed" in caplog.text


def test_the_parts_of_the_built_in_corpus_are_named_alike(short_clips):
    said = tab._transcripts()
    assert said["american/low-01-01.ogg"].startswith("The grocer")
    clips = corpora.read("built-in")
    assert common_folder(clips) == Path(clips[0].path).parents[1]
