"""What a run tells while it goes on: its status, an epoch a line, pictures of the attention."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from cabcnn import files
from cabcnn.errors import CabcnnError
from cabcnn.model import CabCnn
from cabcnn.runs.status import FILE, STOP, State, Status, now, this_process, to_json

EPOCHS = "epochs.jsonl"
ATTENTION = "attention"
LEAST_PAUSE = 0.25  # seconds between two tellings of how many clips are done


class Event(NamedTuple):
    """Told after every change: where the run stands, and the epoch that has just ended."""

    status: Status
    epoch: dict[str, Any] | None = None


class Journal:
    """Writes the files in a run's folder that others read while it goes on."""

    def __init__(self, folder: Path, on_event: Callable[[Event], None]) -> None:
        self.folder, self.on_event = folder, on_event
        self.status = Status(started=now(), **this_process())  # type: ignore[arg-type]
        self.told = 0.0

    def tell(self, state: State, message: str = "", **changes: Any) -> None:
        """Raises CabcnnError where the disk does not take it."""
        self.status = replace(self.status, state=state, message=message, updated=now(), **changes)
        files.write(self.folder / FILE, to_json(self.status))
        self.told = time.monotonic()
        self.on_event(Event(self.status))

    def count(self, done: int, total: int) -> None:
        """How many clips are prepared, or scored, told now and then."""
        if done == total or time.monotonic() - self.told >= LEAST_PAUSE:
            self.tell(self.status.state, self.status.message, done=done, total=total)

    def epoch(self, rows: Sequence[dict[str, Any]], part: str) -> None:
        """All epochs of a part so far; the last has just ended."""
        self.write_epochs(rows, part)
        self.tell("training", self.status.message, done=len(rows))
        self.on_event(Event(self.status, {**rows[-1], "part": part}))

    def epochs_of(self, part: str) -> int:
        """How many epochs of a part are known from before."""
        return sum(_part(line) == part for line in self._lines())

    def write_epochs(self, rows: Sequence[dict[str, Any]], part: str) -> None:
        """Makes the lines of a part those rows: what a killed run wrote may be one short."""
        path = self.folder / EPOCHS
        lines = [json.dumps({**row, "part": part}) for row in rows]
        there = self._lines()
        others = [line for line in there if _part(line) not in (part, None)]
        if there == others + lines[:-1] and lines:
            try:
                with path.open("a") as file:
                    file.write(lines[-1] + "\n")
            except OSError as error:
                raise files.write_error(path, error) from error
        elif there != others + lines:
            files.write(path, "".join(line + "\n" for line in others + lines))

    def _lines(self) -> list[str]:
        path = self.folder / EPOCHS
        return path.read_text().splitlines() if path.exists() else []

    def end(self, state: State, message: str) -> None:
        """The last word of a run that fails; a disk that is full may not take it. One that has
        come to its end can't fail any more, even if it is ended before it could leave."""
        if self.status.state in ("finished", "stopped"):
            return
        with contextlib.suppress(CabcnnError):
            self.tell(state, message)

    def asked_to_stop(self) -> bool:
        return (self.folder / STOP).exists()


class AttentionRecorder:
    """The clip whose attention is kept after every epoch, so that one sees it organise itself."""

    def __init__(self, folder: Path, values: NDArray[np.float32], about: dict[str, Any]) -> None:
        self.folder, self.values = folder / ATTENTION, values
        files.make_folder(self.folder)
        files.write_json(self.folder / "clip.json", about)

    def draw(self, epoch: int, model: CabCnn) -> None:
        """Writes attention/NNNN.npy, uint8 (n, p): 0..255 for weights of 0..1."""
        model.eval()
        device = next(model.parameters()).device
        with torch.inference_mode():
            attention = model([torch.from_numpy(self.values).to(device)]).attention
        weights = np.nan_to_num(attention.float().cpu().numpy().T)  # of a run that diverges
        levels = (weights * 255).round().astype(np.uint8)
        with (
            files.atomic(self.folder / f"{epoch:04d}.npy") as part,
            part.open("wb") as file,
        ):
            np.save(file, levels)


def _part(line: str) -> str | None:
    """The part that a line is of, None where it was cut off."""
    try:
        return json.loads(line)["part"]
    except (ValueError, KeyError, TypeError):
        return None
