"""What the Explore tab hands out: the clip that it shows, and many clips in one zip."""

from __future__ import annotations

import csv
import io
import json
import os
import time
import zipfile
from pathlib import Path

import gradio as gr
import numpy as np
import pytest

import cabcnn
from cabcnn.errors import CabcnnError
from cabcnn.ui.export import batch
from cabcnn.ui.sounds import shared_sounds


@pytest.fixture
def take(demo, visitor, find_handler):
    """Presses Download; returns the file."""

    def press(kinds: list[str], muted: str = "", sound: bool = False) -> Path:
        request = gr.Request(session_hash=visitor.session)
        return Path(find_handler(demo, "export_clip")(kinds, muted, sound, request))

    return press


def summary(path: Path) -> list[dict[str, str]]:
    with zipfile.ZipFile(path) as archive:
        return list(csv.DictReader(io.StringIO(archive.read("summary.csv").decode())))


def test_the_clip_that_is_shown_is_taken_away(visitor, voice, take):
    path = voice("my voice.wav", seconds=8)
    visitor.upload(path, seconds=5)
    taken = take([".json"])
    assert taken.name == "my-voice-accents-5s.json"
    assert taken.is_relative_to(shared_sounds().folder)
    found = json.loads(taken.read_text("utf-8"))
    x = cabcnn.load("accents").explain(path, 5)
    np.testing.assert_allclose(list(found["probabilities"].values()), x.probabilities, atol=1e-12)
    assert found["name"] == "my voice.wav"
    visitor.call("explain_again", "digits", 0)
    assert take([".txt"]).name == "my-voice-digits-8s.txt"


def test_who_is_muted_in_the_view_is_left_out_and_named(visitor, voice, take):
    path = voice()
    visitor.upload(path)
    taken = take([".json"], "3 17")
    assert taken.name == "voice-accents-4s-without-3-17.json"
    found = json.loads(taken.read_text("utf-8"))
    assert found["muted"] == [3, 17]
    x = cabcnn.load("accents").explain(path).without([3, 17])
    np.testing.assert_allclose(list(found["probabilities"].values()), x.probabilities, atol=1e-12)


def test_several_kinds_come_as_one_zip_and_the_sound_only_when_asked(visitor, voice, take):
    visitor.upload(voice())
    for asked in (False, True):
        taken = take([".html", ".TextGrid"], sound=asked)
        assert taken.name == "voice-accents-4s.zip"
        with zipfile.ZipFile(taken) as archive:
            names = ["voice-accents-4s.html", "voice-accents-4s.TextGrid", "summary.csv"]
            assert archive.namelist() == names
            assert (b"data:audio/wav" in archive.read(names[0])) == asked


def test_nothing_to_take_away_is_a_sentence(visitor, voice, take):
    with pytest.raises(gr.Error, match="record, upload or choose one first"):
        take([".pdf"])
    visitor.upload(voice())
    with pytest.raises(gr.Error, match="at least one kind"):
        take([])
    with pytest.raises(gr.Error, match="no classifier 40"):
        take([".csv"], "40")


def test_what_was_taken_away_does_not_stay(visitor, voice, take, monkeypatch):
    visitor.upload(voice())
    taken = take([".csv"])
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 601)
    shared_sounds().sweep()
    assert not taken.exists()


@pytest.fixture
def explain_many(demo, find_handler):
    """Presses the button; returns all that the page was told, by elem_id."""

    def press(paths: list[Path], kinds: list[str], model: str = "accents", seconds: float = 0):
        steps = find_handler(demo, "explain_many")(list(map(str, paths)), kinds, model, seconds)
        return [{component.elem_id: value for component, value in s.items()} for s in steps]

    return press


