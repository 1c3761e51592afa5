"""Memory of this process: how much it may use, and settings of malloc and the garbage collector."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

M_TRIM_THRESHOLD = -1  # parameter numbers from glibc's malloc.h
M_MMAP_THRESHOLD = -3


def keep_freed_memory(limit: int = 1 << 30) -> bool:
    """Tells glibc to keep freed blocks of up to `limit` bytes for reuse.

    Blocks returned to the system are faulted in again page by page for the next layer: a training
    step of 128 clips of 10 s would spend nearly half its time on that. The setting is for the
    whole process, so programs call it (the app, the command line, training), never the library.

    Returns whether the C library accepted it; only glibc knows these settings.
    """
    try:
        libc = ctypes.CDLL("libc.so.6")
    except OSError:
        return False
    return bool(libc.mallopt(M_MMAP_THRESHOLD, limit) and libc.mallopt(M_TRIM_THRESHOLD, limit))


@contextmanager
def gc_frozen() -> Iterator[None]:
    """Exempts all objects that exist now from garbage collection, inside the context.

    A full collection has to visit everything that gradio and torch made on import, which stops a
    server for a quarter of a second, again and again.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def limit_bytes(root: Path = Path("/")) -> int:
    """How much memory this process may use: the machine's, or less if its container has less.

    `root` is the root of the file system that /proc and /sys are in.
    """
    import psutil

    return min([psutil.virtual_memory().total, *_cgroup_limits(root)])


def _cgroup_limits(root: Path) -> list[int]:
    """Limits of this process's control groups and their parents, version 1 or 2. Where there is no
    limit, the file says "max", or a number larger than any machine's memory."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return []
    mount = root / "sys/fs/cgroup"
    limits = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            top, name = mount, "memory.max"
        elif "memory" in controllers.split(","):
            top, name = mount / "memory", "memory.limit_in_bytes"
        else:
            continue
        # Inside a container its own group is mounted at the top, whatever the path says.
        group = top / path.lstrip("/")
        for folder in (group, *group.parents):
            if folder.is_relative_to(top) and (text := _read(folder / name)).isdecimal():
                limits.append(int(text))
    return limits


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
