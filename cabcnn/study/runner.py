"""Runs a grid in any number of processes, on any devices.

Each process takes the next model that is neither finished nor being trained. So the same command
can be started several times: by `torchrun` or `accelerate launch`, on one machine or several that
share the folder, or by hand. If killed, it goes on when it is started again.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from cabcnn import devices, files
from cabcnn.errors import CabcnnError
from cabcnn.runs.lock import BusyError, claimed
from cabcnn.study import cell as cells
from cabcnn.study.cell import Log, SplitCorpus
from cabcnn.study.grid import Grid, write_or_check
from cabcnn.study.prepared import PreparedCorpus

LAUNCHER_VARIABLES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")


def run(
    prepared: PreparedCorpus,
    grid: Grid,
    folder: Path,
    *,
    device: str = "auto",
    log: Log = lambda line: None,
) -> int:
    """Trains the models that a study still lacks; returns how many.

    Raises CabcnnError if the folder contains another study, the corpus can't be split, a training
    diverges or a result can't be written.
    """
    with _alone() as local_rank:
        chosen = devices.resolve(device)
        if chosen == "cuda":
            chosen = f"cuda:{local_rank % torch.cuda.device_count()}"
        files.make_folder(folder)
        split = cells.split_corpus(prepared, grid)
        _check_caps(grid, folder)
        write_or_check(grid, folder, facts(split))
        trained = 0
        for cell in grid.cells():
            path = cells.path_of(folder, cell)
            if path.exists():
                continue
            with contextlib.suppress(BusyError), claimed(folder / "locks" / cell.name):
                if not path.exists():  # another process may have finished it just now
                    log(f"{cell.name}: started")
                    cells.run_cell(cell, grid, split, folder, chosen, log)
                    trained += 1
        return trained


def facts(split: SplitCorpus) -> dict[str, Any]:
    """What a report needs to know about the corpus and its split.

    `corpus` is its name; `clips` and `voices` are the numbers of clips and speakers for training,
    validation and test (None if a speaker is unknown); `test_speakers` and `test_seconds` are the
    speaker of each test clip, "" if unknown, and its length.
    """
    prepared, parts = split.prepared, split.parts
    speakers = [set(prepared.speakers[part].tolist()) for part in parts]
    return {
        "corpus": prepared.corpus,
        "digest": prepared.digest,
        "layout": prepared.layout,
        "labels": list(prepared.label_names),
        "clips": [len(part) for part in parts],
        "voices": None if any("" in names for names in speakers) else [*map(len, speakers)],
        "test_speakers": prepared.speakers[parts.test].tolist(),
        "test_seconds": (prepared.lengths[parts.test] / prepared.rate).round(2).tolist(),
    }


def _check_caps(grid: Grid, folder: Path) -> None:
    """Raises CabcnnError if a network has been trained with another limit of epochs."""
    for path in sorted((folder / "cells").glob("*.json")):
        row = cells.read(path)
        if row["model"] in grid.models and row["max_epochs"] != grid.max_epochs:
            raise CabcnnError(
                f"{folder} contains {row['model']} trained for {row['max_epochs']} epochs at most, "
                f"not {grid.max_epochs}; use the same number, or another folder."
            )


@contextlib.contextmanager
def _alone() -> Iterator[int]:
    """Hides from the trainer that several processes were started together: each trains models of
    its own. Returns the process's local rank."""
    saved = {name: os.environ.pop(name) for name in LAUNCHER_VARIABLES if name in os.environ}
    try:
        yield int(saved.get("LOCAL_RANK", "0"))
    finally:
        os.environ.update(saved)


def missing(grid: Grid, folder: Path) -> int:
    """The number of models that a study still lacks."""
    return sum(not cells.path_of(folder, cell).exists() for cell in grid.cells())
