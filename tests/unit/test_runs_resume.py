"""`cabcnn train` as a program of its own, killed at any moment and started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import cabcnn
from cabcnn import checkpoint
from cabcnn.errors import CabcnnError
from cabcnn.runs import status as statuses
from cabcnn.runs.plan import Plan
from cabcnn.runs.run import carry_out

pytestmark = [
    pytest.mark.usefixtures("one_thread"),
    pytest.mark.skipif(os.name == "nt", reason="Windows knows no SIGKILL"),
]
PATIENCE = 600.0  # seconds until a program that says nothing counts as hanging


@pytest.fixture(scope="module")
def plan(write_corpus, speaker_pattern, tmp_path_factory) -> Plan:
    corpus = write_corpus(tmp_path_factory.mktemp("corpus") / "tones", clips=4, seconds=0.4)
    recipe = {"batch_size": 4, "learning_rate": 1e-3, "max_epochs": 5, "spread": 0.01,
              "noise": 0.05, "crop_seconds": 0.3, "recalibrate": True}  # fmt: skip
    return Plan(
        str(corpus),
        "tones",
        options={"speaker_pattern": speaker_pattern},
        seconds=1.0,
        recipe=recipe,
    )


@pytest.fixture(scope="module")
def uninterrupted(plan, one_thread, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    carry_out(plan, folder / "run", cache=folder / "cache")
    return folder / "run"


class Program:
    """`cabcnn train` on a plan's folder."""

    def __init__(self, folder: Path, *launcher: str) -> None:
        self.folder = folder
        arguments = [*(launcher or (sys.executable,)), "-m", "cabcnn", "train"]
        arguments += ["--plan", str(folder / "plan.json"), "--cache", str(folder.parent / "cache")]
        self.process = subprocess.Popen(
            arguments,
            cwd=Path(cabcnn.__file__).parents[1],
            env={**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_until(self, seen) -> None:
        """Waits until `seen()`; fails where the program ends before."""
        end = time.monotonic() + PATIENCE
        while not seen():
            assert self.process.poll() is None, self.process.communicate()[0]
            assert time.monotonic() < end, "nothing happens"
            time.sleep(0.002)

    def end_by(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        self.process.communicate(timeout=PATIENCE)
        return self.process.returncode

    def finish(self) -> str:
        said, _ = self.process.communicate(timeout=PATIENCE)
        assert self.process.returncode == 0, said
        return said

    def epochs(self) -> int:
        path = self.folder / "epochs.jsonl"
        return path.read_text().count("\n") if path.exists() else 0


def begun(folder: Path, plan: Plan) -> Path:
    folder.mkdir(parents=True)
    (folder / "plan.json").write_text(plan.to_json())
    return folder


def rows(folder: Path) -> list[dict]:
    found = [json.loads(line) for line in (folder / "epochs.jsonl").read_text().splitlines()]
    return [{name: row[name] for name in row if name != "seconds"} for row in found]


def assert_same(found: Path, expected: Path) -> None:
    (one, card), (other, expected_card) = (
        checkpoint.load(folder / "model.safetensors") for folder in (found, expected)
    )
    for name, value in other.state_dict().items():
        assert torch.equal(one.state_dict()[name], value), name
    assert card.measurements == expected_card.measurements
    assert rows(found) == rows(expected)


def state_of(folder: Path) -> str:
    status = statuses.read(folder)
    return "" if status is None else status.state


def test_killed_at_any_moment_it_ends_as_it_would_have(plan, uninterrupted, tmp_path):
    """Killed while it decodes, right after an epoch is saved, in the middle of one, and in the
    second split; asked to end in between. Nobody else may go on with it while it runs."""
    folder = begun(tmp_path / "run", plan)
    program = Program(folder)
    program.wait_until(lambda: (tmp_path / "cache").exists())
    assert program.end_by(signal.SIGKILL) == -signal.SIGKILL

    program = Program(folder)
    program.wait_until(lambda: program.epochs() >= 2)
    pid = program.process.pid
    with pytest.raises(CabcnnError, match=rf"going on .* already \(process {pid} "):
        carry_out(plan, folder, cache=tmp_path / "cache")
    assert state_of(folder) in statuses.GOING_ON, "it is not disturbed"
    assert program.end_by(signal.SIGKILL) == -signal.SIGKILL
    assert state_of(folder) == "interrupted"
    assert (folder / "lock").exists(), "nobody could tidy up"

    program = Program(folder)
    last = program.epochs()
    program.wait_until(lambda: program.epochs() > last)
    time.sleep(0.02)  # into the next epoch
    assert program.end_by(signal.SIGTERM) == 130
    assert state_of(folder) == "interrupted"
    assert not (folder / "lock").exists()

    program = Program(folder)
    program.wait_until(lambda: (folder / "state-paper.safetensors").exists())
    assert program.end_by(signal.SIGKILL) == -signal.SIGKILL
    assert not (folder / "model.safetensors").exists()
    (folder / "status.json.4194305.part").write_text("{")  # as if killed while writing it

    assert "model.safetensors: Of 10 clips" in Program(folder).finish()
    assert state_of(folder) == "finished"
    assert_same(folder, uninterrupted)
    assert sorted(path.name for path in folder.iterdir()) == [
        "attention", "clips.json", "corpus.json", "epochs.jsonl", "model.safetensors", "plan.json",
        "report", "state-paper.safetensors", "state-speaker-disjoint.safetensors", "status.json",
    ]  # fmt: skip


def test_two_processes_carry_out_one_run(plan, tmp_path):
    """As torchrun starts them: one leads, writes and reports, both compute."""
    plan = replace(plan, recipe={**plan.recipe, "max_epochs": 2, "batch_size": 16})
    folder = begun(tmp_path / "run", plan)
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    said = Program(folder, sys.executable, *torchrun).finish()
    assert said.count("model.safetensors: Of 10 clips") == 1
    assert state_of(folder) == "finished"
    _, card = checkpoint.load(folder / "model.safetensors")
    assert card.device.startswith("2 x ")
    for row in card.measurements:
        assert sum(map(sum, row.confusion)) == row.clips, "each clip is scored once"
    parts = ("speaker-disjoint", "paper")
    assert [(row["part"], row["epoch"]) for row in rows(folder)] == [
        (part, epoch) for part in parts for epoch in (1, 2)
    ]
    assert {path.name for path in (folder / "report").iterdir()} >= {"card.md", "curves.png"}
