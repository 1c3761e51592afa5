"""The memory of this process: how much it may take, that what it freed is kept for what a
convolution stack on a CPU asks for next, and what the garbage collector need not look at."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

M_TRIM_THRESHOLD = -1  # the parameter numbers of glibc's malloc.h
M_MMAP_THRESHOLD = -3


def keep_freed_memory(limit: int = 1 << 30) -> bool:
    """Tells glibc to keep freed blocks of up to `limit` bytes instead of returning them.

    Returned blocks are faulted in again page by page at the next layer: a training step of
    128 clips of 10 s spends nearly half of its time there. Meant for programs (the app, the
    command line, training), not for libraries: it is a setting of the whole process.

    Returns whether the C library took it (only glibc knows these settings).
    """
    try:
        libc = ctypes.CDLL("libc.so.6")
    except OSError:
        return False
    return bool(libc.mallopt(M_MMAP_THRESHOLD, limit) and libc.mallopt(M_TRIM_THRESHOLD, limit))


@contextmanager
def gc_frozen() -> Iterator[None]:
    """Lets Python's garbage collector pass over everything that exists by now, for a while.

    Looking through all that gradio and torch made when they were loaded takes it a quarter of a
    second, again and again, in which nobody is answered. Meant for a program that serves.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def total(root: Path = Path("/")) -> int:
    """Bytes that this process may use: the machine's, or less where its container has less.

    `root` is where the system's files begin.
    """
    import psutil

    return min([psutil.virtual_memory().total, *_limits(root)])


def _limits(root: Path) -> list[int]:
    """What Linux's control groups allow this process and all those above it, of either version:
    no limit is the word "max", or a number beyond any machine's."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return []
    groups = root / "sys/fs/cgroup"
    found = []
    for line in lines:
        _, kinds, path = line.split(":", 2)
        if kinds == "":
            top, name = groups, "memory.max"
        elif "memory" in kinds.split(","):
            top, name = groups / "memory", "memory.limit_in_bytes"
        else:
            continue
        # A container sees its own group at the top, whatever the path says.
        own = top / path.lstrip("/")
        for place in (own, *own.parents):
            if place.is_relative_to(top) and (text := _text(place / name)).isdecimal():
                found.append(int(text))
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
