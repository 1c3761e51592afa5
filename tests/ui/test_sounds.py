"""What is kept of a visitor, and that it goes."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from cabcnn.audio import Sound
from cabcnn.runs import status
from cabcnn.ui import sounds
from cabcnn.ui.sounds import Clip, Sounds


@pytest.fixture
def store(tmp_path, monkeypatch) -> Sounds:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    return Sounds()


def clip(seconds: float = 1.0, name: str = "clip") -> Clip:
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, round(8_000 * seconds))
    return Clip(name, Sound(samples.astype(np.float32), 8_000))


def open_clip(store: Sounds, session: str, held: Clip) -> Path:
    return Path(store.open(session, held, held.sound)["path"])


def files(store: Sounds) -> set[Path]:
    return {path for path in store.folder.rglob("*") if path.is_file()}


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_a_page_holds_one_sound_and_soon_one_file(store, monkeypatch):
    first = open_clip(store, "a", clip(name="first"))
    second = open_clip(store, "a", clip(name="second"))
    assert store.clip("a").name == "second"
    assert files(store) == {first, second}  # a browser may be in the middle of the first
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + sounds.USED_SECONDS + 1)
    store.sweep()
    assert files(store) == {second}


def test_each_place_of_a_page_has_a_sound_of_its_own(store, monkeypatch):
    explored = open_clip(store, "a", clip(name="explored"))
    shown = clip(name="compared")
    compared = Path(store.open("a", shown, shown.sound, model="m", seconds=5, slot="b")["path"])
    assert store.clip("a").name == "explored"
    assert store.open_clip("a", "b") == (shown, compared, "m", 5, None)
    last = Path(store.open("a", shown, shown.sound, slot="b")["path"])
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + sounds.USED_SECONDS + 1)
    store.sweep()
    assert files(store) == {explored, last}
    store.forget("a")
    assert files(store) == set()


def test_pages_do_not_see_each_others_sounds(store):
    open_clip(store, "a", clip(name="mine"))
    open_clip(store, "b", clip(name="yours"))
    assert store.clip("a").name == "mine"
    assert store.clip("b").name == "yours"
    assert store.clip("c") is None


def test_a_closed_page_leaves_nothing(store):
    open_clip(store, "a", clip())
    other = open_clip(store, "b", clip())
    store.forget("a")
    store.forget("never seen")
    assert store.clip("a") is None
    assert files(store) == {other}


def test_an_idle_page_is_let_go_and_a_busy_one_kept(store, monkeypatch):
    open_clip(store, "idle", clip())
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + sounds.IDLE_SECONDS - 10)
    busy = open_clip(store, "busy", clip())
    monkeypatch.setattr(time, "time", lambda: now + sounds.IDLE_SECONDS + 10)
    os.utime(busy, (now, now))  # older than any upload may be, and yet it plays
    store.sweep()
    assert store.clip("idle") is None
    assert store.clip("busy") is not None
    assert files(store) == {busy}


def test_a_used_upload_goes_soon_and_a_waiting_one_may_wait(store, monkeypatch):
    folder = store.folder / "hash"
    folder.mkdir()
    used, waiting = folder / "used.wav", folder / "waiting.wav"
    used.write_bytes(b"1")
    waiting.write_bytes(b"2")
    store.release(used)
    store.sweep()
    assert files(store) == {used, waiting}  # an equal upload of another page may be in the queue
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + sounds.USED_SECONDS + 1)
    store.sweep()
    assert files(store) == {waiting}
    monkeypatch.setattr(time, "time", lambda: now + sounds.UPLOAD_SECONDS + 1)
    store.sweep()
    assert files(store) == set()


def test_empty_folders_go_as_well(store):
    folder = store.folder / "hash"
    folder.mkdir()
    age(folder, sounds.UPLOAD_SECONDS + 1)
    store.sweep()
    assert list(store.folder.iterdir()) == []


def test_used_leaves_other_peoples_files_alone(store, tmp_path):
    example = tmp_path / "example.ogg"
    example.write_bytes(b"1")
    before = example.stat().st_mtime_ns
    store.release(example)
    assert example.stat().st_mtime_ns == before


def test_memory_is_bounded_and_the_last_sound_is_never_dropped(store, monkeypatch):
    monkeypatch.setattr(sounds, "MAX_BYTES", 3 * 32_000)  # three clips of one second
    for name in "abcd":
        open_clip(store, name, clip(1, name))
    assert [store.clip(name) is not None for name in "abcd"] == [False, True, True, True]
    held = store.clip("d")
    store.open("d", held, held.sound, slot="again")  # the same samples cost nothing more
    assert store.clip("b") is not None
    open_clip(store, "e", clip(10, "e"))
    assert [store.clip(name) is not None for name in "abcde"] == [False] * 4 + [True]


def test_the_folder_is_private_and_shared_by_one_program(store):
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    assert os.environ["GRADIO_TEMP_DIR"] == str(store.folder)
    assert sounds.private_folder() == store.folder


def test_what_a_crashed_program_left_goes_at_the_next_start(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    crashed, running = tmp_path / "cabcnn-crashed", tmp_path / "cabcnn-running"
    other = tmp_path / "somebody-else"
    for folder in (crashed, running, other):
        folder.mkdir()
        (folder / "voice.wav").write_bytes(b"1")
    age(crashed, sounds.IDLE_SECONDS + 1)
    age(other, sounds.IDLE_SECONDS + 1)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as program:
        killed = tmp_path / "cabcnn-killed"
        killed.mkdir()
        (tmp_path / "cabcnn-killed.json").write_text(json.dumps(status.process(program.pid)))
        alive = sounds.private_folder()
        assert killed.exists()
        program.kill()
        program.wait()
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    sounds.private_folder()
    assert alive.exists()
    assert not killed.exists()
    assert not killed.with_name("cabcnn-killed.json").exists()
    assert not crashed.exists()
    assert (running / "voice.wav").exists()
    assert (other / "voice.wav").exists()


def test_a_sweep_tells_others_that_this_program_runs(store):
    age(store.folder, 10 * sounds.IDLE_SECONDS)
    store.sweep()
    assert time.time() - store.folder.stat().st_mtime < 60
