"""The Compare tab's handlers: what A and B are, how they hang together, what fails at one side."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
import soundfile

import cabcnn
from cabcnn.audio import Sound
from cabcnn.ui import examples, page
from cabcnn.ui.compare.noise import with_noise
from cabcnn.ui.compare.sides import EXPLORE_CLIP, NOISE, OWN, SAME, SLOTS
from cabcnn.ui.components import CompareView
from cabcnn.ui.sounds import shared_sounds


class Comparison:
    """One visitor's Compare tab: what is chosen there, changed by what handlers answer."""

    def __init__(self, visitor: Any, find: Callable[..., list]) -> None:
        self.visitor, self.find = visitor, find
        self.chosen: dict[str, Any] = {
            "compare-source-a": None, "compare-model-a": "accents",
            "compare-source-b": NOISE, "compare-model-b": "accents",
            "compare-seconds": 0, "compare-noise": 10,
        }  # fmt: skip
        self.said = {"a": "", "b": ""}
        self.value: dict[str, Any] | None = None

    def call(self, handler: str, *first: Any, side: str = "a") -> dict[str, Any]:
        function = self.find(handler)["ab".index(side)]
        request = gr.Request(session_hash=self.visitor.session)
        result = function(*first, request, *self.chosen.values())
        updates = {component.elem_id: update for component, update in result.items()}
        for name, update in updates.items():
            if name in self.chosen:
                changed = update.value if isinstance(update, gr.Dropdown) else update
                if not isinstance(update, gr.Dropdown) or "value" in update._constructor_args[0]:
                    self.chosen[name] = changed
        for letter in self.said:
            message = updates.get(f"compare-message-{letter}")
            self.said[letter] = self.said[letter] if message is None else message.value or ""
        self.value = updates.get("compare-view", self.value)
        return updates

    def pick(self, side: str, source: str) -> dict[str, Any]:
        self.chosen[f"compare-source-{side}"] = source
        return self.call("choose_source", side=side)

    def upload(self, side: str, path: Path) -> dict[str, Any]:
        return self.call("upload_sound", str(path), side=side)

    def side(self, side: str) -> dict[str, Any]:
        assert self.value is not None
        return self.value["sides"]["ab".index(side)]


@pytest.fixture
def comparison(demo, visitor) -> Comparison:
    def find(name: str) -> list:
        functions = [f.fn for f in demo.fns.values() if f.fn is not None]
        found = [function for function in functions if function.__name__ == name]
        return found * 2 if len(found) == 1 else found

    return Comparison(visitor, find)


def stella(language: str = "accents") -> int:
    return next(j for j, e in enumerate(examples.load()) if e.checkpoint == language)


def test_a_clip_is_at_once_compared_to_itself_with_noise(comparison):
    comparison.pick("a", f"example {stella()}")
    a, b = comparison.side("a"), comparison.side("b")
    example = examples.load()[stella()]
    x = cabcnn.load("accents").explain(example.path)
    np.testing.assert_allclose(a["probabilities"], x.probabilities, atol=1e-12)
    assert (a["name"], b["name"]) == (example.title, f"{example.title} + noise, 10 dB")
    assert b["probabilities"] != a["probabilities"]
    assert comparison.value["same"]
    assert example.description in comparison.said["a"]
    clear, rate = soundfile.read(a["audio"]["path"])
    noisy, _ = soundfile.read(b["audio"]["path"])
    louder = noisy @ clear / (clear @ clear)  # turned down as a whole, if it was
    left = noisy - louder * clear
    assert 10 * np.log10((louder * clear).var() / left.var()) == pytest.approx(10, abs=0.2)
    assert len(clear) == len(noisy) == round(x.seconds * rate)


def test_more_noise_and_another_t_change_what_they_concern(comparison, voice):
    comparison.upload("a", voice(seconds=8))
    before = comparison.side("a"), comparison.side("b")
    comparison.chosen["compare-noise"] = -5
    comparison.call("choose_snr")
    assert comparison.side("a")["key"] == before[0]["key"]  # its sound plays on
    assert comparison.side("a")["data"] == before[0]["data"]
    assert comparison.side("b")["key"] != before[1]["key"]
    assert comparison.side("b")["name"].endswith("-5 dB")
    comparison.chosen["compare-seconds"] = 5
    comparison.call("choose_seconds")
    assert [comparison.side(s)["p"] for s in "ab"] == [200, 200]
    assert comparison.side("b")["name"].endswith("-5 dB")


def test_one_clip_by_two_models(comparison, voice):
    path = voice(seconds=3)
    comparison.upload("a", path)
    comparison.chosen["compare-model-b"] = "digits"
    comparison.pick("b", SAME)
    a, b = comparison.side("a"), comparison.side("b")
    assert (a["name"], b["name"]) == ("voice.wav", "voice.wav")
    assert (a["m"], b["m"]) == (3, 10)
    assert not comparison.value["same"]
    x = cabcnn.load("digits").explain(path)
    np.testing.assert_allclose(b["probabilities"], x.probabilities, atol=1e-12)
    comparison.chosen["compare-model-b"] = "accents"
    comparison.call("choose_model", side="b")
    assert comparison.side("b")["probabilities"] == a["probabilities"]
    assert comparison.value["same"]


def test_noise_alone_is_the_difference_whichever_model_a_has(comparison, voice):
    comparison.upload("a", voice())
    comparison.chosen["compare-model-a"] = "digits"
    comparison.call("choose_model", side="a")
    assert comparison.chosen["compare-model-b"] == "digits"
    assert comparison.value["same"]
    assert [comparison.side(s)["m"] for s in "ab"] == [10, 10]


