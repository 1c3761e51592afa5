"""Whole training runs on small corpora: what they leave in their folder, and what stops them."""

from __future__ import annotations

import csv
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from safetensors.torch import load_file

import cabcnn
from cabcnn import checkpoint
from cabcnn.errors import CabcnnError
from cabcnn.metrics import confusion_matrix, scores
from cabcnn.reports import run
from cabcnn.runs import status as statuses
from cabcnn.runs.outcome import Outcome
from cabcnn.runs.plan import Options, Plan
from cabcnn.runs.run import carry_out

pytestmark = pytest.mark.usefixtures("one_thread")

QUICK = {"batch_size": 8, "learning_rate": 3e-3, "max_epochs": 3, "recalibrate": True}


@pytest.fixture(scope="module")
def corpus(write_corpus, tmp_path_factory) -> Path:
    folder = write_corpus(tmp_path_factory.mktemp("voices") / "tones and noises")
    (folder / "tone" / "tone-0_9.wav").write_bytes(b"this is not a sound")
    return folder


@pytest.fixture(scope="module")
def plan(corpus, speaker_pattern) -> Plan:
    options: Options = {"speaker_pattern": speaker_pattern}
    return Plan(str(corpus), "tones", options=options, seconds=0.4, recipe=QUICK)


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def finished(plan, cache, tmp_path_factory, one_thread) -> tuple[Path, Outcome, list]:
    folder = tmp_path_factory.mktemp("runs") / "tones"
    events: list = []
    outcome = carry_out(plan, folder, on_event=events.append, report=run.write, cache=cache)
    assert outcome is not None
    return folder, outcome, events


def weights(folder: Path) -> dict[str, torch.Tensor]:
    model, _ = checkpoint.load(folder / "model.safetensors")
    return model.state_dict()


def epochs(folder: Path) -> list[dict]:
    rows = [json.loads(line) for line in (folder / "epochs.jsonl").read_text().splitlines()]
    for row in rows:
        row.pop("seconds", None)
    return rows


def assert_same_run(found: Path, expected: Path) -> None:
    """But for the time that it took."""
    one, other = weights(found), weights(expected)
    for name in other:
        assert torch.equal(one[name], other[name]), name
    assert epochs(found) == epochs(expected)
    for name in ("scores.json", "predictions.csv") if (found / "report").exists() else ():
        assert (found / "report" / name).read_bytes() == (expected / "report" / name).read_bytes()
    card, expected_card = (checkpoint.load(f / "model.safetensors")[1] for f in (found, expected))
    assert replace(card, date="") == replace(expected_card, date="")


def test_the_model_can_be_used_at_once(finished, corpus):
    folder, outcome, _ = finished
    classifier = cabcnn.load(folder / "model.safetensors")
    assert classifier.card == outcome.card
    x = classifier.explain(corpus / "tone" / "tone-3_2.wav")
    assert x.labels == ("noise", "tone")
    assert len(x.times) == 16  # of 0.4 s


def test_the_card_tells_what_was_measured(finished):
    _, outcome, _ = finished
    card = outcome.card
    assert (card.name, card.labels, card.seconds, card.rate) == (
        "tones",
        ("noise", "tone"),
        0.4,
        8000,
    )
    assert card.data == "tones and noises: 24 recordings of 8 speakers (12 noise, 12 tone)."
    assert card.median_seconds == 0.4, "of what is heard, although the clips go on"
    assert card.recipe["max_epochs"] == 3
    assert card.recipe["seed"] == 0
    unseen, mixed = card.measurements
    assert unseen.unseen_speakers
    assert unseen.protocol.startswith("speaker-disjoint")
    assert not mixed.unseen_speakers
    assert mixed.protocol.startswith("paper")
    for row, result in zip(card.measurements, outcome.results, strict=True):
        assert row.clips == len(result.part.clips.test) == np.sum(row.confusion)
        assert row.unweighted_recall == pytest.approx(scores(row.confusion)[1], abs=1e-4)
        assert row.log_loss == pytest.approx(result.evaluation.loss, abs=1e-4)
    told = re.search(
        r"recall of (\S+); on unseen speakers this one has (\S+)\. The difference of (\S+) is",
        card.notes[0],
    )
    assert told is not None
    assert round(float(told[1]) - float(told[2]), 3) == float(told[3]), "as it is written"
    assert checkpoint.Card.from_json(card.to_json()) == card


