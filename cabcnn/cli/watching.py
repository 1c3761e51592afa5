"""A training run as the terminal shows it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cabcnn.training.run import Event


@contextmanager
def watching() -> Iterator[Callable[[Event], None]]:
    """Takes a run's events for as long as it is open: a line on the error stream for each."""
    told = ""

    def on_event(event: Event) -> None:
        nonlocal told
        status = event.status
        if event.epoch is not None:
            numbers = " ".join(
                f"{name} {event.epoch[name]:.3f}"
                for name in ("training_loss", "loss", "unweighted_recall")
                if name in event.epoch
            )
            sys.stderr.write(f"{status.part} epoch {status.done}/{status.total}: {numbers}\n")
        elif status.message != told:
            sys.stderr.write(f"{status.message}\n")
        told = status.message
        sys.stderr.flush()

    yield on_event
