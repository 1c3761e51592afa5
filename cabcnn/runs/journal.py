"""What a run reports while it goes on: its status, a line for each epoch, the attention."""

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
LEAST_PAUSE = 0.25  # seconds between two reports of how many clips are done


class Event(NamedTuple):
    """Sent after every change: the status, and the row of an epoch that has just ended."""

    status: Status
    epoch: dict[str, Any] | None = None


class Journal:
    """Writes the files in a run's folder that others read while it goes on.

    epochs.jsonl has a line for each epoch of each part: the row of the history that
    `training.trainer.train` describes, and the name of the `part`.
    """

    def __init__(self, folder: Path, on_event: Callable[[Event], None]) -> None:
        self.folder, self.on_event = folder, on_event
        self.status = Status(started=now(), **this_process())  # type: ignore[arg-type]
        self.reported = 0.0

    def update(self, state: State, message: str = "", **changes: Any) -> None:
        """Changes the status. Raises CabcnnError if it can't be written."""
        self.status = replace(self.status, state=state, message=message, updated=now(), **changes)
        files.write(self.folder / FILE, to_json(self.status))
        self.reported = time.monotonic()
        self.on_event(Event(self.status))

    def count(self, done: int, total: int) -> None:
        """Reports how many clips are decoded or scored, not too often."""
        if done == total or time.monotonic() - self.reported >= LEAST_PAUSE:
            self.update(self.status.state, self.status.message, done=done, total=total)

    def epoch(self, rows: Sequence[dict[str, Any]], part: str) -> None:
        """Adds an epoch that has just ended; `rows` are all of that part so far."""
        self.write_epochs(rows, part)
        self.update("training", self.status.message, done=len(rows))
        self.on_event(Event(self.status, {**rows[-1], "part": part}))

    def epochs_of(self, part: str) -> int:
        """How many epochs of a part the file has."""
        return sum(_part(line) == part for line in self._lines())

    def write_epochs(self, rows: Sequence[dict[str, Any]], part: str) -> None:
        """Makes the lines of a part agree with its rows: a killed run may have written one less."""
        path = self.folder / EPOCHS
        lines = [json.dumps({**row, "part": part}) for row in rows]
        present = self._lines()
        others = [line for line in present if _part(line) not in (part, None)]
        if present == others + lines[:-1] and lines:
            try:
                with path.open("a") as file:
                    file.write(lines[-1] + "\n")
            except OSError as error:
                raise files.write_error(path, error) from error
        elif present != others + lines:
            files.write(path, "".join(line + "\n" for line in others + lines))

    def _lines(self) -> list[str]:
        path = self.folder / EPOCHS
        return path.read_text(errors="replace").splitlines() if path.exists() else []

    def end(self, state: State, message: str) -> None:
        """Writes the last status of a run that fails, if the disk is not full. A run that has
        finished can't fail any more, even if the process is ended before it exits."""
        if self.status.state in ("finished", "stopped"):
            return
        with contextlib.suppress(CabcnnError):
            self.update(state, message)

    def asked_to_stop(self) -> bool:
        return (self.folder / STOP).exists()


class AttentionRecorder:
    """Keeps the attention in one clip after every epoch, to show how it develops.

    `values` (L,) are the clip's front-end values, `about` what clip.json says of it.
    """

    def __init__(self, folder: Path, values: NDArray[np.float32], about: dict[str, Any]) -> None:
        self.folder, self.values = folder / ATTENTION, values
        files.make_folder(self.folder)
        files.write_json(self.folder / "clip.json", about)

    def record(self, epoch: int, model: CabCnn) -> None:
        """Writes attention/NNNN.npy, uint8 (n, p): 0..255 for weights of 0..1."""
        model.eval()
        device = next(model.parameters()).device
        with torch.inference_mode():
            attention = model([torch.from_numpy(self.values).to(device)]).attention
        weights = np.nan_to_num(attention.float().cpu().numpy().T)  # NaN in a run that diverges
        levels = (weights * 255).round().astype(np.uint8)
        with (
            files.atomic(self.folder / f"{epoch:04d}.npy") as part,
            part.open("wb") as file,
        ):
            np.save(file, levels)


def _part(line: str) -> str | None:
    """The part that a line belongs to, None if the line is incomplete."""
    try:
        return json.loads(line)["part"]
    except (ValueError, KeyError, TypeError):
        return None