def test_an_example_leaves_the_models_as_they_were_chosen(comparison):
    comparison.pick("a", f"example {stella()}")
    comparison.pick("b", f"example {stella('digits')}")
    assert comparison.chosen["compare-model-b"] == "accents"
    assert [comparison.side(s)["m"] for s in "ab"] == [3, 3]
    assert comparison.side("b")["name"] == examples.load()[stella("digits")].title


def test_the_clip_of_explore_and_both_sides_do_not_push_each_other_out(comparison, visitor, voice):
    visitor.upload(voice("explored.wav", seconds=2))
    comparison.pick("a", EXPLORE_CLIP)
    comparison.upload("b", voice("other.wav", seconds=3))
    assert [comparison.side(s)["name"] for s in "ab"] == ["explored.wav", "other.wav"]
    assert comparison.chosen["compare-source-b"] == OWN
    clips = [
        shared_sounds().clip(visitor.session),
        *(shared_sounds().clip(visitor.session, p) for p in SLOTS),
    ]
    assert [clip and clip.name for clip in clips] == ["explored.wav", "explored.wav", "other.wav"]
    assert visitor.call("explain_again", "digits", 0).view["name"] == "explored.wav"
    playing = [Path(comparison.side(s)["audio"]["path"]) for s in "ab"]
    assert all(path.exists() for path in playing)
    visitor.leave()
    assert not any(path.exists() for path in playing)


def test_a_recording_is_taken_and_the_microphone_is_free_again(comparison, voice):
    updates = comparison.call("record_sound", str(voice()), side="a")
    assert comparison.side("a")["name"] == "Recording"
    assert updates["compare-microphone-a"] is None
    assert updates["compare-source-a"].choices[0] == ("Recording", OWN)


def test_what_fails_says_so_at_its_side_and_the_rest_stays(comparison, voice, tmp_path):
    comparison.upload("a", voice())
    comparison.upload("b", voice("b.wav"))
    before = comparison.value
    (tmp_path / "bad.wav").write_text("words only " * 50)
    comparison.upload("b", tmp_path / "bad.wav")
    assert 'class="error"' in comparison.said["b"]
    assert "bad.wav" in comparison.said["b"]
    assert comparison.said["a"] == ""
    assert comparison.value is before
    soundfile.write(tmp_path / "silent.wav", np.zeros(16_000), 8_000)
    comparison.upload("a", tmp_path / "silent.wav")
    assert "silent" in comparison.said["a"]
    assert comparison.value is before
    comparison.chosen["compare-seconds"] = 5
    comparison.call("choose_seconds")  # what was there before is still there to be heard
    assert [comparison.side(s)["name"] for s in "ab"] == ["voice.wav", "b.wav"]
    assert comparison.said == {"a": "", "b": ""}


def test_a_side_whose_model_went_away_says_so(comparison, voice, models_folder):
    gone = models_folder / "gone.safetensors"
    gone.write_bytes((models_folder / "accents.safetensors").read_bytes())
    comparison.upload("a", voice())
    comparison.chosen["compare-model-b"] = "gone"
    comparison.upload("b", voice("b.wav"))
    gone.unlink()
    comparison.upload("a", voice("next.wav"))
    assert comparison.side("a")["name"] == "next.wav"
    assert comparison.side("b") is None
    assert "no model" in comparison.said["b"]
    assert comparison.said["a"] == ""


def test_a_source_without_a_sound_is_a_sentence(comparison):
    comparison.pick("a", EXPLORE_CLIP)
    assert "No clip is open in Explore" in comparison.said["a"]
    comparison.pick("b", SAME)
    assert "choose a sound for A first" in comparison.said["b"]
    assert comparison.value is None
    assert comparison.call("upload_sound", None, side="a") == {}
    assert comparison.call("choose_snr") == {}
    assert comparison.call("choose_seconds") == {}


def test_a_newer_answer_is_told_from_an_older(comparison, voice):
    comparison.upload("a", voice())
    first = comparison.value["turn"]
    comparison.upload("b", voice("b.wav"))
    assert comparison.value["turn"] > first


@pytest.mark.parametrize("decibels", [-10, 0, 10, 40])
def test_noise_is_as_loud_as_asked_the_same_each_time_and_fits_a_file(babble, decibels):
    sound = Sound(babble(4, 8_000, seed=5), 8_000)
    noisy = with_noise(sound, decibels)
    np.testing.assert_array_equal(noisy.samples, with_noise(sound, decibels).samples)
    assert np.abs(noisy.samples).max() <= 1
    clear = sound.samples - sound.samples.mean()
    gain = noisy.samples @ clear / (clear @ clear)
    left = noisy.samples - gain * sound.samples
    ratio = 10 * np.log10((gain * clear).var() / left.var())
    assert ratio == pytest.approx(decibels, abs=0.3)
    assert not np.array_equal(noisy.samples, with_noise(sound, decibels, seed=1).samples)


def test_silence_stays_silent():
    silent = Sound(np.full(800, 0.25, np.float32), 8_000)
    np.testing.assert_array_equal(with_noise(silent, 0).samples, silent.samples)


def test_the_component_carries_its_modules_and_plain_templates() -> None:
    with gr.Blocks():
        view = CompareView(elem_id="compared")
    assert not any(sign in view.html_template for sign in ("{{", "${", "`", "\\"))
    assert "mount" in str(view.js_on_load)


def test_the_sides_have_tones_that_no_class_has():
    styles = [page.HERE / "compare" / "compare.css", page.HERE.parent / "views/compare/view.css"]
    tones = [
        tuple(bytes.fromhex(tone))
        for style in styles
        for tone in re.findall(r"--c\w+-[ab]:[^;#]*#([0-9a-f]{6})", style.read_text("utf-8"))
    ]
    assert len(tones) == 6
    assert all(max(tone) - min(tone) < 30 for tone in tones), "a colour is read as a class's"
