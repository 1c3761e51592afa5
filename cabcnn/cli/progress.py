"""A training run on the terminal: live curves, or lines if the output is not a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType

    from cabcnn.runs.journal import Event
    from cabcnn.runs.status import Status

HEIGHT, LEAST_WIDTH = 8, 24
TRAINING, VALIDATION = "bright_black", "blue"
PANELS = (
    ("loss", "training_loss", "balanced_loss"),
    ("balanced accuracy", "training_recall", "unweighted_recall"),
)


@contextmanager
def show_progress() -> Iterator[Callable[[Event], None]]:
    """Shows the events of a run on the error stream. Gives the function to call with them."""
    if not sys.stderr.isatty():
        yield Lines().show
        return
    from rich.console import Console
    from rich.live import Live

    screen = Screen()
    with Live(console=Console(stderr=True), refresh_per_second=8, get_renderable=screen.render):
        yield screen.show


class Lines:
    """A line for each epoch and each change of the message."""

    def __init__(self) -> None:
        self.message = ""

    def show(self, event: Event) -> None:
        status = event.status
        if event.epoch is not None:
            numbers = " ".join(
                f"{name.replace('_', ' ')} {event.epoch[name]:.3f}"
                for _, *names in PANELS
                for name in names
                if name in event.epoch
            )
            self.write(f"{status.part} epoch {status.done}/{status.total}: {numbers}")
        elif status.message != self.message and status.going_on:
            self.write(status.message)
        self.message = status.message

    def write(self, line: str) -> None:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


class Screen:
    """The status, a progress bar, and the curves of the split that is being trained."""

    def __init__(self) -> None:
        self.status: Status | None = None
        self.rows: list[dict[str, Any]] = []
        self.started = time.monotonic()

    def show(self, event: Event) -> None:
        before, self.status = self.status, event.status
        if before is None or (before.state, before.part) != (event.status.state, event.status.part):
            self.started = time.monotonic()
            if event.status.state == "training":
                self.rows = []
        if event.epoch is not None:
            self.rows.append(event.epoch)

    def render(self) -> RenderableType:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table

        status = self.status
        if status is None:
            return ""
        head = Table.grid(padding=(0, 1))
        where = f"{status.part}: " if len(status.parts) > 1 else ""
        cells: list[RenderableType] = [f"{where}{status.message}"]
        if status.total and status.going_on:
            cells += [
                ProgressBar(status.total, status.done, width=30),
                f"{status.done:,}/{status.total:,}",
                self._time_left(status),
            ]
        head.add_row(*cells)
        return Group(head, _curves(self.rows)) if self.rows else head

    def _time_left(self, status: Status) -> str:
        done = len(self.rows) if status.state == "training" else status.done
        if not done:
            return ""
        left = (time.monotonic() - self.started) / done * (status.total - status.done)
        most = "at most " if status.state == "training" else ""
        return f"{most}{_clock(left)} left"


def _curves(rows: Sequence[dict[str, Any]]) -> RenderableType:
    from rich.console import Console, Group
    from rich.table import Table
    from rich.text import Text

    from cabcnn.cli import plot

    width = max((Console(stderr=True).width - 6) // len(PANELS), LEAST_WIDTH)
    grid = Table.grid(padding=(0, 3))
    cells = []
    for heading, training, validation in PANELS:
        curves: list[plot.Curve] = []
        last: list[str | tuple[str, str]] = [f"{heading}  "]
        for name, column, style in (
            ("training", training, TRAINING),
            ("validation", validation, VALIDATION),
        ):
            values = [row[column] for row in rows if column in row]
            if values:
                curves.append(plot.Curve(values, style))
                last.append((f"{name} {values[-1]:.3f}  ", style))
        top = max([1.0, *(max(curve.values) for curve in curves)])
        lines = plot.draw(curves, width, HEIGHT, 0, top)
        cells.append(Group(Text.assemble(*last), *lines))
    grid.add_row(*cells)
    return grid


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
