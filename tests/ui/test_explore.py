"""The Explore tab's handlers: what goes in, what is shown, and what is left alone."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

import cabcnn
from cabcnn import audio
from cabcnn.ui import examples, explore, view_payload

STELLA, SEVEN = ([examples.suiting(name)[0].title] for name in ("accents", "digits"))
DIGITS = list("0123456789")


def test_an_upload_is_explained_as_the_library_explains_it(visitor, voice):
    path = voice(seconds=4)
    shown = visitor.upload(path)
    x = cabcnn.load("accents").explain(path)
    assert shown.view is not None
    assert shown.view["name"] == "voice.wav"
    assert shown.view["p"] == 160
    assert shown.view["labels"] == ["US", "UK", "AU"]
    np.testing.assert_allclose(shown.view["probabilities"], x.probabilities, atol=1e-12)
    assert "speakers it never heard" in shown.view["score"]
    assert shown.view["title"] == "A network for tests"
    assert shown.message == ""
    assert shown.updates["upload"] is None  # ready for the next


def test_the_file_to_play_is_what_was_analysed(visitor, voice):
    shown = visitor.upload(voice(seconds=8, rate=22_050), seconds=5)
    heard, rate = soundfile.read(shown.view["audio"]["path"], dtype="float32")
    assert (rate, heard.shape) == (22_050, (5 * 22_050,))
    assert soundfile.info(shown.view["audio"]["path"]).subtype == "PCM_16"
    given, _ = soundfile.read(voice(seconds=8, rate=22_050), dtype="float32")
    np.testing.assert_allclose(heard, given[: len(heard)], atol=2 / 32768)


@pytest.mark.parametrize(("rate", "played"), [(192_000, 48_000), (4_000, 8_000)])
def test_rates_that_browsers_do_not_play_are_changed_for_them(visitor, voice, rate, played):
    shown = visitor.upload(voice(seconds=2, rate=rate))
    info = soundfile.info(shown.view["audio"]["path"])
    assert info.samplerate == played
    assert info.duration == pytest.approx(2, abs=0.001)


def test_a_recording_is_taken_and_the_microphone_is_free_again(visitor, voice):
    shown = visitor.call("record", str(voice()), "accents", 0)
    assert shown.view["name"] == "Recording"
    assert shown.updates["microphone"] is None


@pytest.mark.parametrize(("seconds", "intervals"), [(5, 200), (10, 400), (30, 1200), (60, 2400)])
def test_another_t_needs_no_new_upload(visitor, voice, seconds, intervals):
    path = voice("long.flac", seconds=64)
    assert visitor.upload(path, seconds=8).view["p"] == 320
    path.unlink()
    shown = visitor.call("explain_again", "accents", seconds)
    assert shown.view["p"] == intervals
    assert shown.view["notices"] == [f"Only the first {seconds} seconds were used."]


def test_what_is_shown_already_is_not_explained_again(visitor, voice, models_folder):
    visitor.upload(voice())
    assert visitor.call("explain_again", "accents", 30).view is None, "its own T, by its number"
    assert visitor.call("explain_again", "digits", 0).view is not None
    assert visitor.call("explain_again", "digits", 0).view is None
    assert visitor.call("explain_again", "lost", 0).message
    told = visitor.call("explain_again", "digits", 0)
    assert told.view is not None, "the verdict did not stand under the error"
    assert told.message == "", "the trouble is over"
    os.utime(models_folder / "digits.safetensors", (1, 1))  # as if it had been trained anew
    assert visitor.call("explain_again", "digits", 0).view is not None


def test_an_example_is_decoded_once(visitor, monkeypatch):
    first = visitor.call("choose_example", STELLA, "accents", 0)
    monkeypatch.setattr(audio, "_decode", None)
    again = visitor.call("choose_example", STELLA, "accents", 5)
    assert (first.view["name"], again.view["p"]) == (again.view["name"], 200)


@pytest.fixture
def nothing_known() -> Iterator[None]:
    """No example is explained before, nor what this test makes of one known after."""
    view_payload._explain_example.cache_clear()
    yield
    view_payload._explain_example.cache_clear()


def test_an_example_is_explained_once_for_everybody(
    visitor, another_visitor, models_folder, nothing_known, monkeypatch
):
    first = visitor.call("choose_example", STELLA, "accents", 5).view
    monkeypatch.setattr("cabcnn.ui.view_payload.payload", None)
    again = another_visitor.call("choose_example", STELLA, "accents", 5).view
    assert again["data"] == first["data"]
    assert again["audio"]["path"] != first["audio"]["path"], "each page plays a file of its own"
    monkeypatch.undo()
    assert another_visitor.call("explain_again", "accents", 30).view["data"] != first["data"]
    digits = another_visitor.call("explain_again", "digits", 5).view
    assert len(digits["labels"]) == 10
    os.utime(models_folder / "accents.safetensors", (2, 2))  # as if it had been trained anew
    new = {"data": "by the new one", "labels": ["US"], "probabilities": [1.0], "notices": []}
    monkeypatch.setattr("cabcnn.ui.view_payload.payload", lambda *_: new)
    assert another_visitor.call("explain_again", "accents", 5).view["data"] == "by the new one"


def test_the_models_own_t_is_its_cards(visitor, voice):
    path = voice("long.flac", seconds=64)
    assert visitor.upload(path).view["p"] == 1200
    whole = visitor.call(
        "explain_again", "digits", explore.MODEL_T
    )  # hears whole clips; 60 s are kept
    assert whole.view["p"] == 2400
    assert whole.view["notices"] == ["Only the first 60 seconds were used."]


def test_another_model_explains_the_same_sound(visitor, voice):
    path = voice()
    visitor.upload(path)
    shown = visitor.call("explain_again", "digits", 0)
    assert shown.view["labels"] == list("0123456789")
    x = cabcnn.load("digits").explain(path)
    np.testing.assert_allclose(shown.view["probabilities"], x.probabilities, atol=1e-12)


def test_without_a_sound_a_choice_of_model_only_says_what_to_do(visitor):
    shown = visitor.call("explain_again", "digits", 0)
    assert shown.view is None
    assert explore.NO_SOUND in shown.message


@pytest.mark.parametrize("index", range(len(examples.load())))
def test_every_example_is_explained_by_the_model_that_it_suits(visitor, index):
    example = examples.load()[index]
    shown = visitor.call("choose_example", [example.title], example.checkpoint, 0)
    assert "model" not in shown.updates
    x = cabcnn.load(example.checkpoint).explain(example.path)
    np.testing.assert_allclose(shown.view["probabilities"], x.probabilities, atol=1e-12)
    assert shown.view["name"] == example.title
    assert 'class="notice"' in shown.message


def test_what_an_example_is_stays_said_when_another_t_is_chosen(visitor):
    said = visitor.call("choose_example", STELLA, "accents", 0).message
    assert visitor.call("explain_again", "accents", 5).message == said


def test_an_example_says_whether_the_answer_is_right(visitor):
    label = cabcnn.load("digits").explain(examples.suiting("digits")[0].path).label
    first = examples.suiting("digits")[0]
    (said, *_) = visitor.call("choose_example", SEVEN, "digits", 0).view["notices"]
    assert said.startswith("Right" if label == first.actual else "Wrong")
    assert f"meant to be {first.actual}" in said
    assert examples.lesson(first.path, "digits", first.actual or "", DIGITS).startswith("Right")
    assert examples.lesson(first.path, "digits", "9", DIGITS).startswith("Wrong")
    assert examples.lesson(first.path, "somebody's", "9", DIGITS) == ""


def test_the_examples_are_those_that_suit_the_model(demo, visitor, find_handler):
    update = find_handler(demo, "update_examples")
    names = ("accents-5s", "digits", "somebody's")
    titles = [[row[0] for row in update(name)["samples"]] for name in names]
    assert titles[0][0].startswith("Stella")
    assert "Seven" in titles[1]
    assert not set(titles[0]) & set(titles[1])
    assert titles[2] == [example.title for example in examples.load()]
    visitor.call("choose_example", STELLA, "accents", 0)
    again = visitor.call("explain_again", "digits", 0)
    assert again.view["name"] == titles[1][0], "a sentence is no digit"


def test_the_page_begins_with_an_example(visitor):
    shown = visitor.call("open_link", "")
    assert shown.view["name"] == examples.suiting("accents")[0].title
    assert "model" not in shown.updates


def write_text(path: Path) -> None:
    path.write_text("Dear diary, this is no sound at all.\n" * 50)


def write_nothing(path: Path) -> None:
    path.write_bytes(b"")


def write_no_samples(path: Path) -> None:
    soundfile.write(path, np.zeros(0, np.float32), 16_000)


def write_silence(path: Path) -> None:
    soundfile.write(path, np.zeros(32_000, np.float32), 16_000)


def write_nan(path: Path) -> None:
    soundfile.write(path, np.full(32_000, np.nan, np.float32), 16_000, "FLOAT")


def write_one_sample(path: Path) -> None:
    soundfile.write(path, np.ones(1, np.float32), 16_000)


def write_20_ms(path: Path) -> None:
    soundfile.write(path, np.sin(np.arange(320)), 16_000)


def make_folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    ("write", "sentence"),
    [
        (write_text, "text"),
        (write_nothing, "empty"),
        (write_no_samples, "no sound"),
        (write_silence, "silent"),
        (write_nan, "not numbers"),
        (write_one_sample, "25 ms"),
        (write_20_ms, "25 ms"),
        (make_folder, "folder"),
    ],
)
def test_bad_input_is_one_sentence_that_the_last_verdict_does_not_stand_under(
    visitor, voice, tmp_path, write, sentence
):
    visitor.upload(voice())
    write(tmp_path / "bad.wav")
    shown = visitor.upload(tmp_path / "bad.wav")
    assert "view" in shown.updates
    assert shown.view is None
    assert 'class="error"' in shown.message
    assert shown.message.count("bad.wav") == 1
    assert sentence in shown.message
    assert shown.updates["upload"] is None
    assert explore.NO_SOUND in visitor.call("explain_again", "accents", 5).message


def test_a_video_without_sound_and_a_truncated_file_are_sentences(
    visitor, tmp_path, write_with_av, babble
):
    silent = visitor.upload(write_with_av(tmp_path / "film.mp4", None, picture=True))
    assert "without sound" in silent.message
    whole = write_with_av(tmp_path / "whole.m4a", babble(3, 44_100))
    (tmp_path / "half.m4a").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    half = visitor.upload(tmp_path / "half.m4a")
    assert half.view is None
    assert "half.m4a" in half.message


def test_unusual_but_good_files_are_explained(visitor, tmp_path, babble, write_with_av):
    sound = babble(2, 48_000)
    soundfile.write(tmp_path / "24.wav", sound, 48_000, "PCM_24")
    soundfile.write(tmp_path / "float.wav", sound, 48_000, "FLOAT")
    soundfile.write(tmp_path / "8.wav", np.tile(sound[:, None], 8), 48_000)
    write_with_av(tmp_path / "phone.m4a", sound, 48_000)
    write_with_av(tmp_path / "film.mp4", sound, 48_000, picture=True)
    write_with_av(tmp_path / "browser.webm", sound, 48_000, codec="libopus")
    for path in sorted(tmp_path.glob("*.*")):
        shown = visitor.upload(path)
        assert shown.view is not None, shown.message
        assert shown.view["p"] in (80, 81, 82)  # codecs pad


def test_what_a_file_is_called_cannot_become_part_of_the_page(visitor, tmp_path):
    path = tmp_path / "<img src=x onerror=alert(1)>.wav"
    path.write_bytes(b"")
    message = visitor.upload(path).message
    assert "<img" not in message
    assert "&lt;img" in message


def test_an_emptied_box_changes_nothing(visitor):
    shown = visitor.call("open_file", None, "accents", 0)
    assert (shown.view, shown.message) == (None, None)


def test_a_bug_of_ours_surfaces(visitor, voice, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr("cabcnn.ui.view_payload.payload", broken)
    with pytest.raises(ZeroDivisionError):
        visitor.upload(voice())


def test_a_long_file_costs_about_what_a_short_one_costs(visitor, tmp_path, babble):
    rate = 16_000
    minute = babble(60, rate)
    with soundfile.SoundFile(tmp_path / "hour.wav", "w", rate, 1) as file:
        for _ in range(60):
            file.write(minute)
    soundfile.write(tmp_path / "minute.wav", minute, rate)
    visitor.upload(tmp_path / "minute.wav")  # warm

    def cost(name: str) -> float:
        times = []
        for _ in range(3):
            start = time.perf_counter()
            assert visitor.upload(tmp_path / name).view["p"] == 1200
            times.append(time.perf_counter() - start)
        return min(times)

    assert cost("hour.wav") < 3 * cost("minute.wav") + 0.1


def test_t_buttons_name_the_models_own(demo, find_handler):
    update_seconds = find_handler(demo, "update_seconds")
    assert update_seconds("accents").choices[-1] == ("Model's own: 30 s", explore.MODEL_T)
    assert update_seconds("digits").choices[-1] == ("All (up to 60 s)", explore.MODEL_T)
    assert [value for _, value in update_seconds("accents").choices] == [
        5,
        10,
        30,
        60,
        explore.MODEL_T,
    ]
