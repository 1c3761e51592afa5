"""The cache: what it gives is what decoding gives, and nothing in it is ever stale."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from cabcnn.corpora import Clip, describe
from cabcnn.dataset.arrays import Arrays, Pieces, prepare
from cabcnn.dataset.cache import default_folder, describe_cached, find_cached, prepare_cached
from cabcnn.dataset.shards import Shards
from cabcnn.errors import CabcnnError, CorpusError
from cabcnn.training.excerpts import first_seconds

RATE = 8_000


def assert_same_excerpts(found: Arrays, expected: Arrays) -> None:
    """But for float16: an excerpt has a deviation of 1, and values of some tens at most."""
    assert_same_facts(found, expected)
    assert found.values.tolist() == expected.values.tolist()
    for clip in range(len(found)):
        whole = found.excerpt(clip)
        np.testing.assert_allclose(whole, expected.excerpt(clip), rtol=1e-3, atol=1e-3)
        part = found.excerpt(clip, 2, 5)
        assert part.dtype == np.float32
        np.testing.assert_allclose(part, expected.excerpt(clip, 2, 5), rtol=1e-3, atol=2e-3)


def assert_same_facts(found: Arrays, expected: Arrays) -> None:
    assert len(found) == len(expected)
    assert found.label_names == expected.label_names
    for name in ("labels", "speakers", "splits"):
        assert getattr(found, name).tolist() == getattr(expected, name).tolist(), name


def shard_files(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("workers", [1, 3])
def test_cached_clips_are_the_decoded_ones(short_clips, tmp_path, workers):
    done: list[int] = []
    prepared = prepare_cached(short_clips, RATE, None, tmp_path, workers, done.append)
    assert done == list(range(1, 25))
    assert prepared.clips == short_clips
    assert prepared.left_out == []
    assert_same_excerpts(prepared.arrays, prepare(short_clips, RATE))


def test_one_cache_serves_every_t(short_clips, tmp_path):
    """The first seconds of what is kept are those that would have been decoded for them."""
    for seconds in (0.3, 0.4, 30, 900):
        found = prepare_cached(short_clips, RATE, seconds, tmp_path).arrays
        expected = prepare(short_clips, RATE, seconds)
        assert_same_facts(found, expected)
        for clip in range(len(found)):
            if clip != 5:  # resampled before it is cut: there the last millisecond differs
                np.testing.assert_allclose(
                    first_seconds(found, clip, seconds), expected.excerpt(clip), atol=2e-3
                )
    assert len(list(tmp_path.iterdir())) == 1


def test_of_a_long_recording_fifteen_minutes_are_kept(tmp_path, babble):
    clips = []
    for name, seconds in (("long", 1000), ("short", 1)):
        path = tmp_path / f"{name}.flac"
        soundfile.write(path, babble(seconds, RATE), RATE)
        clips.append(Clip(path, name, name))
    for seconds, kept in ((5, 900), (950, 950), (None, 1000)):
        found = prepare_cached(clips, RATE, seconds, tmp_path / "cache")
        assert found.arrays.values.tolist() == [4000 * kept, 4000]


def test_a_second_time_nothing_is_decoded(short_clips, tmp_path):
    first = prepare_cached(short_clips, RATE, None, tmp_path)
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    again = prepare_cached(short_clips, RATE, None, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == files
    assert again.keys == first.keys
    assert_same_excerpts(again.arrays, first.arrays)
    assert isinstance(again.arrays.maxima, Pieces)
    assert all(isinstance(piece.base, np.memmap) or isinstance(piece, np.memmap)
               for piece in again.arrays.maxima.pieces)  # fmt: skip


@pytest.mark.parametrize("seconds", [0.3, 30, None])
def test_what_a_description_has_decoded_is_not_decoded_again(
    short_clips, useless_clips, tmp_path, seconds
):
    clips, cache = [*useless_clips, *short_clips], tmp_path / "cache"
    done: list[int] = []
    described = describe_cached(clips, RATE, cache, 3, done.append)
    assert done == list(range(1, len(clips) + 1))
    expected = describe(clips)
    assert described.as_dict() == expected.as_dict()
    assert described.seconds.tolist() == expected.seconds.tolist()
    before = shard_files(cache)
    assert before
    prepared = prepare_cached(clips, RATE, seconds, cache)
    assert shard_files(cache) == before
    assert prepared.clips == short_clips
    assert [one.clip for one in prepared.left_out] == useless_clips
    alone = prepare_cached(short_clips, RATE, seconds, tmp_path / "other cache")
    assert_same_facts(prepared.arrays, alone.arrays)
    assert prepared.arrays.digests() == alone.arrays.digests()
    np.testing.assert_array_equal(prepared.arrays.moments, alone.arrays.moments)


def test_a_description_with_a_full_disk(short_clips, tmp_path, limited_files):
    with limited_files(10_000), pytest.raises(CabcnnError, match="the disk is full; free some"):
        describe_cached(short_clips, RATE, tmp_path)
    assert shard_files(tmp_path) == set()


def test_only_what_is_new_or_changed_is_decoded(short_clips, tmp_path, babble):
    folder, cache = tmp_path / "clips", tmp_path / "cache"
    folder.mkdir()
    clips = []
    for clip in short_clips[:6]:
        shutil.copy(clip.path, folder / clip.path.name)
        clips.append(clip._replace(path=folder / clip.path.name))
    first = prepare_cached(clips[:5], RATE, None, cache)
    before = shard_files(cache)

    soundfile.write(clips[0].path, babble(0.7, RATE, 99), RATE, "FLOAT")  # changed
    clips[1].path.rename(folder / "renamed.wav")
    clips[1] = clips[1]._replace(path=folder / "renamed.wav")
    second = prepare_cached(clips, RATE, None, cache)
    assert second.keys[1:5] == first.keys[1:5]
    assert second.keys[0] != first.keys[0]
    assert before < shard_files(cache)
    assert_same_excerpts(second.arrays, prepare(clips, RATE))
    (new,) = (path for path in cache.rglob("*.json") if path.name not in before)
    assert second.keys[0] in new.read_text()
    assert second.keys[5] in new.read_text()
    assert not any(key in new.read_text() for key in second.keys[1:5])


def test_other_settings_are_other_values(short_clips, tmp_path):
    for rate, seconds in ((8_000, None), (8_000, 30), (16_000, None)):
        found = prepare_cached(short_clips[:4], rate, seconds, tmp_path)
        assert_same_excerpts(found.arrays, prepare(short_clips[:4], rate, seconds))
    assert len(list(tmp_path.iterdir())) == 3


def test_quiet_and_loud_recordings_are_as_exact(tmp_path, babble):
    """float16 alone would lose the first, and make infinity of the last."""
    clips = []
    for number, level in enumerate((1e-7, 1e-3, 1.0, 1e7)):
        path = tmp_path / f"{number}.wav"
        soundfile.write(path, level * babble(0.5, RATE, number), RATE, "FLOAT")
        clips.append(Clip(path, "ab"[number % 2], str(number)))
    found = prepare_cached(clips, RATE, None, tmp_path / "cache")
    assert_same_excerpts(found.arrays, prepare(clips, RATE))


def test_twice_the_same_file_is_kept_once(short_clips, tmp_path):
    copy = tmp_path / "copy.wav"
    shutil.copy(short_clips[0].path, copy)
    clips = [*short_clips[:3], Clip(copy, "tone", "somebody")]
    found = prepare_cached(clips, RATE, None, tmp_path / "cache")
    digests = found.arrays.digests()
    assert digests[0] == digests[3]
    assert len(set(digests)) == 3
    (maxima,) = (tmp_path / "cache").rglob("*.maxima")
    assert maxima.stat().st_size == 2 * found.arrays.values[:3].sum()


@pytest.fixture
def useless_clips(tmp_path) -> list[Clip]:
    (tmp_path / "text.wav").write_bytes(b"not a sound")
    (tmp_path / "empty.wav").write_bytes(b"")
    soundfile.write(tmp_path / "silent.wav", np.zeros(RATE), RATE)
    soundfile.write(tmp_path / "short.wav", np.ones(RATE // 50), RATE)
    names = ("text.wav", "empty.wav", "silent.wav", "short.wav", "no.wav")
    return [Clip(tmp_path / name, "tone", "x") for name in names]


def test_useless_clips_are_left_out_and_named(short_clips, useless_clips, tmp_path):
    clips = [short_clips[0], *useless_clips, *short_clips[1:4]]
    found = prepare_cached(clips, RATE, None, tmp_path / "cache")
    assert found.clips == list(short_clips[:4])
    reasons = {one.clip.path.name: one.reason for one in found.left_out}
    assert set(reasons) == {"text.wav", "empty.wav", "silent.wav", "short.wav", "no.wav"}
    assert "is text" in reasons["text.wav"]
    assert "0 bytes" in reasons["empty.wav"]
    assert "silent" in reasons["silent.wav"]
    assert "one interval of 25 ms" in reasons["short.wav"]
    assert "no file" in reasons["no.wav"]
    assert_same_excerpts(found.arrays, prepare(short_clips[:4], RATE))


def test_nothing_usable(tmp_path):
    clips = []
    for number in range(4):
        path = tmp_path / f"{number}.wav"
        path.write_bytes(b"text")
        clips.append(Clip(path, "ab"[number % 2], str(number)))
    with pytest.raises(CorpusError, match=r"None of the 4 recordings.*0\.wav is text"):
        prepare_cached(clips, RATE, None, tmp_path / "cache")


def test_one_label_remains(short_clips, tmp_path):
    (tmp_path / "bad.wav").write_bytes(b"text")
    clips = [short_clips[0], short_clips[2], Clip(tmp_path / "bad.wav", "tone", "x")]
    with pytest.raises(CorpusError, match="all of this corpus is 'noise'"):
        prepare_cached(clips, RATE, None, tmp_path / "cache")


def test_damaged_shards_are_made_again(short_clips, tmp_path):
    clips = short_clips[:4]
    expected = prepare(clips, RATE)

    def damage_and_heal(suffix: str, change) -> None:
        (path,) = tmp_path.rglob(f"*{suffix}")
        change(path)
        assert_same_excerpts(prepare_cached(clips, RATE, None, tmp_path).arrays, expected)
        shutil.rmtree(tmp_path)
        prepare_cached(clips, RATE, None, tmp_path)

    prepare_cached(clips, RATE, None, tmp_path)
    damage_and_heal(".maxima", lambda path: path.write_bytes(path.read_bytes()[:-2]))
    damage_and_heal(".moments", lambda path: path.write_bytes(b""))
    damage_and_heal(".maxima", Path.unlink)
    for text in ("", "[]", "{}", "[[1]]", "nonsense"):
        damage_and_heal(".json", lambda path, text=text: path.write_text(text))


def test_by_key_whatever_became_of_the_files(short_clips, tmp_path):
    folder = tmp_path / "clips"
    folder.mkdir()
    clips = []
    for clip in short_clips[:4]:
        shutil.copy(clip.path, folder)
        clips.append(clip._replace(path=folder / clip.path.name))
    found = prepare_cached(clips, RATE, None, tmp_path / "cache")
    shutil.rmtree(folder)
    again = find_cached(clips, found.keys, RATE, None, tmp_path / "cache")
    assert again is not None
    assert_same_excerpts(again, found.arrays)
    assert find_cached(clips, found.keys, RATE, 0.3, tmp_path / "cache") is None
    shutil.rmtree(tmp_path / "cache")
    assert find_cached(clips, found.keys, RATE, None, tmp_path / "cache") is None


KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from cabcnn.dataset.shards import Shards
with Shards(Path(sys.argv[1])).adding() as add:
    add("whole", np.ones(1000, np.float16), np.ones((10, 3)))
with Shards(Path(sys.argv[1])).adding() as add:
    add("half", np.ones(10_000, np.float16), np.ones((100, 3)))
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no SIGKILL")
def test_a_killed_writer_leaves_nothing_behind(tmp_path):
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=Path.cwd())
    assert done.returncode == -signal.SIGKILL
    assert list(tmp_path.glob("*.part"))
    shards = Shards(tmp_path)
    assert "whole" in shards
    assert "half" not in shards
    assert not list(tmp_path.glob("*.part"))
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.skipif(os.name == "nt", reason="only POSIX limits the size of files")
@pytest.mark.parametrize("room", [0, 10_000, 60_000])
def test_full_disk(short_clips, tmp_path, limited_files, room):
    """Files that may not grow past some size fail as on a full disk."""
    with limited_files(room), pytest.raises(CabcnnError, match="the disk is full; free some"):
        prepare_cached(short_clips, RATE, None, tmp_path)
    assert shard_files(tmp_path) == set()
    assert_same_excerpts(
        prepare_cached(short_clips, RATE, None, tmp_path).arrays, prepare(short_clips, RATE)
    )


def test_a_folder_that_can_not_be_made(short_clips, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CabcnnError, match=r"can't be written.*choose another folder"):
        prepare_cached(short_clips, RATE, None, tmp_path / "file")


def test_the_default_folder_can_be_chosen(monkeypatch, tmp_path):
    monkeypatch.setenv("CABCNN_CACHE", str(tmp_path / "mine"))
    assert default_folder() == tmp_path / "mine"
    monkeypatch.delenv("CABCNN_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    if sys.platform.startswith("linux"):
        assert default_folder() == tmp_path / "xdg" / "cabcnn"


@given(data=st.data())
def test_pieces_read_as_one_array(data):
    lengths = data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=6))
    whole = np.arange(sum(lengths), dtype=np.float32)
    pieces = Pieces(np.split(whole, np.cumsum(lengths)[:-1]))
    first = data.draw(st.integers(0, len(whole)))
    last = data.draw(st.integers(0, len(whole)))
    assert pieces[first:last].tolist() == whole[first:last].tolist()
    assert len(pieces) == len(whole)
    assert np.asarray(pieces, np.float16).tolist() == whole.tolist()
