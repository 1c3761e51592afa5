"""Atlases on disk: written, read again, found again, and those that come with the program."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

import cabcnn
from cabcnn import atlas, checkpoint, cli, corpora
from cabcnn.atlas import store
from cabcnn.atlas.file import AtlasError
from cabcnn.classifier import Classifier
from cabcnn.corpora import built_in
from cabcnn.errors import CabcnnError

SHIPPED = sorted(path.stem for path in checkpoint.folder().glob("*.safetensors"))


@pytest.fixture(scope="module")
def classifier(formula_model, make_card) -> Classifier:
    return Classifier(formula_model(3), make_card(seconds=None))


@pytest.fixture(scope="module")
def found(classifier, short_clips) -> atlas.Atlas:
    return atlas.compute(classifier, short_clips[:6], "short")


@pytest.fixture
def written(found, tmp_path) -> Path:
    path = tmp_path / "new" / "atlas.json"
    atlas.write(found, path)
    return path


def test_what_was_written_is_read(found, written):
    again = atlas.read(written)
    for name in ("use", "use_by_label", "loudest"):
        np.testing.assert_allclose(getattr(again, name), getattr(found, name), atol=6e-7)
    for name in ("votes", "specialisation", "chance"):
        np.testing.assert_allclose(getattr(again, name), getattr(found, name), atol=6e-5)
    np.testing.assert_allclose(again.correlation, found.correlation, atol=6e-4)
    np.testing.assert_array_equal(again.correlation, again.correlation.T)
    np.testing.assert_array_equal(again.order, found.order)
    np.testing.assert_array_equal(again.intervals, found.intervals)
    for name in ("model", "weights", "classes", "seconds", "corpus", "labels", "clips", "speakers",
                 "sounds", "left_out", "version", "date"):  # fmt: skip
        assert getattr(again, name) == getattr(found, name)
    for one, other in zip(again.moments, found.moments, strict=True):
        assert [m.sound for m in one] == [m.sound for m in other]
        np.testing.assert_allclose([m.time for m in one], [m.time for m in other], atol=6e-5)
        np.testing.assert_allclose([m.votes for m in one], [m.votes for m in other], atol=6e-5)
    atlas.write(again, written.with_name("twice.json"))
    assert written.read_bytes() == written.with_name("twice.json").read_bytes()


def changed(written: Path, **changes) -> Path:
    facts = json.loads(written.read_text("utf-8"))
    written.write_text(json.dumps(facts | changes), "utf-8")
    return written


def test_a_missing_file_is_a_sentence(tmp_path):
    with pytest.raises(AtlasError, match="There is no atlas"):
        atlas.read(tmp_path / "none.json")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_broken_file_is_a_sentence(tmp_path, content):
    path = tmp_path / "broken.json"
    path.write_bytes(content)
    with pytest.raises(AtlasError, match=r"broken\.json is damaged"):
        atlas.read(path)


@pytest.mark.parametrize("content", ["{}", "[]", "7", '"atlas"', '{"use": [1]}'])
def test_a_foreign_file_is_a_sentence(tmp_path, content):
    path = tmp_path / "foreign.json"
    path.write_text(content)
    with pytest.raises(AtlasError, match="not an atlas"):
        atlas.read(path)


def test_a_later_version_is_a_sentence(written):
    with pytest.raises(AtlasError, match="has format 2"):
        atlas.read(changed(written, **{"cabcnn-atlas": 2}))


@pytest.mark.parametrize(
    "changes",
    [
        {"use": [1.0]},
        {"use": "much"},
        {"use": [float("nan")] * 40},
        {"use": [0.5] * 40},
        {"votes": [[0.9, 0.9, 0.9]] * 40},
        {"order": [0] * 40},
        {"order": list(range(39))},
        {"classes": ["US"]},
        {"labels": [1, 2]},
        {"intervals": [-1, 5]},
        {"clips": "six"},
        {"correlation": [2.0] * 780},
        {"correlation": [0.0]},
        {"moments": []},
        {"moments": [[[99, 0.1, 0.5, [0, 0, 1]]]] * 40},
        {"moments": [[[0, 0.1, 0.5, [1]]]] * 40},
        {"moments": [[[0, float("inf"), 0.5, [0, 0, 1]]]] * 40},
        {"sounds": [["a"]]},
        {"sounds": [[1, 2, 3]]},
        {"weights": None},
        {"seconds": "all"},
        {"left_out": [["a"]]},
    ],
)
def test_a_damaged_file_is_a_sentence(written, changes):
    with pytest.raises(AtlasError, match=r"atlas\.json is damaged"):
        atlas.read(changed(written, **changes))
    facts = json.loads(written.read_text("utf-8"))
    for name in changes:
        del facts[name]
    written.write_text(json.dumps(facts))
    with pytest.raises(AtlasError, match="is damaged"):
        atlas.read(written)


def test_a_full_disk_leaves_nothing_behind(found, tmp_path, limited_files):
    path = tmp_path / "atlas.json"
    with limited_files(1000), pytest.raises(CabcnnError, match="no room"):
        atlas.write(found, path)
    assert list(tmp_path.iterdir()) == []


def test_computed_once_until_something_changes(classifier, formula_model, make_card, short_clips):
    clips, told = short_clips[:3], []
    assert atlas.find(classifier, clips) is None
    first = atlas.find_or_compute(classifier, clips, "three", progress=told.append)
    assert told == [1, 2, 3]
    second = atlas.find_or_compute(classifier, clips, "three", progress=told.append)
    assert told == [1, 2, 3]
    np.testing.assert_allclose(second.use, first.use, atol=1e-6)

    assert atlas.find(classifier, clips, seconds=0.2) is None
    assert atlas.find(classifier, short_clips[:2]) is None
    assert atlas.find(classifier, [clips[0]._replace(label="other"), *clips[1:]]) is None
    other = formula_model(3)
    other.norm.bias.data += 0.01
    assert atlas.find(Classifier(other, make_card(seconds=None)), clips) is None
    renamed = Classifier(formula_model(3), make_card(seconds=None, name="another", date="2027"))
    assert atlas.find(renamed, clips) is not None

    facts = clips[0].path.stat()
    os.utime(clips[0].path, ns=(facts.st_atime_ns, facts.st_mtime_ns + 1))
    assert atlas.find(classifier, clips) is None
    os.utime(clips[0].path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert atlas.find(classifier, clips) is not None

    store.cache_path(classifier, clips).write_text("{}")
    assert atlas.find(classifier, clips) is None
    assert atlas.find_or_compute(classifier, clips, "three", progress=told.append).clips == 3
    assert told == [1, 2, 3] * 2


@pytest.mark.parametrize("name", SHIPPED)
def test_each_shipped_model_has_its_own_atlas(name):
    """Where this fails after a checkpoint has changed: python assets/make_atlas.py"""
    classifier = cabcnn.load(name)
    found = atlas.shipped(classifier)
    assert found is not None, f"{name} has no atlas of its weights: python assets/make_atlas.py"
    assert found.classes == classifier.card.labels
    assert len(found.use) == classifier.card.classifiers
    assert found.corpus == "built-in"
    clips = corpora.read("built-in")
    assert found.clips == len(clips)
    assert found.left_out == ()
    assert set(found.labels) == {clip.label for clip in clips}
    assert all((built_in.folder() / sound.name).is_file() for sound in found.sounds)


def test_a_shipped_atlas_is_what_its_model_does():
    classifier = cabcnn.load(SHIPPED[0])
    found = atlas.shipped(classifier)
    assert found is not None
    for i in (int(found.use.argmax()), int(found.use.argsort()[-2])):
        one = found.moments[i][0]
        x = classifier.explain(built_in.folder() / found.sounds[one.sound].name)
        t = round(one.time / 0.025 - 0.5)
        assert x.attention[t, i] == pytest.approx(one.weight, abs=2e-4)
        assert x.votes[t, i] == pytest.approx(one.votes, abs=2e-3)


def test_what_is_shipped_is_not_computed_again():
    classifier, clips = cabcnn.load(SHIPPED[0]), corpora.read("built-in")
    found, there = atlas.find(classifier, clips), atlas.shipped(classifier)
    assert found is not None
    assert there is not None
    assert (found.date, found.moments) == (there.date, there.moments)
    assert atlas.find(classifier, clips[:-1]) is None
    assert atlas.find(classifier, clips, seconds=0.5) is None


def test_no_shipped_atlas_is_of_no_model_and_all_are_small():
    files = list(store.shipped_folder().glob("*.json"))
    assert sorted(path.stem for path in files) == SHIPPED
    assert sum(path.stat().st_size for path in files) < 400_000


# The command


@pytest.fixture
def model_file(classifier, tmp_path) -> Path:
    path = tmp_path / "tiny.safetensors"
    checkpoint.save(path, classifier.model, classifier.card)
    return path


@pytest.fixture(scope="module")
def folder(write_corpus, tmp_path_factory) -> Path:
    made = write_corpus(tmp_path_factory.mktemp("corpus"), speakers=2, clips=2)
    (made / "noise" / "notes_1.wav").write_text("only words")
    return made


def run(*arguments: object):
    return CliRunner().invoke(cli.app, ["atlas", *(str(argument) for argument in arguments)])


def test_the_command_prints_each_classifier_and_writes_a_file(
    model_file, folder, tmp_path, speaker_pattern
):
    out = tmp_path / "out.json"
    result = run(
        folder, "--checkpoint", model_file, "--out", out, "--speaker-pattern", speaker_pattern
    )
    assert result.exit_code == 0, result.exception
    assert "noise/notes_1.wav: left out: notes_1.wav is text" in result.stderr
    head, *rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert head[:2] == ["classifier", "attention"]
    found = atlas.read(out)
    assert (found.clips, found.speakers, found.corpus) == (8, 4, folder.name)
    assert [int(row[0]) for row in rows] == (-found.use).argsort(kind="stable").tolist()
    assert sum(float(row[1]) for row in rows) == pytest.approx(1, abs=3e-3)
    again = run(folder, "--checkpoint", model_file, "--speaker-pattern", speaker_pattern)
    assert (again.stdout, again.stderr) == (result.stdout, result.stderr)


def test_the_command_takes_a_part_from_all_over(model_file, folder, tmp_path):
    out = tmp_path / "out.json"
    result = run(folder, "--checkpoint", model_file, "--limit", 4, "--seconds", 0.1, "--out", out)
    assert result.exit_code == 0, result.exception
    found = atlas.read(out)
    assert found.clips + len(found.left_out) == 4
    assert found.labels == ("noise", "tone")
    assert found.seconds == 0.1
    assert all(sound.name.startswith(("noise/", "tone/")) for sound in found.sounds)


def test_the_command_writes_a_page_with_its_sounds(model_file, folder, tmp_path):
    out = tmp_path / "page"
    result = run(folder, "--checkpoint", model_file, "--out", out)
    assert result.exit_code == 0, result.exception
    assert result.stderr.endswith("index.html\n")
    text = (out / "index.html").read_text("utf-8")
    value = json.loads(text.split('id="value">')[1].split("</script>")[0])
    assert value["state"] == "ready"
    assert not value["explore"]
    assert "@@" not in text
    assert "http" not in text.replace("http://www.w3.org", "")
    rows = enumerate(value["rows"])
    moments = {f"{i}-{place}.wav" for i, row in rows for place in range(len(row["moments"]))}
    assert {path.name for path in (out / "sounds").iterdir()} == moments
    samples, rate = soundfile.read(out / "sounds" / "0-0.wav")
    assert rate == 8_000
    assert 0.25 <= len(samples) / rate <= 0.5


def test_a_page_without_a_folder_is_refused(model_file, folder, tmp_path):
    result = run(folder, "--checkpoint", model_file, "--out", tmp_path / "atlas.html")
    assert isinstance(result.exception, CabcnnError)
    assert "without its sounds" in str(result.exception)
