"""Devices by name, from Python and on the command line."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

import cabcnn
from cabcnn import Classifier, checkpoint, cli, devices

NO_GPU = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")


@pytest.mark.parametrize("name", ["gpu", "mps:0", "cpu cuda", "meta", ""])
def test_names_of_no_device(name):
    with pytest.raises(cabcnn.CabcnnError, match="choose auto, cpu or cuda"):
        devices.resolve(name)


def test_auto_is_a_device_that_works():
    assert devices.resolve("cpu") == "cpu"
    assert torch.zeros(2, device=devices.resolve("auto")).sum() == 0


@NO_GPU
def test_a_gpu_on_a_machine_without_one():
    assert devices.resolve("auto") == "cpu"
    for name in ("cuda", "cuda:1"):
        with pytest.raises(cabcnn.CabcnnError, match=r"can't use a GPU.*choose auto or cpu"):
            devices.resolve(name)


def test_a_gpu_beyond_the_last(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(cabcnn.CabcnnError, match=r"no cuda:7 on this machine.*cuda:1"):
        devices.resolve("cuda:7")
    assert [devices.resolve(name) for name in ("cuda", "cuda:1", "auto")] == [
        "cuda",
        "cuda:1",
        "cuda",
    ]


@pytest.fixture
def model_path(formula_model, make_card, tmp_path):
    path = tmp_path / "tiny.safetensors"
    checkpoint.save(path, formula_model(3), make_card())
    return path


def test_a_classifier_runs_on_the_device_it_was_loaded_for(model_path, babble):
    sound = babble(2, 8_000), 8_000
    plain = cabcnn.load(model_path).explain(sound)
    for name in ("cpu", "auto"):
        classifier = cabcnn.load(model_path, device=name)
        assert classifier.device.type == torch.device(devices.resolve(name)).type
        x = classifier.explain(sound)
        np.testing.assert_allclose(x.probabilities, plain.probabilities, atol=1e-5)
    with pytest.raises(cabcnn.CabcnnError, match="choose auto, cpu or cuda"):
        cabcnn.load(model_path, device="gpu")


def test_a_classifier_leaves_its_model_where_it_is(formula_model, make_card):
    model = formula_model(3).to("meta")
    assert Classifier(model, make_card()).device.type == "meta"


@GPU
def test_a_gpu_gives_what_the_cpu_gives(model_path, babble):
    sound = babble(5, 8_000), 8_000
    cpu, gpu = (cabcnn.load(model_path, device=name) for name in ("cpu", "cuda"))
    one, other = cpu.explain(sound), gpu.explain(sound)
    np.testing.assert_allclose(one.attention, other.attention, atol=1e-4)
    np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-4)


@pytest.mark.parametrize("command", ["explain", "atlas", "faithfulness"])
def test_device_options(command, model_path, write_corpus, tmp_path):
    corpus = write_corpus(tmp_path / "corpus", speakers=1, clips=1)
    clip = next(path for path in sorted(corpus.rglob("*")) if path.is_file())
    source = clip if command == "explain" else corpus
    options = ["--checkpoint", str(model_path), "--seconds", "1"]
    if command == "faithfulness":
        options += ["--draws", "19", "--out", str(tmp_path / "out")]

    def run(device: str):
        arguments = [command, str(source), *options, "--device", device]
        return CliRunner().invoke(cli.app, arguments)

    for device in ("cpu", "auto"):
        assert run(device).exit_code == 0, run(device).output
    refused = "gpu" if torch.cuda.is_available() else "cuda"
    error = run(refused).exception
    assert isinstance(error, cabcnn.CabcnnError)
    assert "choose auto" in str(error)
