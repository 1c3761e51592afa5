"""The page as a program: started from the command line, ended from outside."""

from __future__ import annotations

import os
import runpy
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch

from cabcnn.errors import CabcnnError
from cabcnn.ui import page
from cabcnn.ui.sounds import PREFIX

ROOT = Path(__file__).parents[2]
PATIENCE = 600  # seconds to wait for anything: other programs may be busy as well


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def serve(port, tmp_path):
    """Starts the page as a program, and gives it once it answers."""

    @contextmanager
    def start(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
        environment = {
            **os.environ,
            "GRADIO_TEMP_DIR": str(tmp_path),
            "GRADIO_SERVER_PORT": str(port),
            "CABCNN_HOME": str(tmp_path / "home"),
            **environment,
        }
        with subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as program:
            try:
                deadline = time.monotonic() + PATIENCE
                while not answers(port):
                    assert program.poll() is None, program.communicate()[0].decode()
                    assert time.monotonic() < deadline
                    time.sleep(0.2)
                yield program
            finally:
                program.terminate()

    return start


def tabs(config: dict[str, Any]) -> list[str]:
    return [one["props"]["label"] for one in config["components"] if one["type"] == "tabitem"]


def test_the_demo_lets_in_those_with_a_password_only(serve, port, tmp_path):
    (tmp_path / "people").write_text("# the lab\nann:one\nbob:two\n")
    url = f"http://127.0.0.1:{port}"
    with (
        serve("app.py", CABCNN_AUTH=str(tmp_path / "people")),
        httpx.Client(base_url=url, timeout=PATIENCE) as bob,
    ):
        assert bob.get("/config").status_code == 401
        bob.post("/login", data={"username": "bob", "password": "one"})
        assert bob.get("/config").status_code == 401
        bob.post("/login", data={"username": "bob", "password": "two"})
        assert "Train" in tabs(bob.get("/config").json())


def test_a_host_may_switch_training_off_and_a_stopped_service_leaves_no_files(
    serve, port, tmp_path
):
    with serve("-m", "cabcnn", "app", "--port", str(port), "--no-training") as program:
        found = tabs(httpx.get(f"http://127.0.0.1:{port}/config", timeout=PATIENCE).json())
        assert "Explore" in found
        assert "Train" not in found
        (folder,) = (path for path in tmp_path.glob(f"{PREFIX}*") if path.is_dir())
        (folder / "voice.wav").write_bytes(b"somebody's")
        program.send_signal(signal.SIGTERM)
        assert program.wait(PATIENCE) == 0
    assert list(tmp_path.glob(f"{PREFIX}*")) == []


def test_the_demo_does_not_open_with_a_password_that_its_tools_would_not_ask_for(monkeypatch):
    monkeypatch.setenv("CABCNN_AUTH", "ann:secret")
    monkeypatch.setenv("CABCNN_MCP", "1")
    with pytest.raises(SystemExit, match="MCP tools"):
        runpy.run_path(str(ROOT / "app.py"), run_name="__main__")


def test_a_port_that_is_taken_is_a_sentence(demo, port):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        with pytest.raises(CabcnnError, match=f"Port {port} is taken"):
            page.launch(demo, port=port, prevent_thread_lock=True, quiet=True)


def answers(port: int) -> bool:
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).status == 200
    except OSError:
        return False


def test_an_explanation_leaves_cores_to_others(monkeypatch):
    before = torch.get_num_threads()
    try:
        monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
        for cores, threads in ((1, 1), (2, 1), (4, 2), (64, 2)):
            torch.set_num_threads(2)
            monkeypatch.setattr(page, "cpu_count", lambda cores=cores: cores)
            page._leave_cores_free()
            assert torch.get_num_threads() == threads
        monkeypatch.setenv("OMP_NUM_THREADS", "2")  # the host's word
        monkeypatch.setattr(page, "cpu_count", lambda: 1)
        page._leave_cores_free()
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
