"""The Train tab's handlers: recordings are told of before training, plans become jobs."""

from __future__ import annotations

import json
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
import soundfile
from gradio.state_holder import SessionState

from cabcnn import corpora
from cabcnn.corpora.speakers import TEMPLATES
from cabcnn.dataset.cache import prepare_cached
from cabcnn.runs.queue import JobQueue, uploads
from cabcnn.training.recipe import PAPER, RECIPES
from cabcnn.ui import page
from cabcnn.ui.train import Training, runs_panel, settings, training_enabled
from cabcnn.ui.train import recordings as recordings_of
from cabcnn.ui.train.corpus_summary import CorpusSummary, built_in, length_range
from cabcnn.ui.train.recordings import BUILT_IN, DETECT, FOLDER, PATTERN, UNKNOWN, ZIP

OPTIONS = (DETECT, "", "", UNKNOWN, "")


class TrainPage:
    """One visitor's open page, of which only the Train tab is used."""

    def __init__(
        self, demo: gr.Blocks, training: Training, session: str, send: Callable[..., None]
    ) -> None:
        self.demo, self.training, self.session, self.send = demo, training, session, send
        self.state = SessionState(demo)
        self.values: dict[str, Any] = {}

    def handler(self, name: str) -> Callable[..., Any]:
        functions = [one.fn for one in self.demo.fns.values() if one.fn is not None]
        return next(function for function in functions if function.__name__ == name)

    def call(self, handler: str, *arguments: Any) -> dict[str, Any]:
        """What a handler puts on the page, by elem_id or label; it is kept in `values`."""
        result = self.handler(handler)(gr.Request(session_hash=self.session), *arguments)
        self.send(self.demo, handler, result, self.state)
        if result == gr.skip():
            return {}
        assert result  # Gradio takes an empty dictionary for one value
        shown = {one.elem_id or one.label: value for one, value in result.items()}
        self.values |= {name: getattr(value, "value", value) for name, value in shown.items()}
        return shown

    def open_zip(self, path: Path, *options: str) -> dict[str, Any]:
        return self.call("open_zip", str(path), gr.Progress(), *(options or OPTIONS))

    @property
    def message(self) -> str:
        """What is said below either step."""
        return (self.values.get("train-message") or "") + (self.values.get("train-message") or "")

    @property
    def found(self) -> str:
        return self.values.get("train-corpus") or ""

    def train(self, classes: list[str] | None = None, **changes: Any) -> dict[str, Any]:
        chosen = {
            "seconds": 1.0, "other": 15, "recipe": "paper", "name": "voices", "protocol": "paper",
            "switches": [], "seed": 0, "rate": 8000,
        }  # fmt: skip
        numbers = {field: getattr(PAPER, field) or 0 for field, _, _ in settings.NUMBERS}
        values = {**chosen, **numbers, **changes}
        return self.call("train", classes or self.values["train-classes"], *values.values())

    def view(self) -> dict[str, Any]:
        self.call("update_runs")
        return json.loads(self.values["train-runs"])


@pytest.fixture(scope="module")
def host(home, models_folder) -> Training:
    """What somebody serves: a queue that nobody works on, and a folder of corpora."""
    return Training(JobQueue(), home / "corpora")


@pytest.fixture(scope="module")
def demo(host) -> gr.Blocks:
    return page.build(host)


@pytest.fixture
def training(host) -> Iterator[Training]:
    """The same, empty before each test."""
    host.corpora_folder.mkdir()
    yield host
    for folder in (host.corpora_folder, host.jobs.folder, host.jobs.uploads.folder):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def visitor(demo, training, request, send_result) -> TrainPage:
    return TrainPage(demo, training, request.node.name, send_result)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory, babble, tone) -> Path:
    """A folder of 4 tones and 4 noises of two speakers each, with a few seconds of sound."""
    folder = tmp_path_factory.mktemp("recordings")
    for number in range(4):
        for label, make in (("tone", tone), ("noise", babble)):
            (folder / label).mkdir(exist_ok=True)
            samples = make(0.5 + 0.1 * number, 8000, 100 + number)
            soundfile.write(folder / label / f"anna{number % 2}_{number}.wav", samples, 8000)
    return folder


