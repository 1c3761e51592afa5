"""Which device torch runs on."""

from __future__ import annotations

import contextlib
import platform
from pathlib import Path

import torch

from cabcnn.errors import CabcnnError


def resolve(name: str) -> str:
    """A device's name as torch takes it; "auto" becomes "cuda" if torch can use a GPU, else "cpu".

    Raises CabcnnError for a name that is no CPU or GPU, or a GPU that this machine lacks.
    """
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is None or device.type not in ("cpu", "cuda"):
        raise CabcnnError(f"{name!r} is not a device; choose auto, cpu or cuda.")
    if device.type == "cuda":
        if not torch.cuda.is_available():
            raise CabcnnError("torch can't use a GPU on this machine; choose auto or cpu.")
        count = torch.cuda.device_count()
        if (device.index or 0) >= count:
            raise CabcnnError(
                f"There is no {name} on this machine; its last GPU is cuda:{count - 1}."
            )
    return name


def description(device: str, processes: int = 1) -> str:
    """The GPU of a device, or the processor and its number of threads; for several processes with
    one each, their number before it."""
    several = f"{processes} x " if processes > 1 else ""
    if device.startswith("cuda"):
        return several + torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    return f"{several}{_processor()}, {threads} thread{'' if threads == 1 else 's'}"


def _processor() -> str:
    with contextlib.suppress(OSError):  # on Linux, `platform` does not know the model
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine() or "CPU"
