"""A run that was really trained, as the Train tab shows it and lets it be used."""

from __future__ import annotations

import base64
import json
import shutil
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import numpy as np
import pytest
import soundfile

from cabcnn import checkpoint
from cabcnn.cli.serve import training_allowed
from cabcnn.errors import CabcnnError
from cabcnn.runs.plan import Plan
from cabcnn.runs.queue import JobQueue
from cabcnn.ui import page
from cabcnn.ui.auth import credentials
from cabcnn.ui.sounds import shared_sounds
from cabcnn.ui.train import Training, model_files
from cabcnn.ui.train.report import to_html as report_of
from cabcnn.views.runs import payload

EPOCHS = 3


@pytest.fixture(scope="module")
def jobs(tmp_path_factory, tone, babble, models_folder) -> Iterator[JobQueue]:
    """A queue with one finished run, "voices", of tones and noises that were uploaded."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CABCNN_HOME", str(home))
        patch.setenv("OMP_NUM_THREADS", "1")
        made = JobQueue(home)
        upload = made.uploads.new()
        for number in range(6):
            for label, make in (("tone", tone), ("noise", babble)):
                for take in range(2):
                    folder = upload / "my voices" / label
                    folder.mkdir(parents=True, exist_ok=True)
                    samples = make(0.4, 8000, 100 + 10 * number + take)
                    soundfile.write(folder / f"s{number}_{take}.wav", samples, 8000)
        (upload / "my voices/tone/broken.wav").write_bytes(b"")
        plan = Plan(
            corpus=str(upload / "my voices"),
            name="voices",
            options={"speaker_pattern": r"^(s\d|broken)"},
            seconds=0.4,
            recipe={"max_epochs": EPOCHS, "batch_size": 4},
            protocol="both",
        )
        made.submit(plan, upload)
        with made.serving():
            deadline = time.monotonic() + 600
            while made.get("voices").state != "finished":
                job = made.get("voices")
                assert job.state not in ("failed", "interrupted"), job.message
                assert time.monotonic() < deadline
                time.sleep(0.1)
        yield made


@pytest.fixture(scope="module")
def demo(jobs) -> gr.Blocks:
    return page.build(Training(jobs))


def call(demo: gr.Blocks, handler: str, *arguments: Any, session: str = "visitor") -> Any:
    functions = [one.fn for one in demo.fns.values() if one.fn is not None]
    function = next(one for one in functions if one.__name__ == handler)
    return function(gr.Request(session_hash=session), *arguments)


def by_id(shown: dict) -> dict[str, Any]:
    return {one.elem_id: value for one, value in shown.items()}


def event(do: str, run: str = "voices") -> gr.EventData:
    return gr.EventData(None, {"do": do, "run": run})


def test_the_view_has_both_models_curves(jobs):
    run = json.loads(payload.payload(jobs.all(), None))["run"]
    assert (run["name"], run["state"], run["classes"], run["share"]) == ("voices", "finished", 2, 1)
    assert [part["name"] for part in run["parts"]] == ["speaker-disjoint", "paper"]
    rows = [json.loads(line) for line in (jobs.folder / "voices/epochs.jsonl").open()]
    for part in run["parts"]:
        own = [row for row in rows if row["part"] == part["name"]]
        assert part["epoch"] == [1, 2, 3]
        for column in ("training_loss", "training_recall", "loss", "unweighted_recall"):
            np.testing.assert_allclose(part[column], [row[column] for row in own], atol=5e-5)
        assert part["best"] == 1 + int(np.argmin([row["balanced_loss"] for row in own]))
    assert run["actions"] == ["use", "model", "report", "remove"]
    assert run["validation_clip"]["label"] in ("noise", "tone")
    assert "my voices · the first 0.4 s · paper recipe, changed" in run["asked"]


def test_nothing_that_is_shown_tells_where_the_server_keeps_things(jobs):
    shown = payload.payload(jobs.all(), None) + report_of(jobs.get("voices"))
    assert str(jobs.folder.parent) not in shown


def test_the_attention_after_each_epoch_reaches_the_view_as_it_was_kept(jobs):
    answer = payload.frames(jobs, "voices", [1, 3, 77])
    assert answer["epochs"] == [1, 3]
    shape = 2, answer["n"], answer["columns"]
    cells = np.frombuffer(zlib.decompress(base64.b64decode(answer["data"])), np.uint8)
    for got, epoch in zip(cells.reshape(shape), (1, 3), strict=True):
        kept_levels = np.load(jobs.folder / f"voices/attention/{epoch:04d}.npy")
        np.testing.assert_array_equal(got, kept_levels)
        assert kept_levels.shape == (40, 16) == (answer["n"], answer["p"])
        np.testing.assert_allclose(kept_levels.sum(0) / 255, 1, atol=0.1)


def test_long_clips_are_narrowed_without_changing_their_mean():
    levels = np.random.default_rng(0).integers(0, 255, (40, 2400), np.uint8)
    narrow = payload._narrow(levels)
    assert narrow.shape == (40, payload.FRAME_COLUMNS)
    np.testing.assert_allclose(narrow.mean(1), levels.mean(1), atol=0.5)


@pytest.mark.parametrize(
    "asked",
    [None, "voices", ["voices"], ["voices", 3], ["voices", ["x"]], ["../voices", [1]], [3, [1]]],
)
def test_questions_that_the_view_does_not_ask_are_answered_with_nothing(demo, asked):
    view = next(one for one in demo.blocks.values() if one.elem_id == "train-runs")
    assert view.frames(asked) == {}


def test_the_report_quotes_unseen_speakers_first(jobs):
    job = jobs.get("voices")
    text = report_of(job)
    _, card = checkpoint.load(job.folder / "model.safetensors")
    assert card.score() in text.replace("&#x27;", "'")
    assert card.measurements[0].unseen_speakers
    assert text.index("speaker-disjoint") < text.index("the paper&#x27;s split")
    assert text.count("Confusion matrix") == 2
    assert "Calibration error" in text
    assert "One recording could not be used" in text
    assert "data:image/png;base64," in text


def test_the_report_comes_once_and_goes_with_its_run(demo):
    first = by_id(call(demo, "update_runs", session="somebody"))
    assert first["train-report"].visible
    assert "How good it is" in first["train-report"].value
    assert "train-report" not in by_id(call(demo, "update_runs", session="somebody"))
    assert "train-report" in by_id(call(demo, "update_runs", session="somebody else"))


def test_use_puts_the_model_into_the_list_of_the_page_and_chooses_it(demo, jobs, tmp_path, babble):
    shown = by_id(call(demo, "use_model", event("use")))
    dropdown = shown["model"]
    assert dropdown.value == "voices"
    assert "voices" in {name for _, name in dropdown.choices}
    assert shown["tabs"].selected == "explore"
    soundfile.write(tmp_path / "a.wav", babble(2, 16_000), 16_000)
    request = gr.Request(session_hash="visitor")
    functions = [one.fn for one in demo.fns.values() if one.fn is not None]
    open_file = next(one for one in functions if one.__name__ == "open_file")
    explain_if_open = next(one for one in functions if one.__name__ == "explain_if_open")
    assert explain_if_open("voices", 0, request) == gr.skip()  # there is no sound to explain again
    view = by_id(open_file(str(tmp_path / "a.wav"), "voices", 0, request))["view"]
    assert view["labels"] == ["noise", "tone"]
    assert view["p"] == 16  # T is 0.4 s
    again = by_id(explain_if_open("accents", 0, request))["view"]
    assert again["labels"] == ["US", "UK", "AU"]
    shared_sounds().forget("visitor")


def test_the_model_and_the_report_can_be_taken_away(demo, jobs):
    path = Path(by_id(call(demo, "download_from_run", event("model")))["train-file"])
    assert path.name == "voices.safetensors"
    assert checkpoint.load(path)[1].name == "voices"
    path = Path(by_id(call(demo, "download_from_run", event("report")))["train-file"])
    assert path.name == "voices report.zip"
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        text = archive.read("voices report/predictions.csv").decode()
    assert {"voices report/card.md", "voices report/confusion.png"} <= set(names)
    assert "tone/s" in text
    assert str(jobs.folder.parent) not in text


def test_an_interrupted_run_is_resumed_by_a_press(demo, jobs):
    shutil.copytree(jobs.folder / "voices", jobs.folder / "cut", dirs_exist_ok=True)
    status = json.loads((jobs.folder / "cut/status.json").read_text())
    status |= {"state": "training", "begun": 1.0, "ticks": 1}
    (jobs.folder / "cut/status.json").write_text(json.dumps(status))
    process = json.loads((jobs.folder / "cut/process.json").read_text())
    (jobs.folder / "cut/process.json").write_text(json.dumps(process | {"begun": 1.0, "ticks": 1}))
    (jobs.folder / "cut/model.safetensors").unlink()
    facts = json.loads((jobs.folder / "cut/job.json").read_text())
    (jobs.folder / "cut/job.json").write_text(json.dumps(facts | {"upload": None}))
    call(demo, "choose_run", gr.EventData(None, {"run": "cut"}))
    run = json.loads(by_id(call(demo, "update_runs"))["train-runs"])["run"]
    assert (run["state"], run["actions"]) == ("interrupted", ["resume", "remove"])
    assert "Resume it" in run["sentence"]
    run = json.loads(by_id(call(demo, "act_on_run", event("resume", "cut")))["train-runs"])["run"]
    assert (run["state"], run["actions"]) == ("queued", ["cancel"])
    call(demo, "act_on_run", event("cancel", "cut"))  # it has a past and stays
    assert jobs.get("cut").state == "interrupted"
    call(demo, "act_on_run", event("remove", "cut"))
    assert [job.name for job in jobs.all()] == ["voices"]


def test_a_checkpoint_that_is_brought_gets_a_name_of_its_own(jobs, demo, make_card, formula_model):
    source = shared_sounds().folder / "voices.safetensors"
    checkpoint.save(source, formula_model(3), make_card(title="Brought <b>"))
    shown = by_id(call_plain(demo, "add_model", str(source), "accents"))
    assert shown["model"].value == "accents"  # nobody's choice is changed
    assert ("Brought <b>", "voices-2") in shown["model"].choices
    assert "voices-2 was added to the models" in shown["train-message"].value
    assert "voices-2" in model_files.own_models()
    path = Path(call_plain(demo, "download_model", "voices-2"))
    assert path.name == "voices-2.safetensors"
    shown = by_id(call_plain(demo, "remove_model", "voices-2", "voices-2"))
    assert shown["model"].value == "accents"
    assert "voices-2" not in checkpoint.names()


def test_what_is_no_checkpoint_is_a_sentence(demo, tmp_path):
    (tmp_path / "x.safetensors").write_bytes(b"nothing")
    shown = by_id(call_plain(demo, "add_model", str(tmp_path / "x.safetensors"), None))
    assert "not a complete checkpoint" in shown["train-message"].value


@pytest.mark.parametrize("name", [None, "", "accents", "../accents", "/etc/hostname"])
def test_only_models_made_here_can_be_taken_or_removed(demo, name):
    shown = by_id(call_plain(demo, "remove_model", name, "accents"))
    assert (
        "Choose one of the models that were trained or added here" in shown["train-message"].value
    )
    with pytest.raises(gr.Error, match="Choose one of the models"):
        call_plain(demo, "download_model", name)
    assert "accents" in checkpoint.names()


def call_plain(demo: gr.Blocks, handler: str, *arguments: Any) -> Any:
    functions = [one.fn for one in demo.fns.values() if one.fn is not None]
    return next(one for one in functions if one.__name__ == handler)(*arguments)


def test_a_page_can_be_kept_for_those_with_a_password(jobs):
    training = Training(jobs)
    demo = page.build(training)
    _, url, _ = page.launch(
        demo, training=training, auth=credentials("ann:secret"),
        prevent_thread_lock=True, quiet=True,
    )  # fmt: skip
    try:
        asked = {"data": ["voices", [1]], "component_id": 1, "fn_name": "frames"}
        answers = [
            httpx.get(f"{url}config"),
            httpx.post(f"{url}gradio_api/component_server", json=asked),
        ]
        assert [answer.status_code for answer in answers] == [401, 401]
        with httpx.Client() as client:
            client.post(f"{url}login", data={"username": "ann", "password": "secret"})
            assert client.get(f"{url}config").status_code == 200
    finally:
        demo.close()


def test_passwords_come_from_the_option_or_a_file(tmp_path):
    assert credentials("ann:a:b") == [("ann", "a:b")]
    (tmp_path / "people").write_text("# the lab\nann:one\n\nbob:two\n")
    assert credentials(str(tmp_path / "people")) == [("ann", "one"), ("bob", "two")]
    for bad in ("ann", "ann:", ":secret", ""):
        with pytest.raises(CabcnnError, match="USER:PASSWORD"):
            credentials(bad)
    (tmp_path / "nobody").write_text("# nobody\n")
    with pytest.raises(CabcnnError, match="a line of that for each visitor"):
        credentials(str(tmp_path / "nobody"))


def test_the_world_may_train_only_where_it_is_said():
    assert [training_allowed(said, share=True) for said in (None, True, False)] == [
        False,
        True,
        False,
    ]
    assert [training_allowed(said, share=False) for said in (None, True, False)] == [
        True,
        True,
        False,
    ]