@pytest.fixture
def pack(tmp_path) -> Callable[..., Path]:
    """Writes a zip of a folder's files and of others."""

    def write(folder: Path | None, name: str = "my voices.zip", **others: bytes) -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w") as archive:
            if folder is not None:
                for file in sorted(folder.rglob("*.*")):
                    archive.write(file, file.relative_to(folder))
            for other, content in others.items():
                archive.writestr(other, content)
        return path

    return write


def held(training: Training) -> list[Path]:
    """The uploads that are still there once nobody needs to hold them."""
    training.jobs.uploads.sweep(job.upload for job in training.jobs.all())
    folder = training.jobs.uploads.folder
    return sorted(folder.iterdir()) if folder.exists() else []


def tabs(demo: gr.Blocks) -> list[str]:
    return [str(one.label) for one in demo.blocks.values() if isinstance(one, gr.Tab)]


def test_without_training_there_is_no_train_tab_and_programs_see_the_same_endpoints(demo):
    without = page.build(None)
    assert tabs(without) == [tab for tab in tabs(demo) if tab != "Train"]
    assert len(tabs(without)) == len(tabs(demo)) - 1
    endpoints = [list(one.get_api_info()["named_endpoints"]) for one in (demo, without)]
    assert endpoints[0] == endpoints[1]
    assert "/explain" in endpoints[1]


@pytest.mark.parametrize(
    ("environment", "allowed"),
    [
        ({}, True),
        ({"CABCNN_TRAINING": "0"}, False),
        ({"SPACE_ID": "somebody/space"}, False),
        ({"SPACE_ID": "somebody/space", "CABCNN_TRAINING": "1"}, True),
    ],
)
def test_the_environment_says_whether_visitors_may_train(environment, allowed, monkeypatch):
    for name in ("CABCNN_TRAINING", "SPACE_ID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert training_enabled() is allowed


def test_the_built_in_voices_are_there_at_once(visitor):
    visitor.call("open_tab", BUILT_IN)
    labels = sorted({clip.label for clip in corpora.read("built-in")})
    assert visitor.values["train-classes"] == labels
    for label in labels:
        assert label in visitor.found
    assert visitor.call("open_tab", BUILT_IN) == {}  # they are there already
    visitor.train(labels[:2])
    (job,) = visitor.training.jobs.all()
    assert job.plan.corpus == "built-in"
    assert job.plan.options == {"labels": labels[:2]}


def test_what_is_in_a_zip_is_told(visitor, pack, recordings):
    shown = visitor.open_zip(pack(recordings))
    assert "<p>my voices: <b>8 recordings</b> of 2 classes, 5 s in total" in visitor.found
    assert "The first 5 s of each are used, unless" in visitor.found
    assert visitor.values["train-classes"] == ["noise", "tone"]
    assert visitor.values["train-name"] == "my voices"
    assert visitor.values["train-seconds"] == 5.0
    assert "8 recordings have no known speaker" in visitor.found
    assert [value for _, value in shown["Test it"].choices] == ["paper"]
    assert visitor.message == ""
    assert shown["train-upload"] is None


def test_the_speakers_can_be_told_without_bringing_it_again(visitor, pack, recordings):
    visitor.open_zip(pack(recordings))
    again = visitor.call("read_again", ZIP, None, gr.Progress(), DETECT, "", "", PATTERN, "no such")
    assert "finds no speaker in" in visitor.message
    assert visitor.found == ""
    options = (DETECT, "", "", PATTERN, r"^(\w+?)_")
    again = visitor.call("read_again", ZIP, None, gr.Progress(), *options)
    assert visitor.message == ""
    assert "no known speaker" not in visitor.found
    assert [value for _, value in again["Test it"].choices] == ["paper"]  # two speakers a class
    visitor.train()
    (job,) = visitor.training.jobs.all()
    assert job.plan.options["speaker_pattern"] == r"^(\w+?)_"


def test_without_a_pattern_the_speakers_are_told_by_a_template(visitor, pack, recordings):
    visitor.open_zip(pack(recordings), DETECT, "", "", "before-underscore", "ignored (")
    assert visitor.message == ""
    assert "<td>2</td>" in visitor.found
    visitor.train()
    (job,) = visitor.training.jobs.all()
    assert job.plan.options["speaker_pattern"] == "before-underscore"
    visitor.call("read_again", ZIP, None, gr.Progress(), DETECT, "", "", "before-hyphen", "")
    assert "finds no speaker in" in visitor.message


def test_every_template_and_a_pattern_can_be_chosen(demo):
    choice = next(one for one in demo.blocks.values() if one.elem_id == "train-speakers")
    assert isinstance(choice, gr.Dropdown)
    assert [value for _, value in choice.choices] == [UNKNOWN, *TEMPLATES, PATTERN]


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("", "Give a speaker pattern"),
        ("(", "can&#x27;t be used"),
        ("(" * 500, "characters long"),
        ("a{99999999999}", "The speaker pattern"),
        ("(?=a)", "can&#x27;t be used"),
    ],
)
def test_a_bad_speaker_pattern_is_a_sentence(visitor, pack, recordings, pattern, sentence):
    visitor.open_zip(pack(recordings), DETECT, "", "", PATTERN, pattern)
    assert sentence in visitor.message
    assert visitor.found == ""


