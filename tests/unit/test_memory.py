"""How much memory a process may take, from files as Linux writes them, and what is collected."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import psutil
import pytest

from cabcnn import memory

GIB = 1 << 30


def system(root: Path, cgroup: str, limits: dict[str, str]) -> Path:
    for name, text in {"proc/self/cgroup": cgroup, **limits}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    return root


@pytest.mark.parametrize(
    ("cgroup", "limits", "expected"),
    [
        ("0::/", {"sys/fs/cgroup/memory.max": str(GIB)}, GIB),
        ("0::/", {"sys/fs/cgroup/memory.max": "max"}, None),
        (  # a service below a slice, which has less
            "0::/a.slice/b.service",
            {
                "sys/fs/cgroup/a.slice/memory.max": str(GIB // 2),
                "sys/fs/cgroup/a.slice/b.service/memory.max": str(GIB),
            },
            GIB // 2,
        ),
        (  # version 1, in a container that sees its own group at the top
            "12:cpu,cpuacct:/docker/3f\n4:memory:/docker/3f\n0::/docker/3f",
            {"sys/fs/cgroup/memory/memory.limit_in_bytes": str(GIB)},
            GIB,
        ),
        (
            "4:memory:/",
            {"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712"},
            None,
        ),
        ("4:cpu:/", {"sys/fs/cgroup/memory/memory.limit_in_bytes": "1"}, None),
    ],
)
def test_a_container_has_less_than_its_machine(tmp_path, cgroup, limits, expected):
    machine = psutil.virtual_memory().total
    assert memory.limit_bytes(system(tmp_path, cgroup, limits)) == min(expected or machine, machine)


def test_a_system_without_control_groups(tmp_path):
    assert memory.limit_bytes(tmp_path) == psutil.virtual_memory().total
    assert 0 < memory.limit_bytes() <= psutil.virtual_memory().total


def test_the_collector_spares_what_is_here_for_a_while_and_not_for_ever():
    class Loop:
        def __init__(self) -> None:
            self.itself = self

    before, frozen = Loop(), gc.get_freeze_count()
    old = weakref.ref(before)
    with memory.gc_frozen():
        del before
        new = weakref.ref(Loop())
        gc.collect()
        assert old() is not None
        assert new() is None
        assert gc.get_freeze_count() > frozen
    gc.collect()
    assert old() is None
