"""Who speaks, by templates and by expressions that strangers may have written."""

from __future__ import annotations

import threading
import time
from pathlib import PurePath

import pytest

from cabcnn.corpora import speakers
from cabcnn.corpora.speakers import LONGEST, TEMPLATES, SpeakerPattern
from cabcnn.errors import CorpusError

LONG_NAME = "a" * 34 + "!.wav"  # on which Python's `re` and (a+)+$ take years


def speaker(pattern: str, path: str) -> str:
    return SpeakerPattern(pattern).speaker(PurePath(path))


@pytest.mark.parametrize(
    ("template", "path", "found"),
    [
        ("each-file", "US/anna_03.wav", "US/anna_03.wav"),
        ("before-underscore", "US/anna_b_03.wav", "anna"),
        ("before-hyphen", "US/anna_b-03-1.wav", "anna_b"),
        ("before-space", "US/anna b 03.wav", "anna"),
        ("folder", "US/anna/03.wav", "anna"),
        ("folder", "US/anna/monday/03.wav", "anna"),
    ],
)
def test_templates(template, path, found):
    assert speaker(template, path) == found


@pytest.mark.parametrize(
    ("template", "path"),
    [
        ("before-underscore", "US/anna-03.wav"),
        ("before-underscore", "U_S/_03.wav"),
        ("before-hyphen", "US/anna_03.wav"),
        ("before-space", "US/anna_03.wav"),
        ("folder", "US/anna_03.wav"),
    ],
)
def test_a_template_that_does_not_fit_a_name(template, path):
    with pytest.raises(CorpusError, match="finds no speaker in U"):
        speaker(template, path)


def test_with_each_file_no_two_recordings_share_a_speaker():
    paths = ["US/1.wav", "UK/1.wav", "UK/1.flac", "UK/deep/1.wav"]
    assert len({speaker("each-file", path) for path in paths}) == len(paths)


def test_every_template_has_a_description():
    assert all(template.about for template in TEMPLATES.values())


@pytest.mark.parametrize(
    ("pattern", "path", "found"),
    [
        ("^[^_]+", "US/Jörg_12.wav", "Jörg"),
        ("(.+)_", "US/Jörg_12.wav", "Jörg"),
        (r"^(\w+?)_", "US/Jörg_12.wav", "Jörg"),
        (r"^(\w+?)_", "US/Jo\N{COMBINING DIAERESIS}rg_12.wav", "Jo\N{COMBINING DIAERESIS}rg"),
        (r"([^\W\d_]+)", "US/1_Jörg_12.wav", "Jörg"),
        (r"([\w.]+)-", "US/Дарья.К-12.wav", "Дарья.К"),
        (r"(\d+)", "US/anna_٣٤.wav", "٣٤"),
        (r"(?P<speaker>\w+)_\d+\.wav\Z", "US/anna_12.wav", "anna"),
        (r"([[:alpha:]\d]+)", "US/Jörg_12.wav", "J"),  # RE2's own classes are ASCII's
        (r"[]_]\d+", "US/anna_12.wav", "_12"),
        (r"^[^/]+/([^/]+)/", "US/anna/12.wav", "anna"),
    ],
)
def test_expressions(pattern, path, found):
    assert speaker(pattern, path) == found


@pytest.mark.parametrize(
    "pattern",
    ["(" * 150, "(" * 500, "[a-z", "a" * (LONGEST + 1), r"(.)\1", "(?=a)a", "(a{500}){500}",
     r"\w{1000}", "\\", "\udcff", "*"],
)  # fmt: skip
def test_an_expression_that_cant_be_used_is_one_sentence(pattern):
    with pytest.raises(CorpusError, match=r"The speaker pattern .*; give |: give | UTF-8") as error:
        SpeakerPattern(pattern)
    assert len(str(error.value)) < 300


@pytest.mark.parametrize("pattern", [5, ["a"], True])
def test_what_is_no_text_is_no_pattern(pattern):
    with pytest.raises(CorpusError, match="give a text"):
        SpeakerPattern(pattern)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*a){20}$", "a{99999999999}"])
def test_an_expression_made_to_backtrack_ends_at_once(pattern):
    begun = time.thread_time()
    with pytest.raises(CorpusError, match="finds no speaker"):
        speaker(pattern, LONG_NAME)
    assert time.thread_time() - begun < 1


def test_an_expression_that_is_slow_on_many_names_is_given_up(monkeypatch):
    monkeypatch.setattr(speakers, "MOST_SECONDS", 0.05)
    pattern, names = SpeakerPattern("(a{1,1000})"), [PurePath("a" * 250)] * 1_000
    with pytest.raises(CorpusError, match="takes too long"):
        list(map(pattern.speaker, names))


def test_other_threads_run_meanwhile():
    """An engine that kept the GIL would let the other thread run between two names only."""
    over, turns = threading.Event(), 0

    def run() -> None:
        nonlocal turns
        while not over.wait(0.001):
            turns += 1

    other = threading.Thread(target=run)
    other.start()
    pattern, name = SpeakerPattern("(a{1,1000})"), PurePath("a" * 250)
    for _ in range(5):
        pattern.speaker(name)
    over.set()
    other.join()
    assert turns > 20