def test_no_speaker_pattern_holds_up_the_server(visitor, pack):
    names = {f"{label}/{'a' * 34}!.wav": b"x" for label in ("tone", "noise")}
    begun = time.monotonic()
    visitor.open_zip(pack(None, **names), DETECT, "", "", PATTERN, "(a+)+$")
    assert "finds no speaker in" in visitor.message
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("seconds", [1.0, settings.WHOLE_CLIPS])
def test_what_was_decoded_to_describe_a_zip_is_not_decoded_again(
    visitor, pack, recordings, seconds
):
    visitor.open_zip(pack(recordings))
    visitor.train(seconds=seconds)
    (job,) = visitor.training.jobs.all()
    cache = job.upload / uploads.CACHE
    files = {path for path in cache.rglob("*") if path.is_file()}
    assert files
    clips = corpora.read(job.plan.corpus, job.plan.layout, **job.plan.options)
    prepared = prepare_cached(clips, job.plan.rate, job.plan.seconds, cache)
    assert len(prepared.clips) == 8
    assert {path for path in cache.rglob("*") if path.is_file()} == files


def test_enough_known_speakers_are_tested_on_voices_never_heard():
    labels = (("a", 9, 3, 0.1), ("b", 9, 3, 0.1), ("c", 9, 2, 0.1))
    found = CorpusSummary(
        "x", "x", labels, 5.0, speakers_known=True, repeated_speakers=True, official_split=False
    )
    ways = [way for _, way in settings.protocol_choices(found, ["a", "b"])]
    assert ways == ["both", "speaker-disjoint", "paper"]
    assert [way for _, way in settings.protocol_choices(found, ["a", "c"])] == ["paper"]
    once = CorpusSummary(
        "x", "x", labels, 5.0, speakers_known=True, repeated_speakers=False, official_split=True
    )
    assert [way for _, way in settings.protocol_choices(once, ["a", "b"])] == [
        "speaker-disjoint",
        "official",
    ]
    many = replace(found, labels=(("a", 9, 5, 0.1), ("b", 9, 6, 0.1)))
    ways = [way for _, way in settings.protocol_choices(many, ["a", "b"])]
    assert ways == ["both", "speaker-disjoint", "paper", "folds"]


def test_fewer_classes_may_change_how_it_is_tested(visitor):
    visitor.call("open_tab", BUILT_IN)
    function = visitor.handler("choose_classes")
    request = gr.Request(session_hash=visitor.session)
    two = [row[0] for row in built_in().labels[:2]]
    # What was chosen stays, whatever it is by now: the answer may come late.
    assert "value" not in function(request, two, "paper").constructor_args
    assert function(request, [], "both").value == "paper"


def test_boxes_that_were_never_filled_say_nothing(visitor, pack, recordings):
    visitor.open_zip(pack(recordings), DETECT, None, None, None, None)
    assert visitor.message == ""


