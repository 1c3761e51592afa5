"""Real processes that train one model together."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from cabcnn.dataset.arrays import Arrays
from cabcnn.model import CabCnn

pytestmark = [pytest.mark.usefixtures("one_thread"), pytest.mark.numeric]

WORKER = Path(__file__).with_name("training_worker.py")
TORCHRUN = [
    *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"),
    "--local-addr=127.0.0.1",  # else they look this machine's name up
]
ACCELERATE = [
    *(sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes=2"),
    *("--num_machines=1", "--mixed_precision=no", "--dynamo_backend=no", "--main_process_port=0"),
]
PATIENCE = 900  # seconds, on a machine that does much else
# The worker trains in double precision: what several processes add up in another order than one
# then differs by far less than this, and by nothing else on any processor.
SAME = 1e-9
QUICK = {"seconds": None, "batch_size": 5, "max_epochs": 2, "monitor": "nothing"}
CASES = {
    "plain": QUICK,
    "paper": {**QUICK, "truncate": True, "monitor": "loss", "patience": 1},
    "frozen": {**QUICK, "freeze_trunk": True},
    "all": {
        **QUICK,
        **{"balance": True, "gain": 6.0, "noise": 0.1, "speed": 0.1, "crop_seconds": 0.2},
        **{"spread": 0.05, "recalibrate": True, "anneal": True, "weight_decay": 0.01},
        # Batch norm undoes the last convolution's bias, whose gradient is all rounding; weight
        # decay over the usual epsilon of 1e-7 would multiply it by a hundred at every step.
        "epsilon": 1e-3,
    },
}


@pytest.fixture(scope="module")
def file(short_arrays: Arrays, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("arrays") / "short.npz"
    short_arrays.save(path)
    return path


def trained_together(launcher: list[str], file: Path, settings: list[dict], out: Path) -> Path:
    environment = {k: v for k, v in os.environ.items() if k not in ("RANK", "WORLD_SIZE")}
    process = subprocess.Popen(
        [*launcher, str(WORKER), str(file), json.dumps(settings), str(out)],
        env={**environment, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said, _ = process.communicate(timeout=PATIENCE)
    finally:
        process.terminate()  # a launcher ends those that it launched
    assert process.returncode == 0, said
    return out


def trained_alone(file: Path, settings: list[dict], out: Path) -> Path:
    before = "accelerate" in sys.modules
    runpy.run_path(str(WORKER))["run"](Arrays.load(file), settings, out)
    assert before == ("accelerate" in sys.modules), "it takes a second to import"
    return out


@pytest.fixture(scope="module")
def alone(file, tmp_path_factory) -> Path:
    return trained_alone(file, list(CASES.values()), tmp_path_factory.mktemp("alone"))


@pytest.fixture(scope="module")
def together(file, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("together")
    return trained_together(TORCHRUN, file, list(CASES.values()), out)


def history(folder: Path, rank: int = 0) -> list[dict]:
    return json.loads((folder / f"{rank}.json").read_text())["history"]


def assert_alike(one: Path, other: Path, tolerance: float) -> None:
    expected, found = load_file(one), load_file(other)
    assert expected.keys() == found.keys() == CabCnn(2).state_dict().keys()
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=0, atol=tolerance, msg=name)


@pytest.mark.parametrize("case", CASES)
def test_two_processes_train_the_model_of_one(alone, together, case):
    """Sixteen clips in batches of five: the last batch is one clip, and one process has none."""
    number = str(list(CASES).index(case))
    one, two = alone / number, together / number
    assert_alike(two / "0.safetensors", two / "1.safetensors", 0)
    assert_alike(one / "0.safetensors", two / "0.safetensors", SAME)
    assert history(two) == history(two, 1)
    assert [row["epoch"] for row in history(two)] == [row["epoch"] for row in history(one)]
    for row, expected in zip(history(two), history(one), strict=True):
        assert row.keys() == expected.keys()
        for name in row.keys() - {"seconds"}:
            assert row[name] == pytest.approx(expected[name], abs=SAME), name


def test_the_weights_moved_and_the_leader_alone_reported(together):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        before = CabCnn(2).state_dict()
    for number in range(len(CASES)):
        folder = together / str(number)
        moved = load_file(folder / "0.safetensors")["classifiers.2.weight"]
        assert (moved - before["classifiers.2.weight"]).abs().max() > 1e6 * SAME
        told = (folder / "epochs").read_text().splitlines()
        assert [json.loads(line)["rank"] for line in told] == ["0"] * len(history(folder))


def test_accelerate_launches_them_too(alone, file, tmp_path):
    out = trained_together(ACCELERATE, file, [CASES["plain"]], tmp_path) / "0"
    assert_alike(out / "0.safetensors", out / "1.safetensors", 0)
    assert_alike(alone / "0" / "0.safetensors", out / "0.safetensors", SAME)


def test_a_run_of_several_processes_goes_on_alone(alone, together, file, tmp_path):
    """A state knows nothing of who wrote it."""
    settings = [CASES["plain"]]
    state = tmp_path / "0" / "state.safetensors"
    state.parent.mkdir()
    state.write_bytes((together / "0" / "state.safetensors").read_bytes())
    trained_alone(file, settings, tmp_path)
    assert_alike(together / "0" / "0.safetensors", tmp_path / "0" / "0.safetensors", 0)
