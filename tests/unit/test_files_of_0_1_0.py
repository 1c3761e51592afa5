"""What version 0.1.0 wrote still opens: a model, a finished and a killed run, an atlas, links.

fixtures/v0.1.0.tar.xz was written by that version: `corpus` (24 clips of eight speakers), the run
folders `finished` and `interrupted` (killed after its first epoch), the atlas of the finished
run's model, and what that model made of a clip. The floats of its tensors were then rounded to four
bits after the leading one, so that the archive is small; @CORPUS@ stands for the corpus' folder.
"""

from __future__ import annotations

import json
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest

import cabcnn
from cabcnn import atlas, checkpoint
from cabcnn.atlas.fingerprint import fingerprint
from cabcnn.corpora import read
from cabcnn.runs import status
from cabcnn.runs.plan import read as read_plan
from cabcnn.runs.queue import job
from cabcnn.runs.run import MODEL, carry_out
from cabcnn.views.runs import payload

ARCHIVE = Path(__file__).parents[1] / "fixtures" / "v0.1.0.tar.xz"


@pytest.fixture(scope="module")
def older(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("older")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    for path in [*folder.glob("*/plan.json"), *folder.glob("*/clips.json")]:
        path.write_text(path.read_text().replace("@CORPUS@", str(folder / "corpus")))
    return folder


def test_its_model_explains_as_it_did(older):
    expected = json.loads((older / "explained.json").read_text())
    classifier = cabcnn.load(older / "finished" / MODEL)
    x = classifier.explain(older / "corpus" / "tone" / "tone-0_0.flac")
    assert list(x.labels) == expected["labels"]
    np.testing.assert_allclose(x.probabilities, expected["probabilities"], atol=1e-4)
    assert classifier.card.measurements[0].unweighted_recall == 1
    assert classifier.card.recipe["batch_size"] == 16


def test_the_models_that_came_with_it_load():
    folder = checkpoint.folder()
    assert {path.stem for path in folder.glob("*.safetensors")} >= {"accents", "digits"}
    for path in folder.glob("*.safetensors"):
        card = checkpoint.load(path)[1]
        assert card.median_seconds is not None


def test_its_finished_run_is_shown_and_does_not_train_again(older, tmp_path):
    folder = shutil.copytree(older / "finished", tmp_path / "finished")
    found = job.read(folder)
    assert found is not None
    assert found.state == "finished"
    shown = json.loads(payload.payload([found], "finished"))
    assert shown["run"]["name"] == "finished"
    assert [part["best"] for part in shown["run"]["parts"]] == [2], "recorded in its report only"
    written = (folder / MODEL).read_bytes()
    carry_out(read_plan(folder / "plan.json"), folder, resume=True)
    assert (folder / MODEL).read_bytes() == written


def test_its_killed_run_goes_on(older, tmp_path):
    folder = shutil.copytree(older / "interrupted", tmp_path / "interrupted")
    found = status.read(folder)
    assert found is not None
    assert found.state == "interrupted"
    first = (folder / "epochs.jsonl").read_text().splitlines()[0]
    outcome = carry_out(read_plan(folder / "plan.json"), folder, resume=True)
    rows = (folder / "epochs.jsonl").read_text().splitlines()
    assert [json.loads(row)["epoch"] for row in rows] == [1, 2, 3]
    assert json.loads(rows[0])["loss"] == json.loads(first)["loss"], "the first was not repeated"
    assert outcome is not None
    assert checkpoint.load(folder / MODEL)[1] == outcome.card


def test_its_atlas_fits_its_model(older):
    classifier = cabcnn.load(older / "finished" / MODEL)
    found = atlas.read(older / "atlas.json")
    assert found.weights == fingerprint(classifier)
    assert len(found.sounds) <= len(read(older / "corpus", None))


def test_its_links_bring_back_what_they_did():
    from cabcnn.ui import examples, links

    stems = {one.path.stem for one in examples.load()}
    link = links.read("#example=stella-us-man&model=accents&seconds=10", stems, {"accents"}, [10])
    assert link == links.Link("stella-us-man", "accents", 10)
