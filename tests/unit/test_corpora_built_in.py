"""The corpus that comes with the program: every voice in every accent, every clip a sound."""

from __future__ import annotations

import csv
import hashlib
import importlib
import tomllib
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest

from cabcnn import audio, paths
from cabcnn.corpora import Clip, built_in, check, read, speaker_folds
from cabcnn.corpora.splits import check_disjoint, speaker_split
from cabcnn.errors import CorpusError

ROOT = Path(__file__).parents[2]
MOST_BYTES = 12_000_000
ACCENTS = {"American", "Caribbean", "RP", "Scottish", "West Midlands"}
VOICES, SENTENCES_EACH = 20, 6


@pytest.fixture(scope="module")
def clips() -> list[Clip]:
    return built_in.read_built_in()


@pytest.fixture(scope="module")
def sounds(clips) -> list[audio.Sound]:
    return [audio.read(clip.path) for clip in clips]


def test_every_voice_has_every_accent(clips):
    check(clips)
    assert {clip.label for clip in clips} == ACCENTS
    assert len({clip.speaker for clip in clips}) == VOICES
    each = Counter((clip.label, clip.speaker) for clip in clips)
    assert len(each) == len(ACCENTS) * VOICES
    assert set(each.values()) == {SENTENCES_EACH}
    assert read("built-in") == clips


def test_the_words_do_not_tell_the_accent(clips):
    said = defaultdict(set)
    for clip in clips:
        said[clip.label].add((clip.speaker, clip.extra["sentence"]))
    assert all(pairs == said["RP"] for pairs in said.values())
    speakers = defaultdict(set)
    for speaker, sentence in said["RP"]:
        speakers[sentence].add(speaker)
    assert {len(both) for both in speakers.values()} == {2}  # no sentence is one voice's alone


def test_size(clips):
    there = {path for path in built_in.folder().rglob("*") if path.is_file()}
    assert {clip.path for clip in clips} == {path for path in there if path.suffix == ".ogg"}
    assert sum(path.stat().st_size for path in there) < MOST_BYTES


def test_every_clip_is_a_sound_of_its_own(clips, sounds):
    for clip, sound in zip(clips, sounds, strict=True):
        assert sound.notices() == [], clip.path
        assert 2.5 < sound.seconds < 6, clip.path
    digests = {hashlib.sha256(sound.samples.tobytes()).digest() for sound in sounds}
    assert len(digests) == len(clips)


def pitch(sound: audio.Sound) -> float:
    """The median pitch in Hz, by autocorrelation of the loud parts, 50 ms each."""
    width = sound.rate // 20
    parts = sound.samples[: len(sound.samples) // width * width].reshape(-1, width)
    parts = parts[np.abs(parts).max(1) > 0.1]
    likeness = np.fft.irfft(np.abs(np.fft.rfft(parts, 2 * width)) ** 2)
    shortest, longest = sound.rate // 450, sound.rate // 60
    period = shortest + likeness[:, shortest:longest].argmax(1)
    voiced = likeness[np.arange(len(parts)), period] > 0.5 * likeness[:, 0]
    return float(np.median(sound.rate / period[voiced]))


def test_a_voice_sounds_like_itself_in_every_accent(clips, sounds):
    # espeak-ng says nothing when it passes over a variant, and then all voices are one.
    pitches = defaultdict(list)
    for clip, sound in zip(clips, sounds, strict=True):
        pitches[clip.speaker, clip.label].append(pitch(sound))
    for speaker in {clip.speaker for clip in clips}:
        each = [np.median(pitches[speaker, label]) for label in ACCENTS]
        assert max(each) < 1.06 * min(each), speaker
        low = speaker.startswith("low")
        assert all((value < 155) == low for value in each), speaker


def test_voices_can_be_held_out(clips):
    labels, speakers = [clip.label for clip in clips], [clip.speaker for clip in clips]
    fold = speaker_folds(labels, speakers, 5)
    for number in range(5):
        held_out = [labels[place] for place in np.flatnonzero(fold == number)]
        assert set(Counter(held_out).values()) == {len(held_out) // len(ACCENTS)}
    parts = speaker_split(labels, speakers)
    assert all({labels[place] for place in part} == ACCENTS for part in parts)
    names = [str(clip.path) for clip in clips]  # no two sound alike, which another test sees to
    check_disjoint(parts, speakers, names, names)


def test_the_manifest_is_what_the_script_makes(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "assets"))
    script = importlib.import_module("make_corpus")
    with (built_in.folder() / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = [tuple(row.values()) for row in csv.DictReader(file)]
    assert rows == [(u.path, u.label, u.voice.name, u.sentence) for u in script.plan()]


def test_an_installed_package_carries_it_inside(tmp_path, monkeypatch):
    facts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    inside = facts["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]["assets/corpus"]
    monkeypatch.setattr(paths, "__file__", str(tmp_path / "cabcnn" / "paths.py"))
    assert built_in.folder() == tmp_path / "assets" / "corpus"
    (tmp_path / inside).mkdir(parents=True)
    assert built_in.folder() == tmp_path / inside


def test_an_installation_without_it(tmp_path, monkeypatch):
    monkeypatch.setattr(built_in, "folder", lambda: tmp_path)
    with pytest.raises(CorpusError, match=r"holds no manifest\.csv"):
        built_in.read_built_in()