def test_a_list_in_a_zip_is_read(visitor, pack, recordings):
    lines = ["path,label,speaker"]
    lines += [f"{k}/anna{n % 2}_{n}.wav,{k}s,{n}" for k in ("tone", "noise") for n in range(4)]
    visitor.open_zip(pack(recordings, **{"manifest.csv": "\n".join(lines).encode()}))
    assert visitor.values["train-classes"] == ["noises", "tones"]
    assert "no known speaker" not in visitor.found


def test_a_list_of_any_name_is_read_and_classes_may_be_of_another_column(visitor, pack, recordings):
    lines = ["path,accent", *(f"{k}/anna0_{n}.wav,{k}s" for k in ("tone", "noise") for n in (0, 2))]
    visitor.open_zip(pack(recordings, **{"list.csv": "\n".join(lines).encode()}))
    assert "list.csv has no column &#x27;label&#x27;, only path, accent" in visitor.message
    assert "or choose the layout folder" in visitor.message
    assert visitor.found == ""
    visitor.call("read_again", ZIP, None, gr.Progress(), DETECT, "accent", "", UNKNOWN, "")
    assert visitor.message == ""
    assert visitor.values["train-classes"] == ["noises", "tones"]
    visitor.call("read_again", ZIP, None, gr.Progress(), "folder", "", "", UNKNOWN, "")
    assert visitor.values["train-classes"] == ["noise", "tone"]


def test_a_list_can_not_reach_out_of_its_zip(visitor, pack, recordings, training):
    table = f"path,label\n{recordings}/tone/anna0_0.wav,a\n/etc/hostname,b\n"
    visitor.open_zip(pack(None, **{"manifest.csv": table.encode(), "x.wav": b""}))
    assert "lies outside" in visitor.message
    assert str(training.jobs.folder.parent) not in visitor.message


@pytest.mark.parametrize(
    ("others", "sentence"),
    [
        ({}, "holds no files"),
        ({"notes.txt": b"x"}, "holds no recordings"),
        ({"../a.wav": b"x"}, "outside its folder"),
        ({"tone/a.wav": b"x"}, "A classifier needs two classes or more"),
        ({"tone/a.wav": b"x", "Tone/b.wav": b"x"}, "differ only in case"),
        ({"a.wav": b"x", "tone/b.wav": b"x"}, "lies outside any label"),
    ],
)
def test_what_can_not_be_trained_on_is_one_sentence(visitor, pack, others, sentence, training):
    visitor.open_zip(pack(None, **others))
    assert 'class="error"' in visitor.message
    assert sentence in visitor.message
    assert str(training.jobs.folder.parent) not in visitor.message
    assert visitor.found == ""
    visitor.values.pop("train-message")
    visitor.train(["a", "b"])
    assert "Choose recordings first" in visitor.message
    assert training.jobs.all() == []


def test_what_is_no_zip_is_one_sentence_and_leaves_nothing(visitor, tmp_path, training):
    (tmp_path / "notes.zip").write_text("Dear diary")
    visitor.open_zip(tmp_path / "notes.zip")
    assert "notes.zip is not a zip archive" in visitor.message
    assert held(training) == []


def test_recordings_that_can_not_be_heard_are_named(visitor, pack, recordings):
    visitor.open_zip(pack(recordings, **{"tone/broken.wav": b"nothing", "noise/<b>.wav": b"x"}))
    assert "2 recordings can&#x27;t be read; training leaves them out." in visitor.found
    assert "tone/broken.wav" in visitor.found
    assert "<b>.wav" not in visitor.found
    assert str(visitor.training.jobs.folder.parent) not in visitor.found


def test_an_emptied_box_changes_nothing(visitor):
    assert visitor.call("open_zip", None, gr.Progress(), *OPTIONS) == {}


def test_another_source_puts_the_last_one_away(visitor, pack, recordings, training):
    visitor.open_zip(pack(recordings))
    assert len(held(training)) == 1
    shown = visitor.call("choose_kind", FOLDER)
    assert (shown["train-folder"].visible, shown["train-upload"].visible) == (True, False)
    assert held(training) == []
    visitor.call("choose_kind", BUILT_IN)
    assert "American" in visitor.found


