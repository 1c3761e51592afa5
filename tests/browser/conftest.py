"""The real page: `python app.py` in a process of its own, opened in Chromium.

One server and one browser for all tests; each test has a page of its own. Its microphone is
fed from a WAV file. A page that reports an error on its console, or asks anything of another
machine, fails the test that opened it.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
import soundfile
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
HOW_TO_INSTALL = (
    "Chromium is not installed, so the page was not tested; on Debian and Ubuntu "
    "`sudo apt install chromium` installs it, elsewhere `playwright install chromium`."
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]
SECONDS = 30_000  # to wait for anything, in milliseconds: other programs may be busy as well


@pytest.fixture(scope="session")
def spoken(babble, tmp_path_factory) -> Path:
    """What the microphone hears: half as loud as a file can be, so that a changed level shows."""
    path = tmp_path_factory.mktemp("microphone") / "spoken.wav"
    samples = babble(20, 48_000)
    soundfile.write(path, 0.5 * samples / np.abs(samples).max(), 48_000)
    return path


@pytest.fixture(scope="session")
def browser(spoken):
    with sync_playwright() as drivers:
        path = shutil.which("chromium") or drivers.chromium.executable_path
        if not Path(path).exists():
            missing = (
                pytest.fail if os.environ.get("CABCNN_REQUIRE_BROWSER") == "1" else pytest.skip
            )
            missing(HOW_TO_INSTALL)
        flags = [*FLAGS, f"--use-file-for-fake-audio-capture={spoken}"]
        opened = drivers.chromium.launch(executable_path=path, args=flags)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def files(tmp_path_factory) -> Path:
    """Where the served page may keep files."""
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="session")
def served_home(tmp_path_factory) -> Path:
    """Where the served page keeps models and runs."""
    return tmp_path_factory.mktemp("served-home")


@pytest.fixture(scope="session")
def address(browser, files, served_home) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "GRADIO_TEMP_DIR": str(files),
        "CABCNN_HOME": str(served_home),
        "CABCNN_CACHE": str(served_home / "cache"),
        "CABCNN_NICENESS": "0",  # a run that gave way would stand still where much else goes on
        "OMP_NUM_THREADS": "1",  # a training run beside the page, and a browser, on few cores
    }
    log = files / "log.txt"
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    url = f"http://127.0.0.1:{port}/"
    try:
        deadline = time.monotonic() + 120
        while not _answers(url):
            assert server.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        yield url
    finally:
        server.terminate()
        server.wait(60)


def _answers(url: str) -> bool:
    try:
        return urllib.request.urlopen(url, timeout=5).status == 200
    except OSError:
        return False


@pytest.fixture
def open_page(browser, address) -> Iterator[Callable]:
    """Opens the page; when the test is over, nothing may have gone wrong on it."""
    contexts, troubles, asked = [], [], []
    home = urlsplit(address).netloc

    def watch_request(request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.netloc != home:
            asked.append(request.url)

    def watch_console(message) -> None:
        if message.type == "error":
            troubles.append(f"{message.text} ({message.location})")

    def open_(width: int = 1280, height: int = 900, link: str = "", **options):
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(SECONDS)
        page.on("request", watch_request)
        page.on("console", watch_console)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(address + link)
        page.wait_for_selector("#examples .gallery-item")
        if not link:
            page.wait_for_selector(".cav[data-state=empty]")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert asked == [], "the page asked another machine"
    assert troubles == [], "the page reported errors"


@pytest.fixture
def voice_file(babble, tmp_path) -> Callable[..., Path]:
    """Writes a file of something like speech."""

    def write(name: str = "voice.wav", seconds: float = 6.0, rate: int = 16_000) -> Path:
        path = tmp_path / name
        soundfile.write(path, babble(seconds, rate), rate)
        return path

    return write
