"""What the README and docs/programs.md show to programs runs as it stands there."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import parselmouth
import pypdf
import pytest

from cabcnn.ui import page

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
PROGRAMS = (ROOT / "docs" / "programs.md").read_text("utf-8")
ADDRESS = "http://127.0.0.1:7860"


@pytest.fixture(scope="module")
def address(demo) -> Iterator[str]:
    _, url, _ = page.launch(demo, prevent_thread_lock=True, quiet=True)
    yield url
    demo.close()


def snippets(heading: str, text: str = PROGRAMS) -> list[str]:
    """The Python of a section, block by block."""
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return re.findall(r"^```python\n(.*?)^```", section, re.MULTILINE | re.DOTALL)


def test_from_another_program(address, voice, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    voice("clip.wav", 2)
    (snippet,) = snippets("From another program")
    assert ADDRESS in snippet
    names: dict[str, Any] = {}
    exec(snippet.replace(ADDRESS, address), names)
    x = names["x"]
    assert x["label"] in x["labels"] == list(x["probabilities"])
    p, m = len(x["times"]), len(x["labels"])
    assert np.shape(x["attention"]) == (p, 40)
    assert np.shape(x["votes"]) == (p, 40, m)
    assert np.shape(x["interval_probabilities"]) == (p, m)
    assert names["verdict"]["label"] in names["verdict"]["probabilities"]
    assert "T = 2 s" in pypdf.PdfReader(names["figure"]).pages[0].extract_text()
    assert {"accents", "digits"} <= {model["name"] for model in names["models"]}


@pytest.mark.usefixtures("models_folder")
def test_from_python(voice, babble, write_with_av, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_with_av(tmp_path / "clip.m4a", babble(6, 44_100))
    voice("first.wav", 1)
    (tmp_path / "second.wav").write_text("only words " * 50)
    names: dict[str, Any] = {
        "microphone": [babble(0.2, 48_000, seed) for seed in range(5)],
    }
    for heading, text in (
        ("From Python", README),
        ("Many clips", PROGRAMS),
        ("A sound that is still going on", PROGRAMS),
    ):
        (snippet,) = snippets(heading, text)
        exec(snippet, names)
    x = names["x"]
    np.testing.assert_allclose(x.shares.sum((0, 1)), x.probabilities, atol=1e-6)
    assert parselmouth.read("clip.TextGrid").class_name == "TextGrid"
    assert names["stream"].probabilities.sum() == pytest.approx(1)
    with zipfile.ZipFile("all.zip") as archive:
        stem = "first-accents-1s"
        assert archive.namelist() == [f"{stem}{e}" for e in (".pdf", ".csv", ".html")] + [
            "summary.csv"
        ]
        rows = list(csv.DictReader(io.StringIO(archive.read("summary.csv").decode())))
    assert [row["clip"] for row in rows] == ["first.wav", "second.wav"]
    assert "text, not sound" in rows[1]["error"]
