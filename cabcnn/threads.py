"""Work done ahead in threads: decoders and numpy let other threads run, so that processes would
gain nothing."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Got = TypeVar("Got")


def cpu_count() -> int:
    """The processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def ordered_map(
    work: Callable[[Given], Got], items: Iterable[Given], threads: int, waiting: int
) -> Generator[Got]:
    """`work` on each item in so many threads, the results in the items' order; no more than
    `waiting` of them are begun before they are asked for."""
    begun: deque[Future[Got]] = deque()
    pool = ThreadPoolExecutor(threads, "ahead")
    try:
        for item in items:
            begun.append(pool.submit(work, item))
            if len(begun) > waiting:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