def test_a_folder_of_the_hosts_can_be_chosen_and_no_other(visitor, recordings, training, tmp_path):
    folder = training.corpora_folder
    assert folder is not None
    (folder / "sounds").symlink_to(recordings)
    (tmp_path / "elsewhere").mkdir()
    for name in ("../elsewhere", str(tmp_path), "/", "nothing"):
        visitor.call("open_folder", name, gr.Progress(), *OPTIONS)
        assert "There is no folder" in visitor.message
    assert visitor.call("open_folder", "", gr.Progress(), *OPTIONS) == {}
    visitor.call("open_folder", "sounds", gr.Progress(), *OPTIONS)
    assert "There is no folder" in visitor.message  # a link leads out as well
    (folder / "sounds").unlink()
    shutil.copytree(recordings, folder / "sounds")
    visitor.call("open_folder", "sounds", gr.Progress(), *OPTIONS)
    assert "<b>8 recordings</b>" in visitor.found
    visitor.call(
        "read_again", FOLDER, "sounds", gr.Progress(), DETECT, "", "", PATTERN, r"^(\w+?)_"
    )
    assert "no known speaker" not in visitor.found


def test_the_hosts_lists_can_be_chosen_too(training, recordings, send_result):
    folder = training.corpora_folder
    assert folder is not None
    shutil.copytree(recordings, folder / "lab" / "sounds")
    (folder / "lab" / "sounds" / "deep" / "er").mkdir(parents=True)
    lines = ["path,label", *(f"{k}/anna0_{n}.wav,{k}s" for k in ("tone", "noise") for n in (0, 2))]
    places = ("all.CSV", "lab/some.tsv", "lab/sounds/list.csv", "lab/sounds/deep/no.csv", ".no.csv")
    for place in places:
        (folder / place).write_text("\n".join(lines))
    visitor = TrainPage(page.build(training), training, "a visitor", send_result)
    (offered,) = (one for one in visitor.demo.blocks.values() if one.elem_id == "train-folder")
    assert isinstance(offered, gr.Dropdown)
    assert [value for _, value in offered.choices] == [
        "all.CSV", "lab", "lab/some.tsv", "lab/sounds", "lab/sounds/list.csv",
    ]  # fmt: skip
    visitor.call("open_folder", "lab/sounds/list.csv", gr.Progress(), *OPTIONS)
    assert visitor.values["train-classes"] == ["noises", "tones"]
    assert visitor.values["train-name"] == "list"


def test_a_folder_that_holds_no_list_is_told_so(visitor, recordings, training):
    shutil.copytree(recordings, training.corpora_folder / "sounds")
    visitor.call("open_folder", "sounds", gr.Progress(), "manifest", "", "", UNKNOWN, "")
    assert "sounds holds no list in CSV or TSV; give the list itself" in visitor.message
    assert str(training.corpora_folder) not in visitor.message


def test_many_lists_leave_room_for_the_folders(tmp_path):
    for number in range(recordings_of.MAX_LISTED):
        (tmp_path / f"{number}.csv").touch()
    for number in range(3):
        (tmp_path / f"folder-{number}").mkdir()
    offered = recordings_of.folders_and_lists(tmp_path)
    assert len(offered) == recordings_of.MAX_LISTED
    assert {f"folder-{number}" for number in range(3)} <= set(offered)


def test_a_host_that_offers_no_folder_has_none(training, send_result):
    none = Training(training.jobs)
    visitor = TrainPage(page.build(none), none, "a visitor", send_result)
    visitor.call("open_folder", "sounds", gr.Progress(), *OPTIONS)
    assert "no folder to train on" in visitor.message


