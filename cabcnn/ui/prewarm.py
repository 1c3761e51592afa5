"""The examples are explained before anybody asks for them.

Decoding one takes as long as the network does. So soon after a start the first click on one, by
the model and T that it comes with, is as quick as any later one.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from cabcnn.errors import CabcnnError
from cabcnn.ui import examples, explore
from cabcnn.ui.models import Models

LOWEST = 19  # of Linux's priorities, which there are a thread's own


@contextmanager
def prewarm(models: Models) -> Iterator[None]:
    """Explains each example by the model that it suits, in a thread that gives way to all else
    (on Linux). Leaving the context waits for the example it is at and ends it: a program that
    ended while torch computes in a thread would crash."""
    enough = threading.Event()

    def explain_all() -> None:
        if sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST)
        for example in examples.load():
            if enough.is_set():
                return
            with suppress(CabcnnError):  # said to whoever asks for it
                explore.explain_example(models, example)

    thread = threading.Thread(target=explain_all, name="examples", daemon=True)
    thread.start()
    try:
        yield
    finally:
        enough.set()
        thread.join()