def test_both_splits_are_what_they_say(finished):
    _, outcome, _ = finished
    unseen, mixed = outcome.results
    for result in outcome.results:
        assert sorted(np.concatenate(result.part.clips)) == list(range(24))
    voices = [{outcome.clips[clip].speaker for clip in part} for part in unseen.part.clips]
    assert not voices[0] & voices[1] | voices[0] & voices[2] | voices[1] & voices[2]
    assert [len(part) for part in unseen.part.clips] == [12, 6, 6]
    assert [len(part) for part in mixed.part.clips] == [14, 2, 8]


def test_the_report_agrees_with_itself(finished, corpus):
    folder, outcome, _ = finished
    told = json.loads((folder / "report" / "scores.json").read_text())
    assert told["seed"] == 0
    with (folder / "report" / "predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for split in told["splits"]:
        own = [row for row in rows if row["split"] == split["name"]]
        matrix = confusion_matrix(
            [told["labels"].index(row["label"]) for row in own],
            [told["labels"].index(row["predicted"]) for row in own],
            2,
        )
        assert matrix.tolist() == split["confusion"]
        assert split["accuracy"] == pytest.approx(scores(matrix).accuracy, abs=1e-4)
        losses = [-np.log(float(row[row["label"]])) for row in own]
        assert split["log_loss"] == pytest.approx(np.mean(losses), abs=1e-3)
        assert sum(split["calibration"]["clips"]) == len(own) == split["sides"]["test"]["clips"]
        for row in own:
            assert Path(row["path"]).parent == Path(row["label"])  # inside the corpus
            assert (corpus / row["path"]).exists()
            assert float(row["noise"]) + float(row["tone"]) == pytest.approx(1, abs=1e-5)
    text = (folder / "report" / "card.md").read_text()
    assert outcome.card.score() in text
    assert r"tone-0\_9.wav is text" in text
    for name in ("curves.png", "confusion.png", "reliability.png"):
        assert (folder / "report" / name).read_bytes().startswith(b"\x89PNG")


def test_what_can_be_watched(finished):
    folder, outcome, events = finished
    rows = epochs(folder)
    names = [(row["part"], row["epoch"]) for row in rows]
    assert names == [(part, n) for part in ("speaker-disjoint", "paper") for n in (1, 2, 3)]
    assert {"training_loss", "balanced_loss", "unweighted_recall"} <= rows[0].keys()
    about = json.loads((folder / "attention" / "clip.json").read_text())
    watched = [
        outcome.clips[clip]
        for clip in outcome.results[0].part.clips.validation
        if outcome.clips[clip].path.name == about["path"]
    ]
    assert [one.speaker for one in watched] == [about["speaker"]]
    pictures = sorted((folder / "attention").glob("*.npy"))
    assert [path.name for path in pictures] == ["0001.npy", "0002.npy", "0003.npy"]
    for path in pictures:
        levels = np.load(path)
        assert levels.shape == (40, 16)
        assert levels.dtype == np.uint8
        np.testing.assert_allclose(levels.sum(0, np.int64), 255, atol=20)  # each weight is rounded
    # where the last epoch was the best, it is what the model pays attention to
    if outcome.results[0].best_epoch == 3:
        x = cabcnn.load(folder / "model.safetensors").explain(watched[0].path)
        np.testing.assert_allclose(np.load(pictures[-1]), x.attention.T * 255, atol=2)
    states = list(dict.fromkeys(event.status.state for event in events))
    assert states == ["preparing", "training", "scoring", "finished"]
    told = [event.epoch for event in events if event.epoch is not None]
    assert [(row["part"], row["epoch"]) for row in told] == names
    status = statuses.read(folder)
    assert status is not None
    assert (status.state, status.message) == ("finished", outcome.card.score())
    assert not (folder / "lock").exists()


def test_what_was_found(finished):
    folder, outcome, _ = finished
    found = json.loads((folder / "corpus.json").read_text())
    assert (found["clips"], found["speakers"]) == (24, 8)
    assert [(row["label"], row["clips"]) for row in found["labels"]] == [
        ("noise", 12),
        ("tone", 12),
    ]
    assert "is text" in found["problems"][0]["details"][0]
    assert [one.clip.path.name for one in outcome.left_out] == ["tone-0_9.wav"]


def test_a_finished_run_is_left_alone(finished, plan, cache):
    folder, _, _ = finished
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    for resume in (False, True):
        assert carry_out(plan, folder, cache=cache, resume=resume) is None
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_the_plan_of_an_earlier_version_lacks_settings_and_means_their_defaults(plan):
    whole = replace(plan, recipe=plan.full_recipe.as_dict())
    older = {name: value for name, value in whole.recipe.items() if name != "sharpness"}
    assert replace(whole, recipe=older, device="cuda").asks_the_same(whole)
    for changes in ({"recipe": {**older, "sharpness": 4.0}}, {"rate": 16_000}, {"seed": 7}):
        assert not replace(whole, **changes).asks_the_same(whole)


def test_a_name_that_is_taken_by_another_plan(finished, plan, cache):
    folder, _, _ = finished
    with pytest.raises(CabcnnError, match="holds a run of another plan; choose another name"):
        carry_out(replace(plan, seed=1), folder, cache=cache)
    assert (statuses.read(folder) or statuses.Status()).state == "finished"


def test_a_seed_is_a_result(finished, plan, cache, tmp_path):
    folder, _, _ = finished
    carry_out(plan, tmp_path / "same", report=run.write, cache=cache)
    assert_same_run(tmp_path / "same", folder)
    carry_out(replace(plan, seed=1), tmp_path / "other", cache=cache)
    assert not torch.equal(
        weights(tmp_path / "other")["norm.weight"], weights(folder)["norm.weight"]
    )


def test_stopped_and_taken_up_again(finished, plan, cache, tmp_path):
    def stop_after_two(event) -> None:
        if event.epoch is not None and event.epoch["epoch"] == 2:
            statuses.ask_to_stop(tmp_path)

    stopped = carry_out(plan, tmp_path, on_event=stop_after_two, cache=cache)
    assert stopped is not None
    assert len(stopped.results) == 1
    assert len(epochs(tmp_path)) == 2
    status = statuses.read(tmp_path)
    assert status is not None
    assert status.state == "stopped"
    assert cabcnn.load(tmp_path / "model.safetensors").card.measurements[0].unseen_speakers

    assert carry_out(plan, tmp_path, cache=cache) is None, "it stays stopped"
    whole = carry_out(plan, tmp_path, cache=cache, resume=True)
    assert whole is not None
    assert len(whole.results) == 2
    assert_same_run(tmp_path, finished[0])


def test_a_stopped_second_split_is_no_equal(finished, plan, cache, tmp_path):
    """It is said of its score, and the difference of the two scores is not taken for anything."""

    def stop_the_second(event) -> None:
        if event.epoch is not None and event.epoch["part"] == "paper":
            statuses.ask_to_stop(tmp_path)

    outcome = carry_out(plan, tmp_path, on_event=stop_the_second, cache=cache)
    assert outcome is not None
    assert [result.stopped for result in outcome.results] == [False, True]
    whole, early = outcome.card.measurements
    assert "stopped" not in whole.protocol
    assert early.protocol.endswith("; stopped early, after epoch 1")
    assert not any("The difference of" in note for note in outcome.card.notes)


def test_a_stop_that_is_killed_while_it_scores_learns_no_more(finished, plan, cache, tmp_path):
    def stop_then_die(event) -> None:
        if event.epoch is not None:
            statuses.ask_to_stop(tmp_path)
        if event.status.state == "scoring":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carry_out(plan, tmp_path, on_event=stop_then_die, cache=cache)
    assert len(epochs(tmp_path)) == 1
    outcome = carry_out(plan, tmp_path, cache=cache)
    assert outcome is not None
    assert len(epochs(tmp_path)) == len(outcome.results[0].history) == 1
    assert len(outcome.results) == 1


def test_a_stop_while_a_split_is_scored_begins_no_other(finished, plan, cache, tmp_path):
    def stop_while_scoring(event) -> None:
        if event.status.state == "scoring":
            statuses.ask_to_stop(tmp_path)

    outcome = carry_out(plan, tmp_path, on_event=stop_while_scoring, cache=cache)
    assert outcome is not None
    assert [result.stopped for result in outcome.results] == [False]
    assert {row["part"] for row in epochs(tmp_path)} == {"speaker-disjoint"}


def test_every_speaker_is_tested_once_over_folds(plan, cache, tmp_path):
    """Four speakers of each label, three folds; interrupted after the first and taken up."""
    folds = replace(plan, protocol="folds", folds=3, recipe={**QUICK, "max_epochs": 1})

    def interrupt(event) -> None:
        if event.epoch is not None and event.epoch["part"] == "fold-2":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carry_out(folds, tmp_path, on_event=interrupt, cache=cache)
    outcome = carry_out(folds, tmp_path, report=run.write, cache=cache)
    assert outcome is not None
    assert [result.part.name for result in outcome.results] == ["fold-1", "fold-2", "fold-3"]
    tested = np.concatenate([result.part.clips.test for result in outcome.results])
    assert sorted(tested) == list(range(24))
    speakers = np.array([clip.speaker for clip in outcome.clips])
    for result in outcome.results:
        sides = [set(speakers[part]) for part in result.part.clips]
        assert sum(map(len, sides)) == len(set.union(*sides)) == 8
    (found,) = outcome.card.measurements
    recalls = [result.evaluation.scores.unweighted_recall for result in outcome.results]
    assert (found.models, found.clips, found.speakers) == (3, 24, 8)
    assert found.unseen_speakers
    assert found.unweighted_recall == pytest.approx(np.mean(recalls), abs=1e-4)
    assert found.spread == pytest.approx(np.std(recalls, ddof=1), abs=1e-4)
    assert found.protocol.startswith("3 folds by speakers")
    assert f"unweighted recall of {recalls[0]:.3f}" in outcome.card.notes[0]
    kept = weights(tmp_path)
    state = load_file(tmp_path / "state-fold-1.safetensors")
    assert torch.equal(kept["norm.weight"], state["best.norm.weight"]), "the first fold's model"
    told = json.loads((tmp_path / "report" / "scores.json").read_text())["splits"]
    assert [row["name"] for row in told] == ["fold-1", "fold-2", "fold-3"]


def test_a_run_that_is_ended_when_it_is_done_is_done(finished, plan, cache, tmp_path):
    """Its last word is kept if it is killed before it has left."""

    def die_at_the_end(event) -> None:
        if event.status.state == "finished":
            raise KeyboardInterrupt

    quick = replace(plan, protocol="speaker-disjoint", recipe={**QUICK, "max_epochs": 1})
    with pytest.raises(KeyboardInterrupt):
        carry_out(quick, tmp_path, on_event=die_at_the_end, cache=cache)
    status = statuses.read(tmp_path)
    assert status is not None
    assert (status.state, status.message) == (
        "finished",
        checkpoint.load(tmp_path / "model.safetensors")[1].score(),
    )


def test_a_corpus_that_changes_during_training(finished, plan, cache, corpus, tmp_path):
    """Its recordings are decoded: what is trained on is what was there at the beginning, also
    after an interruption."""
    moving = tmp_path / corpus.name
    shutil.copytree(corpus, moving)
    plan = replace(plan, corpus=str(moving))
    folder = tmp_path / "run"

    def disturb(event) -> None:
        if event.epoch is not None and event.epoch["epoch"] == 1:
            shutil.rmtree(moving / "noise")
            soundfile.write(moving / "tone" / "tone-1_0.wav", np.zeros(8000), 8000)
        if event.epoch is not None and event.epoch["epoch"] == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carry_out(plan, folder, on_event=disturb, cache=cache)
    status = statuses.read(folder)
    assert status is not None
    assert status.state == "interrupted"
    assert carry_out(plan, folder, cache=cache) is not None
    found, expected = weights(folder), weights(finished[0])
    for name in expected:
        assert torch.equal(found[name], expected[name])


def test_a_corpus_that_changed_and_a_cache_that_is_gone(plan, corpus, tmp_path):
    moving = tmp_path / corpus.name
    shutil.copytree(corpus, moving)
    plan = replace(plan, corpus=str(moving))

    def interrupt(event) -> None:
        if event.epoch is not None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carry_out(plan, tmp_path / "run", on_event=interrupt, cache=tmp_path / "cache")
    shutil.rmtree(tmp_path / "cache")
    (moving / "noise" / "noise-0_0.wav").unlink()
    with pytest.raises(CabcnnError, match=r"has changed since this run began.*under another name"):
        carry_out(plan, tmp_path / "run", cache=tmp_path / "cache")
    status = statuses.read(tmp_path / "run")
    assert status is not None
    assert status.state == "failed"
    assert "has changed" in status.message


@pytest.mark.parametrize("room", [5_000, 300_000])
def test_a_full_disk_while_saving(finished, plan, cache, limited_files, tmp_path, room):
    """No room for the corpus's list, or none for the state of the run: 2 MB."""
    with limited_files(room), pytest.raises(CabcnnError, match="the disk is full; free some"):
        carry_out(plan, tmp_path, cache=cache)
    status = statuses.read(tmp_path)
    assert status is not None
    assert status.state == "failed"
    assert "the disk is full" in status.message
    assert not list(tmp_path.glob("*.part"))
    assert carry_out(plan, tmp_path, cache=cache) is not None
    assert_same_run(tmp_path, finished[0])


def test_a_run_that_fails_says_so(plan, cache, tmp_path):
    """The report is where a person's own code may fail."""

    def broken(outcome, folder) -> None:
        raise RuntimeError("no ink")

    with pytest.raises(RuntimeError, match="no ink"):
        carry_out(plan, tmp_path, report=broken, cache=cache)
    status = statuses.read(tmp_path)
    assert status is not None
    assert (status.state, status.message) == ("failed", "RuntimeError: no ink")
    assert not (tmp_path / "lock").exists()
