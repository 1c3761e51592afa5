"""The page as a program: started from the command line, ended from outside."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
import torch

from cabcnn.errors import CabcnnError
from cabcnn.ui import page
from cabcnn.ui.sounds import PREFIX

ROOT = Path(__file__).parents[2]


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_a_stopped_service_leaves_no_files(port, tmp_path):
    arguments = [sys.executable, "-m", "cabcnn", "app", "--port", str(port)]
    environment = {**os.environ, "GRADIO_TEMP_DIR": str(tmp_path)}
    with subprocess.Popen(
        arguments, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as program:
        deadline = time.monotonic() + 120
        while not answers(port):
            assert program.poll() is None, program.communicate()[0].decode()
            assert time.monotonic() < deadline
            time.sleep(0.2)
        (folder,) = tmp_path.glob(f"{PREFIX}*")
        (folder / "voice.wav").write_bytes(b"somebody's")
        program.send_signal(signal.SIGTERM)
        assert program.wait(30) == 0
    assert list(tmp_path.glob(f"{PREFIX}*")) == []


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
            monkeypatch.setattr(page, "cpus", lambda cores=cores: cores)
            page._share_cores()
            assert torch.get_num_threads() == threads
        monkeypatch.setenv("OMP_NUM_THREADS", "2")  # the host's word
        monkeypatch.setattr(page, "cpus", lambda: 1)
        page._share_cores()
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