def test_many_clips_are_done_and_what_cannot_be_read_is_listed(voice, tmp_path, explain_many):
    (tmp_path / "notes.wav").write_text("no sound at all " * 99)
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as archive:
        archive.write(voice("in.wav", 2), "recordings/UK/in.wav")
        archive.write(tmp_path / "notes.wav", "recordings/US/<b>.flac")
        archive.writestr("recordings/US/list.csv", "path,label")
    given = [voice("a.wav", 8), tmp_path / "notes.wav", tmp_path / "more.zip"]
    told = explain_many(given, [".txt"], seconds=5)
    said = [step["batch-status"].value for step in told]
    for done, text in enumerate(said[1:6]):
        assert f"{done} of 4 clips are done." in text
    assert "All 4 clips are done. 2 could not be explained" in said[-1]
    assert "speakers it never heard" in said[-1]
    result = Path(told[-1]["batch-result"].value["path"])
    assert result.name == "4-clips-accents.zip"
    rows = summary(result)
    names = ["a.wav", "notes.wav", "UK/in.wav", "US/<b>.flac"]
    assert [row["clip"] for row in rows] == names
    assert [bool(row["error"]) for row in rows] == [False, True, False, True]
    x = cabcnn.load("accents").explain(given[0], 5)
    assert rows[0]["label"] == x.label
    assert float(rows[0]["seconds"]) == 5
    assert rows[0]["notices"] == "Only the first 5 seconds were used."
    with zipfile.ZipFile(result) as archive:
        files = ["a-accents-5s.txt", "in-accents-2s.txt", "summary.csv"]
        assert archive.namelist() == files
    table = told[-1]["batch-summary"].value
    assert "&lt;b&gt;.flac" in table
    assert "<b>" not in table
    assert told[-1]["batch-upload"] is None  # ready for the next


def test_what_was_unpacked_is_gone_when_all_is_done(voice, tmp_path, explain_many):
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as archive:
        archive.write(voice("secret-voice.wav", 1), "secret-voice.wav")
    told = explain_many([tmp_path / "more.zip"], [])
    assert Path(told[-1]["batch-result"].value["path"]).exists()
    assert list(shared_sounds().folder.rglob("secret-voice.wav")) == []


def test_bad_lots_are_sentences(voice, tmp_path, explain_many, monkeypatch):
    assert "Choose sounds first" in explain_many([], [".pdf"])[-1]["batch-status"].value
    (tmp_path / "no.zip").write_text("no zip at all")
    with zipfile.ZipFile(tmp_path / "empty.zip", "w") as archive:
        archive.writestr("list.csv", "path,label")
    for name, sentence in (("no.zip", "not a zip archive"), ("empty.zip", "There is no sound")):
        told = explain_many([tmp_path / name], [".pdf"])
        assert 'class="error"' in told[-1]["batch-status"].value
        assert sentence in told[-1]["batch-status"].value
    told = explain_many([voice("a.wav", 0.5), tmp_path / "swept.wav"], [".csv"])
    assert "choose them again" in told[-1]["batch-status"].value
    monkeypatch.setattr(batch, "MAX_CLIPS", 2)
    told = explain_many([voice(f"{k}.wav", 0.5) for k in range(3)], [".csv"])
    assert "3 clips are more than the 2" in told[-1]["batch-status"].value
    monkeypatch.setattr(batch, "MAX_RESULT_BYTES", 10)
    told = explain_many([voice("a.wav", 0.5)], [".csv"])
    assert "more than 1 GiB" in told[-1]["batch-status"].value


def test_a_long_lot_is_not_swept_away_before_its_turn(voice, formula_model, make_card, tmp_path):
    paths = [voice(f"{k}.wav", 0.5) for k in range(3)]
    classifier = cabcnn.Classifier(formula_model(3), make_card())
    steps = batch.explain(paths, classifier, 5, [], tmp_path)
    next(steps)
    for path in paths:
        os.utime(path, (0, 0))  # as old as can be
    next(steps)
    assert all(time.time() - path.stat().st_mtime < 60 for path in paths)
    steps.close()  # the visitor left
    assert [path for path in tmp_path.iterdir() if path.is_dir() and list(path.rglob("*"))] == []
    with pytest.raises(CabcnnError, match="no sound"):
        next(batch.explain([], classifier, 5, [], tmp_path))