def test_choices_become_a_plan(visitor, pack, recordings, training):
    visitor.open_zip(pack(recordings))
    visitor.train(
        name="  my model ", recipe="robust", seconds=settings.OTHER, other=2.5, max_epochs=7,
        patience=3, batch_size=8, learning_rate=0.01, crop_seconds=0, seed=5,
        switches=["anneal", "recalibrate"],
        gain=3, noise=0.1, speed=0.2, sharpness=4, spread=0.5, protocol="paper", rate=16_000,
    )  # fmt: skip
    assert visitor.message == ""
    (job,) = training.jobs.all()
    plan, recipe = job.plan, job.plan.full_recipe
    assert (plan.name, plan.seconds, plan.protocol, plan.seed) == ("my model", 2.5, "paper", 5)
    assert plan.rate == 16_000
    assert "labels" not in plan.options  # all of them
    assert (recipe.max_epochs, recipe.patience, recipe.batch_size) == (7, 3, 8)
    assert (recipe.learning_rate, recipe.crop_seconds, recipe.balance) == (0.01, None, False)
    assert (recipe.gain, recipe.noise, recipe.speed, recipe.spread) == (3, 0.1, 0.2, 0.5)
    assert recipe.sharpness == 4
    assert (recipe.recalibrate, recipe.anneal, recipe.anywhere) == (True, True, False)
    assert recipe.monitor == RECIPES["robust"].monitor  # what is not asked for is the recipe's
    assert job.upload is not None
    assert Path(plan.corpus).is_relative_to(job.upload)


def test_a_recipe_fills_the_advanced_settings(visitor):
    for name, recipe in RECIPES.items():
        switches, *numbers = settings.recipe_values(name)
        for _, field in settings.SWITCHES:
            assert (field in switches) is getattr(recipe, field)
        training_enabled = [getattr(recipe, field) or 0 for field, _, _ in settings.NUMBERS]
        assert numbers == training_enabled
        fields = (field for field, _, _ in settings.NUMBERS)
        visitor.call("open_tab", BUILT_IN)
        visitor.train(recipe=name, switches=switches, **dict(zip(fields, numbers, strict=True)))
        made = visitor.training.jobs.all()[0].plan.full_recipe
        assert replace(made, seconds=recipe.seconds) == recipe


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"classes": ["tone"]}, "tick two or more"),
        ({"name": "a/b"}, "name is &#x27;a/b&#x27;"),
        ({"name": "x" * 99}, "1 to 80 characters"),
        ({"max_epochs": None}, "Epochs at most is empty"),
        ({"max_epochs": 0}, "max_epochs is 0"),
        ({"learning_rate": -1}, "learning_rate is -1"),
        ({"sharpness": 0}, "sharpness is 0"),
        ({"rate": 11_025}, "must be a multiple of 4,000 Hz"),
        ({"rate": None}, "rate is None"),
        ({"seconds": settings.OTHER, "other": None}, "Give the seconds to hear"),
        ({"seconds": settings.OTHER, "other": -3}, "Give the seconds to hear"),
        ({"recipe": "secret"}, "Choose one of the recipes"),
        ({"protocol": "none"}, "protocol is"),
    ],
)
def test_a_choice_that_makes_no_sense_is_a_sentence(
    visitor, pack, recordings, changes, sentence, training
):
    visitor.open_zip(pack(recordings))
    visitor.train(**changes)
    assert sentence in visitor.message
    assert training.jobs.all() == []


def test_a_full_disk_is_a_sentence(visitor, training, limited_files):
    visitor.call("open_tab", BUILT_IN)
    with limited_files(0):
        visitor.train()
    assert "the disk is full" in visitor.message
    assert training.jobs.all() == []


def test_jobs_of_one_name_are_numbered_and_the_visitor_is_told(visitor, training):
    visitor.call("open_tab", BUILT_IN)
    visitor.train()
    assert visitor.message == ""
    shown = visitor.train()
    assert "There is a voices already, so this one is called voices-2." in visitor.message
    assert shown["train-runs"]
    assert [job.name for job in training.jobs.all()] == ["voices-2", "voices"]


def test_the_queue_is_bounded(visitor, training, monkeypatch):
    monkeypatch.setattr(training.jobs, "most_waiting", 1)
    visitor.call("open_tab", BUILT_IN)
    visitor.train()
    visitor.train()
    assert "1 training runs are waiting already" in visitor.message


def test_those_who_wait_see_their_place_and_may_cancel(visitor, training):
    visitor.call("open_tab", BUILT_IN)
    for name in ("first", "second"):
        visitor.train(name=name)
    view = visitor.view()
    assert [(row["name"], row["words"]) for row in view["runs"]] == [
        ("second", "waiting, place 2"),
        ("first", "waiting, place 1"),
    ]
    assert (view["run"]["name"], view["run"]["actions"]) == ("second", ["cancel"])
    visitor.call("act_on_run", gr.EventData(None, {"do": "cancel", "run": "first"}))
    assert [row["words"] for row in visitor.view()["runs"]] == ["waiting, place 1"]
    visitor.call("act_on_run", gr.EventData(None, {"do": "cancel", "run": "second"}))
    view = visitor.view()
    assert view == {"runs": [], "run": None}


