"""Carrying out a grid, by as many processes as there are, on whatever devices they have.

Each process takes the next model that nobody has and nobody is at, so the same command may be
started several times, by `torchrun` or `accelerate launch` on one machine or many that share the
folder, or by hand; killed at any moment, it goes on when it is started again.
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
from cabcnn.study.cell import Material, Tell
from cabcnn.study.grid import Grid, keep
from cabcnn.study.waves import Waves

STARTED_TOGETHER = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")


def run(
    waves: Waves, grid: Grid, folder: Path, *, device: str = "auto", tell: Tell = lambda line: None
) -> int:
    """Trains what a study lacks; returns how many models that were.

    Raises CabcnnError where the folder holds another study, the corpus does not allow the split,
    a training diverges or the disk is full.
    """
    with _alone() as place:
        chosen = devices.resolve(device)
        if chosen == "cuda":
            chosen = f"cuda:{place % torch.cuda.device_count()}"
        files.make_folder(folder)
        given = cells.material(waves, grid)
        _check_caps(grid, folder)
        keep(grid, folder, facts(given))
        trained = 0
        for cell in grid.cells():
            path = cells.path_of(folder, cell)
            if path.exists():
                continue
            with contextlib.suppress(BusyError), claimed(folder / "locks" / cell.name):
                if not path.exists():  # another process may have ended it just now
                    tell(f"{cell.name}: begins")
                    cells.carry_out(cell, grid, given, folder, chosen, tell)
                    trained += 1
        return trained


def facts(given: Material) -> dict[str, Any]:
    """What a report has to know of the corpus and its split.

    `corpus`, its name, its `digest`, `layout` and `labels`; `clips` and `voices`, how many learn,
    validate and test (no voices where nobody knows the speakers); of each test clip its speaker
    in `test_speakers`, "" for one nobody knows, and its length in `test_seconds`.
    """
    waves, parts = given.waves, given.parts
    speakers = [set(waves.speakers[part].tolist()) for part in parts]
    return {
        "corpus": waves.corpus,
        "digest": waves.digest,
        "layout": waves.layout,
        "labels": list(waves.label_names),
        "clips": [len(part) for part in parts],
        "voices": None if any("" in names for names in speakers) else [*map(len, speakers)],
        "test_speakers": waves.speakers[parts.test].tolist(),
        "test_seconds": (waves.lengths[parts.test] / waves.rate).round(2).tolist(),
    }


def _check_caps(grid: Grid, folder: Path) -> None:
    """Raises CabcnnError where a network has been trained with another cap of epochs."""
    for path in sorted((folder / "cells").glob("*.json")):
        row = cells.read(path)
        if row["model"] in grid.models and row["max_epochs"] != grid.max_epochs:
            raise CabcnnError(
                f"{folder} holds {row['model']} trained for {row['max_epochs']} epochs at most, "
                f"not {grid.max_epochs}; take the same number, or another folder."
            )


@contextlib.contextmanager
def _alone() -> Iterator[int]:
    """Has each of several processes train models of its own: the trainer would have them train
    one together. Gives the process's number on its machine."""
    kept = {name: os.environ.pop(name) for name in STARTED_TOGETHER if name in os.environ}
    try:
        yield int(kept.get("LOCAL_RANK", "0"))
    finally:
        os.environ.update(kept)


def missing(grid: Grid, folder: Path) -> int:
    """How many models a study still lacks."""
    return sum(not cells.path_of(folder, cell).exists() for cell in grid.cells())
