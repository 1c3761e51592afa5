"""One run at a time in a folder, and whether a process still runs."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from cabcnn.errors import CabcnnError
from cabcnn.runs import lock
from cabcnn.runs import status as statuses
from cabcnn.runs.lock import claimed
from cabcnn.runs.status import Status, alive, this_process

HOLDS = """
import sys, time
from pathlib import Path
from cabcnn.runs.lock import claimed
with claimed(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the folder until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(tmp_path)],
        cwd=Path(statuses.__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def write_owner(folder: Path, **changes) -> None:
    (folder / "lock").mkdir()
    (folder / "lock" / "owner.json").write_text(json.dumps({**this_process(), **changes}))


def test_a_folder_has_one_holder(tmp_path, holder):
    with (
        pytest.raises(CabcnnError, match=rf"going on in .*\(process {holder.pid} on"),
        claimed(tmp_path),
    ):
        pass
    assert (tmp_path / "lock").exists()
    holder.communicate("\n")
    with claimed(tmp_path):
        assert [path.name for path in tmp_path.iterdir()] == ["lock"]
    assert not list(tmp_path.iterdir())


def test_the_lock_of_a_killed_process_holds_nobody_up(tmp_path, holder):
    holder.kill()
    holder.communicate()
    assert (tmp_path / "lock").exists()
    with claimed(tmp_path):
        assert json.loads((tmp_path / "lock" / "owner.json").read_text())["pid"] == os.getpid()
    assert not list(tmp_path.iterdir())


def test_a_process_of_the_same_number_is_another_one(tmp_path):
    write_owner(tmp_path, begun=1_000_000.0, ticks=1)
    with claimed(tmp_path):
        assert (tmp_path / "lock").exists()


def test_a_damaged_lock_holds_nobody_up(tmp_path):
    (tmp_path / "lock").mkdir()
    (tmp_path / "lock" / "owner.json").write_text("{")
    with claimed(tmp_path):
        assert (tmp_path / "lock").exists()


def test_another_machine_is_believed_while_there_are_signs_of_it(tmp_path):
    write_owner(tmp_path, pid=1, host="elsewhere")
    with (
        pytest.raises(CabcnnError, match=r"process 1 on elsewhere.*5 minutes"),
        claimed(tmp_path),
    ):
        pass
    long_ago = time.time() - statuses.SILENT_SECONDS - 1
    os.utime(tmp_path / statuses.OWNER, (long_ago, long_ago))
    with claimed(tmp_path):
        assert json.loads((tmp_path / statuses.OWNER).read_text())["pid"] == os.getpid()


def test_whoever_holds_a_folder_gives_signs_of_it(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "BEAT_SECONDS", 0.01)
    with claimed(tmp_path):
        os.utime(tmp_path / statuses.OWNER, (0, 0))
        end = time.monotonic() + 60
        while statuses.signs(tmp_path, statuses.OWNER) == 0 and time.monotonic() < end:
            time.sleep(0.01)
        assert time.time() - statuses.signs(tmp_path, statuses.OWNER) < statuses.SILENT_SECONDS


def test_of_many_that_find_a_stale_lock_one_gets_it(tmp_path):
    """Processes, all at once; each that holds it writes a line and looks for another's."""
    write_owner(tmp_path, begun=1_000_000.0, ticks=1)
    program = """
import os, sys, time
from pathlib import Path
from cabcnn.errors import CabcnnError
from cabcnn.runs.lock import claimed
folder = Path(sys.argv[1])
sys.stdin.readline()
try:
    with claimed(folder):
        os.close(os.open(folder / "inside", os.O_CREAT | os.O_EXCL))
        time.sleep(0.05)
        os.unlink(folder / "inside")
    print("held")
except CabcnnError:
    print("refused")
"""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)],
            cwd=Path(statuses.__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    said = [process.communicate("\n")[0].strip() for process in processes]
    assert set(said) <= {"held", "refused"}
    assert "held" in said
    assert all(process.returncode == 0 for process in processes)
    assert not (tmp_path / "lock").exists()


def test_threads_of_one_process_count_as_one_holder_each(tmp_path):
    refused = []

    def again() -> None:
        try:
            with claimed(tmp_path):
                pass
        except CabcnnError as error:
            refused.append(str(error))

    with claimed(tmp_path):
        thread = threading.Thread(target=again)
        thread.start()
        thread.join()
    assert len(refused) == 1
    assert not list(tmp_path.iterdir())


def test_alive_and_dead():
    assert alive(**this_process(), sign=0.0)  # type: ignore[arg-type]
    old = {name: this_process()[name] for name in ("pid", "begun", "host")}  # of version 0.1.0
    assert alive(**old, sign=0.0)  # type: ignore[arg-type]
    assert not alive(**{**old, "begun": 0.0}, sign=time.time())  # type: ignore[arg-type]
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    process.wait()
    begun = this_process()["begun"]
    assert not alive(process.pid, begun, platform.node(), time.time())  # type: ignore[arg-type]
    assert alive(1, 0.0, "elsewhere", time.time())
    assert not alive(1, 0.0, "elsewhere", time.time() - 2 * statuses.SILENT_SECONDS)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc")
def test_a_step_of_the_clock_kills_nobody(tmp_path):
    stepped = {**this_process(), "begun": this_process()["begun"] + 3_600}  # type: ignore[operator]
    assert alive(**stepped, sign=0.0)  # type: ignore[arg-type]
    for other in ({"ticks": 1}, {"boot": "another"}):
        assert not alive(**{**this_process(), **other}, sign=time.time())  # type: ignore[arg-type]
    (tmp_path / "lock").mkdir()
    (tmp_path / statuses.OWNER).write_text(json.dumps(stepped))
    with pytest.raises(CabcnnError, match="A run is going on"), claimed(tmp_path):
        pass


@pytest.mark.parametrize(
    "content", ["", "[]", '{"pid": "x", "begun": 1, "host": ""}', "[" * 100_000, "\x00\xff"]
)
def test_a_damaged_owner_holds_nobody_up(tmp_path, content):
    (tmp_path / "lock").mkdir()
    (tmp_path / statuses.OWNER).write_bytes(content.encode("latin-1"))
    with claimed(tmp_path):
        assert json.loads((tmp_path / statuses.OWNER).read_text())["pid"] == os.getpid()


def test_the_status_of_a_run_whose_process_died(tmp_path):
    status = Status("training", "Training", 3, 9, "paper", ("paper",), **this_process())  # type: ignore[arg-type]
    path = tmp_path / statuses.FILE
    path.write_text(statuses.to_json(status))
    assert statuses.read(tmp_path) == status
    path.write_text(statuses.to_json(Status("training", pid=status.pid, host=status.host)))
    found = statuses.read(tmp_path)
    assert found is not None
    assert found.state == "interrupted"
    assert "start it again" in found.message
    for end in ("finished", "stopped", "failed"):
        path.write_text(statuses.to_json(Status(end, "Said", pid=1)))
        found = statuses.read(tmp_path)
        assert found is not None
        assert (found.state, found.message) == (end, "Said")


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"state": "training", "parts": 3}'])
def test_no_status(tmp_path, content):
    assert statuses.read(tmp_path) is None
    (tmp_path / statuses.FILE).write_text(content)
    assert statuses.read(tmp_path) is None


def test_a_dead_run_that_another_process_goes_on_with_is_not_interrupted(tmp_path, monkeypatch):
    path = tmp_path / statuses.FILE
    dead = Status("training", done=3, **{**this_process(), "begun": 1.0, "ticks": 1})  # type: ignore[arg-type]
    path.write_text(statuses.to_json(dead))
    assert read_state(tmp_path) == "interrupted"

    def alive_then_replaced(*facts) -> bool:
        path.write_text(statuses.to_json(Status("preparing", **this_process())))  # type: ignore[arg-type]
        return alive(*facts)

    monkeypatch.setattr(statuses, "alive", alive_then_replaced)
    assert read_state(tmp_path) == "preparing"


def read_state(folder: Path) -> str | None:
    found = statuses.read(folder)
    return None if found is None else found.state