def test_the_page_asks_on_while_something_goes_on_and_a_little_longer(visitor, monkeypatch):
    look = visitor.handler("update_runs")
    request = gr.Request(session_hash=visitor.session)
    timer = next(one for one in look(request) if isinstance(one, gr.Timer))
    assert timer.active is False
    assert look(request)[timer].active is False
    visitor.call("open_tab", BUILT_IN)
    visitor.train()
    assert look(request)[timer].active is True
    visitor.call("act_on_run", gr.EventData(None, {"do": "cancel", "run": "voices"}))
    assert look(request)[timer].active is True  # an answer that came late stops nothing
    monkeypatch.setattr(runs_panel, "KEEP_POLLING_SECONDS", 0.0)
    visitor.train()
    visitor.call("act_on_run", gr.EventData(None, {"do": "cancel", "run": "voices"}))
    assert look(request)[timer].active is False


def test_another_visitor_sees_the_same_runs_and_not_the_same_recordings(
    visitor, training, pack, recordings
):
    visitor.open_zip(pack(recordings))
    visitor.train(name="mine")
    other = TrainPage(visitor.demo, training, "another visitor", visitor.send)
    assert [row["name"] for row in other.view()["runs"]] == ["mine"]
    other.train(["noise", "tone"])
    assert "Choose recordings first" in other.message


@pytest.mark.parametrize("said", [{}, {"do": "stop"}, {"do": "stop", "run": 3}, "stop", None])
def test_what_the_view_can_not_have_said_does_nothing(visitor, said, training):
    visitor.call("open_tab", BUILT_IN)
    visitor.train()
    visitor.call("act_on_run", gr.EventData(None, said))
    visitor.call("choose_run", gr.EventData(None, said))
    assert [job.state for job in training.jobs.all()] == ["queued"]


def test_a_run_that_is_gone_is_a_sentence(visitor):
    visitor.call("act_on_run", gr.EventData(None, {"do": "stop", "run": "../voices"}))
    assert "There is no training run" in visitor.message
    for handler in ("use_model", "download_from_run"):
        with pytest.raises(gr.Error, match="There is no training run"):
            visitor.call(handler, gr.EventData(None, {"do": "model", "run": "nobody"}))


def test_recordings_go_when_the_page_is_closed(visitor, pack, recordings, training):
    visitor.open_zip(pack(recordings))
    assert len(held(training)) == 1
    leave = visitor.handler("leave")
    leave(gr.Request(session_hash=visitor.session))
    assert held(training) == []


def test_recordings_that_wait_for_training_stay_when_the_page_is_closed(
    visitor, pack, recordings, training, monkeypatch
):
    visitor.open_zip(pack(recordings))
    visitor.train()
    leave = visitor.handler("leave")
    leave(gr.Request(session_hash=visitor.session))
    assert len(held(training)) == 1
    training.jobs.cancel("voices")
    assert held(training) == []


def test_a_page_left_open_does_not_keep_recordings_for_ever(
    visitor, pack, recordings, training, monkeypatch
):
    visitor.open_zip(pack(recordings))
    now = time.time() + uploads.HOLD_SECONDS + uploads.LEASE_SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: now)
    assert held(training) == []
    visitor.train()
    assert "upload them again" in visitor.message
    visitor.call("read_again", ZIP, None, gr.Progress(), *OPTIONS)
    assert 'class="error"' in visitor.message


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        ([12.0, 12.0, 12.04], "each 12.0 s long"),
        ([11.0, 12.0, 12.0], "11.0 to 12.0 s long"),
        ([1.0, 2.0, 12.0], "1.0 to 12.0 s long, half of them up to 2.0 s"),
    ],
)
def test_the_lengths_say_nothing_twice(seconds, said):
    assert length_range(np.array(seconds)) == said
