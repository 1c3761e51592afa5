"""Names and labels of any characters and length, in pictures, tables and file names."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import pytest

from cabcnn.classifier import Classifier
from cabcnn.cli.explain import distinct_stems
from cabcnn.explanation import Explanation
from cabcnn.export import canvas


@pytest.fixture(scope="module")
def x(formula_model, make_card, babble) -> Explanation:
    return Classifier(formula_model(), make_card()).explain((babble(1, 8_000), 8_000))


@pytest.mark.parametrize(
    "name", ["a\x01b.wav", "a\x00b", "a\x7f\x9fb", "a\ud800b", "a\ufffeb", "a--b"]
)
def test_control_characters_leave_an_svg_that_parses(x, tmp_path, name):
    replace(x, name=name, labels=(name, "UK", "AU")).save(tmp_path / "a.svg")
    ElementTree.parse(tmp_path / "a.svg")


def test_chinese_and_japanese_get_a_font_or_are_written_as_codes():
    text = "普通话日本語"
    absent = canvas.missing(text)
    assert len(canvas.fonts(text)) > 1 or absent == sorted(set(text))
    for character in text:
        assert canvas.plain(character) == (
            f"U+{ord(character):04X} " if character in absent else character
        )


def test_characters_that_no_font_has_are_codes_and_that_is_said(x, monkeypatch):
    monkeypatch.setattr(canvas, "_family_with", lambda characters: None)
    assert canvas.plain("話 US") == "U+8A71  US"
    assert "written as codes, as U+8A71" in canvas.remark("話 US")
    assert canvas.remark("US") == ""


def test_names_that_end_like_formats_stay_apart():
    names = ["talk.wav", "talk.long.wav", "talk-long.wav", "a.classifiers.mp3", "TALK.LONG.ogg"]
    stems = distinct_stems([Path(name) for name in names])
    assert stems == ["talk", "talk-long", "talk-long-2", "a-classifiers", "TALK-LONG-3"]


def test_long_names_can_be_written(x, tmp_path):
    x.save(tmp_path / f"{'長' * 83}.csv")
    assert [path.name for path in tmp_path.iterdir()] == [f"{'長' * 83}.csv"]
    first, second = distinct_stems([Path(f"{'長' * 83}.wav"), Path(f"{'長' * 82}語.wav")])
    assert first != second
    x.save(tmp_path / f"{first}.classifiers.txt")
    x.save(tmp_path / f"{second}.classifiers.txt")
    assert len(list(tmp_path.iterdir())) == 3


def test_a_backend_of_a_notebook_does_not_matter():
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import os\nfrom cabcnn.export import canvas\ncanvas.new_figure(1, 1)\n"
            "print(os.environ['MPLBACKEND'])",
        ],
        env={**os.environ, "MPLBACKEND": "module://no_such_module.backend"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "module://no_such_module.backend"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_classifier_used_before_a_fork_works_in_the_child(tmp_path):
    program = (
        "import multiprocessing, numpy, torch\n"
        "from cabcnn.classifier import load\n"
        "torch.set_num_threads(4)\n"
        "classifier = load('digits')\n"
        "sound = numpy.random.default_rng(0).standard_normal(80_000) / 9, 8_000\n"
        "expected = classifier.explain(sound).label\n"
        "def work(_): return classifier.explain(sound).label\n"
        "with multiprocessing.get_context('fork').Pool(2) as pool:\n"
        "    assert pool.map_async(work, [0, 1]).get(timeout=60) == [expected] * 2\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
