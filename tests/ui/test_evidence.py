"""Below the picture: does the evidence hold? What is said, drawn, and taken away again."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest

import cabcnn
from cabcnn.faithfulness import FRACTIONS, Faithfulness, measure
from cabcnn.ui.evidence import section
from cabcnn.ui.evidence.result import to_html
from cabcnn.ui.evidence.words import details, verdict
from cabcnn.ui.sounds import shared_sounds


@pytest.fixture
def silence(demo, visitor, find_handler):
    handler = find_handler(demo, "silence")

    def call(label: str = section.ANSWER) -> Any:
        return handler(label, gr.Request(session_hash=visitor.session))

    return call


def test_without_a_clip_it_says_what_to_do(silence):
    assert section.NO_CLIP in silence().value


def test_the_clip_that_is_shown_is_measured_as_the_library_does(visitor, voice, silence):
    path = voice(seconds=3)
    visitor.upload(path, seconds=5)
    found = measure(cabcnn.load("accents"), path, 5)
    shown = silence().value
    assert verdict(found) in shown
    for sentence in details(found, for_answer=True):
        assert sentence in shown
    assert f'data-outcome="{found.outcome}"' in shown
    least = min(zip(found.strongest[0], found.labels))[1]
    other = silence(least).value
    assert f"Probability of {least} in voice.wav, by accents" in other
    assert "The answer" not in other


def test_it_is_about_the_model_and_the_t_of_the_picture(visitor, voice, silence):
    visitor.upload(voice(seconds=8), seconds=5)
    visitor.call("explain_again", "digits", 5)
    held = shared_sounds().open_clip(visitor.session)
    assert held is not None
    assert (held.model, held.seconds) == ("digits", 5)
    assert "by digits" in silence().value


def test_another_clip_takes_the_result_away(demo, visitor, voice, find_handler, monkeypatch):
    reset = find_handler(demo, "reset")
    visitor.upload(voice())
    request = gr.Request(session_hash=visitor.session)
    updates = {c.elem_id: update for c, update in reset(request).items()}
    assert updates["evidence-result"].value == ""
    labels = [value for _, value in updates["evidence-for"].choices]
    assert labels == ["", "US", "UK", "AU"]

    def slow(*arguments: Any, **options: Any) -> Faithfulness:
        visitor.upload(voice("next.wav"))  # meanwhile
        return measure(*arguments, **options)

    monkeypatch.setattr(section, "measure", slow)
    late = find_handler(demo, "silence")("", request)
    assert late == gr.skip()


def test_a_model_that_is_gone_is_a_sentence(visitor, voice, silence, models_folder):
    copy = models_folder / "gone.safetensors"
    copy.write_bytes((models_folder / "accents.safetensors").read_bytes())
    visitor.upload(voice(), "gone")
    copy.unlink()
    assert 'class="error"' in silence().value
    assert "no model" in silence().value


def curves(strongest: float, weakest: float, draws: int = 100) -> Faithfulness:
    def curve(level: float) -> np.ndarray:
        first = np.linspace(0.7, level, len(FRACTIONS))
        return np.stack([first, 1 - first], 1)

    random = np.array([curve(level) for level in np.linspace(0.45, 0.55, draws)])
    return Faithfulness(
        ("<b>", "no"), "<b>", np.array(FRACTIONS), curve(strongest), curve(weakest), random,
        "<img src=x>.wav", "m", 3.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (curves(0.2, 0.9), "Yes, for this clip"),
        (curves(0.2, 0.5), "In part: the moments that spoke strongest matter more"),
        (curves(0.5, 0.9), "In part: the moments that spoke weakest matter less"),
        (curves(0.5, 0.5), "No, not for this clip"),
        (curves(0.2, 0.9, 10), "too short"),
    ],
)
def test_the_sentence_says_when_it_does_not_hold(found, says):
    assert says in verdict(found)


def test_names_cannot_become_part_of_the_page_and_the_chart_is_well_formed():
    shown = to_html(curves(0.2, 0.9), for_answer=True)
    assert "<img" not in shown
    assert "<b>" not in shown
    charts = re.findall(r'<svg class="chart.*?</svg>', shown, re.DOTALL)
    assert len(charts) == 2
    for chart in charts:
        svg = ElementTree.fromstring(chart)
        assert svg.get("role") == "img"
        assert "Probability of <b>" in (svg.get("aria-label") or "")
        lines = svg.findall("polyline")
        assert [len((line.get("points") or "").split()) for line in lines] == [12, 12, 12]
        heights = [float((line.get("points") or "").split()[-1].split(",")[1]) for line in lines]
        assert heights[0] > heights[1] > heights[2]  # strongest lowest: y runs down
    assert shown.count("<tr>") == 1 + len(FRACTIONS)
    turn = "Strongest first, the answer changes to no once 40 % are silent; weakest first, never."
    assert turn in shown


def test_its_style_sheet_is_served():
    from cabcnn.ui import page

    for name in page.STYLES:
        assert (Path(page.__file__).parent / name).is_file()
