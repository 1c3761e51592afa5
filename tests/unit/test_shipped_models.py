"""Making the models that ship, as small as it gets: every step, few epochs, few clips."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cabcnn import checkpoint
from cabcnn.checkpoint import Card
from cabcnn.errors import CabcnnError
from cabcnn.shipped import digits, synthetic_accents, words
from cabcnn.shipped.ablations import measure_ablations
from cabcnn.shipped.synthetic_accents import NAME

WORTH = (
    r"Without one ingredient or several, on the same 2 splits: "
    r"no augmentation \d\.\d\d ± \d\.\d\d; "
    r"no spread, gain, speed \d\.\d\d ± \d\.\d\d; with all \d\.\d\d ± \d\.\d\d\."
)

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def shipped(tmp_path, monkeypatch) -> Path:
    """Where checkpoints go."""
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    monkeypatch.setattr(checkpoint, "folder", lambda: folder)
    return folder


def card_of(folder: Path, name: str) -> Card:
    return checkpoint.load(folder / f"{name}.safetensors")[1]


def test_synthetic_accents_with_and_without_an_ingredient(
    shipped, short_arrays, tmp_path, monkeypatch
):
    short_arrays.save(tmp_path / "synthetic-accents.npz")
    recipe = replace(synthetic_accents.RECIPE, max_epochs=1, crop_seconds=0.3)
    monkeypatch.setattr(synthetic_accents, "RECIPE", recipe)
    monkeypatch.setattr(synthetic_accents, "FOLDS", 2)
    synthetic_accents.make(None, tmp_path, "cpu", None)
    card = card_of(shipped, "synthetic-accents")
    assert card.measurements[0].models == 2
    assert card.measurements[0].clips == len(short_arrays)
    unseen, known = card.measurements
    assert (unseen.unseen_speakers, known.unseen_speakers) == (True, False)
    assert (known.models, known.clips) == (2, len(short_arrays))
    own, worth, _ = card.notes
    assert own.startswith("The shipped weights are the first fold's")
    assert re.fullmatch(WORTH, worth)
    folders = {path.name for path in tmp_path.iterdir() if path.is_dir()}
    others = ("mixed", "no-augmentation", "no-spread,-gain,-speed")
    assert folders == {"checkpoints", NAME, *(f"{NAME}-{other}" for other in others)}


def test_clips_are_mixed_whoever_speaks(short_arrays, monkeypatch):
    monkeypatch.setattr(synthetic_accents, "FOLDS", 2)
    splits = synthetic_accents.mixed_splits(short_arrays)
    tested = np.sort(np.concatenate([split.tested for split in splits]))
    np.testing.assert_array_equal(tested, np.arange(len(short_arrays)))
    for split in splits:
        assert not set(split.learned) & set(split.tested)
        assert set(short_arrays.labels[split.tested]) == set(short_arrays.labels)
    known = [
        set(short_arrays.speakers[s.learned]) & set(short_arrays.speakers[s.tested]) for s in splits
    ]
    assert any(known), "voices on both sides, which is the point"


def test_digits_with_each_speaker_left_out(shipped, short_arrays, tmp_path, monkeypatch):
    short_arrays.save(tmp_path / "digits.npz")
    monkeypatch.setattr(digits, "DIGITS", replace(digits.DIGITS, max_epochs=2))
    monkeypatch.setattr(digits, "DIGITS_LEFT_OUT", replace(digits.DIGITS_LEFT_OUT, max_epochs=1))
    digits.make(tmp_path / "nowhere", tmp_path, "cpu", None)
    card = card_of(shipped, "digits")
    unseen, official = card.measurements
    assert (unseen.models, unseen.unseen_speakers) == (6, True)
    assert (official.models, official.unseen_speakers) == (1, False)
    assert official.clips == (short_arrays.splits == "test").sum()
    assert unseen.log_loss is not None
    assert card.novelty_threshold is None  # of fewer than 20 clips nobody can say it
    assert card.median_seconds == pytest.approx(0.55, abs=0.06)
    told = r"same 6 splits it had [01]\.\d\d ± 0\.\d\d, against [01]\.\d\d ± 0\.\d\d\."
    assert re.search(told, card.notes[-2])


def test_words_with_and_without_sharpness(shipped, short_arrays, tmp_path, monkeypatch):
    short_arrays.save(tmp_path / "words.npz")
    monkeypatch.setattr(words, "RECIPE", replace(words.RECIPE, max_epochs=1))
    monkeypatch.setattr(words, "FOLDS", 2)
    words.make(tmp_path / "nowhere", tmp_path, "cpu", None)
    card = card_of(shipped, "words")
    (measured,) = card.measurements
    assert (measured.models, measured.clips) == (2, len(short_arrays))
    assert measured.unseen_speakers
    assert card.rate == words.RATE
    assert card.recipe["sharpness"] == words.RECIPE.sharpness
    assert re.search(r"Without one ingredient, on the same split: sharpness", card.notes[1])


def test_an_ingredient_that_is_left_out_changes_the_recipe_alone(short_arrays, tmp_path):
    recipe = replace(synthetic_accents.RECIPE, max_epochs=1, crop_seconds=0.3)
    splits = digits.speaker_splits(short_arrays)[:2]
    without = {"no noise": {"noise": 0.0}, "no gain": {"gain": 0.0}}
    found = measure_ablations(short_arrays, recipe, without, splits, tmp_path / "made", "cpu")
    assert list(found) == ["no noise", "no gain"]
    for name, changes in without.items():
        assert found[name].models == 2
        for split in splits:
            row = json.loads(
                (tmp_path / f"made-{name.replace(' ', '-')}" / f"{split.name}.json").read_text()
            )
            assert row["settings"] == recipe.as_dict() | changes
            assert row["clips"] == split.tested.tolist()


def test_one_part_is_measured_with_and_without(short_arrays, tmp_path, monkeypatch):
    short_arrays.save(tmp_path / "digits.npz")
    monkeypatch.setattr(digits, "DIGITS_LEFT_OUT", replace(digits.DIGITS_LEFT_OUT, max_epochs=1))
    digits.make(tmp_path / "nowhere", tmp_path, "cpu", "tone1")
    kept = sorted(path.parent.name for path in tmp_path.rglob("tone1.json"))
    assert kept == ["digits-left-out", "digits-left-out-changes-of-speed"]
    with pytest.raises(CabcnnError, match="tone9'; choose one of official, noise0"):
        digits.make(tmp_path / "nowhere", tmp_path, "cpu", "tone9")
