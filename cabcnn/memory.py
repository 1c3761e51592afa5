"""Keeps freed memory in the process, which a convolution stack on a CPU asks for again at once."""

from __future__ import annotations

import ctypes

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
