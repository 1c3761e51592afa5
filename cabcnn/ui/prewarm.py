"""Explains the examples before anybody asks for them.

Decoding an example takes as long as the network does. With this, the first click on one is as
quick as any later one, soon after the server has started.
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

LOWEST_PRIORITY = 19  # on Linux, where each thread has a priority of its own


@contextmanager
def prewarm(models: Models) -> Iterator[None]:
    """Explains each example by the model it is meant for, in a thread of the lowest priority (on
    Linux). Leaving the context stops it after the example it is working on: the program would
    crash if it ended while torch computes in a thread."""
    stop = threading.Event()

    def explain_all() -> None:
        if sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST_PRIORITY)
        for example in examples.load():
            if stop.is_set():
                return
            with suppress(CabcnnError):  # the visitor who chooses it is shown the error
                explore.explain_example(models, example)

    thread = threading.Thread(target=explain_all, name="examples", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
