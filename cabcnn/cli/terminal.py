"""Output to a terminal: lines beside a progress bar, the bar itself, counts in words."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def write_line(line: str, *, err: bool = False) -> None:
    """Writes to a stream that a progress bar may have replaced, which typer.echo would bypass."""
    (sys.stderr if err else sys.stdout).write(f"{line}\n")


@contextmanager
def progress_bar(description: str, total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on the error stream, if that is a terminal. Gives the function to call with
    the number of things done."""
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

    with Progress(
        *Progress.get_default_columns()[:2],
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    ) as bar:
        task = bar.add_task(description, total=total)
        yield lambda done: bar.update(task, completed=done)


def count(number: int, noun: str) -> str:
    """Such as "1 clip" or "1,200 clips"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
