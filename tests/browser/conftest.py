"""The real page: `python app.py` in a process of its own, opened in Chromium.

One server and one browser for each of pytest's processes; each test has a page of its own. Its
microphone is fed from a WAV file. A test fails where its page reports an error on its console or
asks anything of another machine, and where the server logs a traceback or answers with an error
that has no words.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
import soundfile
import soxr
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, Request, sync_playwright

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
SECONDS = 180_000  # to wait for anything, in milliseconds: other programs may be busy as well
START_SECONDS = 600  # that the server may take to start on a machine that does much else
NOTHING = "gradio_api/app_id"  # an address of the server that is no page
NO_WORDS = re.compile(r'"error":\s*null')  # what Gradio answers where a handler has a bug

Kind = tuple[tuple[str, Any], ...]
Watches = dict[str, Callable[[Any], None]]


@pytest.fixture(scope="session")
def spoken(babble, tmp_path_factory) -> Path:
    """What the microphone hears: half as loud as a file can be, so that a changed level shows."""
    path = tmp_path_factory.mktemp("microphone") / "spoken.wav"
    samples = babble(20, 48_000)
    soundfile.write(path, 0.5 * samples / np.abs(samples).max(), 48_000)
    return path


@pytest.fixture(scope="session")
def likeness_to_spoken(spoken) -> Callable[[np.ndarray, int], tuple[float, float]]:
    """How alike a recording (k,) is to what the microphone hears over and over, and how much
    louder: for the quarter of a second that is most alike, since a busy machine leaves gaps."""
    given, its_rate = soundfile.read(spoken)

    def best_fit(part: np.ndarray, there: np.ndarray) -> tuple[float, float]:
        spectrum = np.fft.rfft(there) * np.fft.rfft(part, len(there)).conj()
        shift = int(np.fft.irfft(spectrum, len(there)).argmax())
        there = np.resize(np.roll(there, -shift), len(part))
        product = there @ part
        return float(product / np.sqrt((there @ there) * (part @ part))), float(
            product / (there @ there)
        )

    def compare(heard: np.ndarray, rate: int) -> tuple[float, float]:
        there = soxr.resample(given, its_rate, rate)
        size = rate // 4
        parts = [heard[at : at + size] for at in range(0, len(heard) - size, size // 2)]
        return max(best_fit(part, there) for part in parts if part.any())

    return compare


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
def log(files) -> Path:
    """What the server writes to its terminal."""
    return files / "log.txt"


@pytest.fixture(autouse=True)
def _no_traceback(log) -> Iterator[None]:
    """What goes wrong in a handler is a word on the page at most; the server's log tells all."""
    known = log.stat().st_size if log.exists() else 0
    yield
    if log.exists():
        told = log.read_bytes()[known:].decode()
        assert "Traceback" not in told, told


@pytest.fixture(scope="session")
def address(browser, files, log, served_home) -> Iterator[str]:
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
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    url = f"http://127.0.0.1:{port}/"
    try:
        deadline = time.monotonic() + START_SECONDS
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


class Pages:
    """The browser's pages, lent to one test after another: to show the program anew on a page
    that has shown it before takes a third of what another page takes. Nothing is left of a test
    before: no setting, no storage, no listener."""

    def __init__(self, browser, address: str) -> None:
        self._browser, self._address = browser, address
        self._free: dict[Kind, list[Page]] = defaultdict(list)
        self._lent: dict[Page, tuple[Kind, Watches]] = {}

    def lend(
        self,
        watches: Watches,
        width: int = 1280,
        height: int = 900,
        link: str = "",
        color_scheme: str = "light",
        reduced_motion: str = "no-preference",
        **options,
    ) -> Page:
        """Opens the program; `options` are those that a page can't change later."""
        kind = tuple(sorted(options.items()))
        free = self._free[kind]
        page: Any = free.pop() if free else self._browser.new_context(**options).new_page()
        self._lent[page] = kind, watches
        page.set_default_timeout(SECONDS)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=color_scheme, reduced_motion=reduced_motion)
        for event, watch in watches.items():
            page.on(event, watch)
        page.goto(self._address + link)
        page.wait_for_selector("#examples .gallery-item")
        if not link:
            page.wait_for_selector(".cav[data-state=ready]")  # with an example
        return page

    def take_back(self, page: Page) -> None:
        kind, watches = self._lent.pop(page)
        for event, watch in watches.items():
            page.remove_listener(event, watch)
        try:
            page.context.set_offline(False)
            page.unroute_all()
            page.goto(self._address + NOTHING)
            page.evaluate("() => [localStorage, sessionStorage].forEach((one) => one.clear())")
            page.context.clear_cookies()
        except PlaywrightError:  # the test has closed it, or broken it
            page.context.close()
        else:
            self._free[kind].append(page)


@pytest.fixture(scope="session")
def pages(browser, address) -> Pages:
    return Pages(browser, address)


@pytest.fixture
def open_page(pages, address) -> Iterator[Callable[..., Page]]:
    """Opens the page; when the test is over, nothing may have gone wrong on it."""
    with _opener(pages, address) as open_:
        yield open_


@pytest.fixture(scope="module")
def module_page(pages, address) -> Iterator[Page]:
    """A page for tests that show a clip of their own on it: to open one takes seconds."""
    with _opener(pages, address) as open_:
        yield open_()


@pytest.fixture
def troubled_page(pages) -> Iterator[Page]:
    """A page that may report errors: what is tested on it are some."""
    page = pages.lend({})
    yield page
    pages.take_back(page)


@contextmanager
def _opener(pages: Pages, address: str) -> Iterator[Callable[..., Page]]:
    opened: list[Page] = []
    troubles: list[str] = []
    asked: list[str] = []
    answered: list[Request] = []
    home = urlsplit(address).netloc

    def watch_request(request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.netloc != home:
            asked.append(request.url)

    def watch_answer(request) -> None:
        if "/queue/data" in request.url:
            answered.append(request)

    def watch_console(message) -> None:
        if message.type == "error":
            troubles.append(f"{message.text} ({message.location})")

    watches: Watches = {
        "request": watch_request,
        "requestfinished": watch_answer,
        "console": watch_console,
        "pageerror": lambda error: troubles.append(str(error)),
    }

    def open_(*arguments, **options) -> Page:
        opened.append(pages.lend(watches, *arguments, **options))
        return opened[-1]

    yield open_
    wordless = [body for request in answered if NO_WORDS.search(body := _body(request))]
    for page in opened:
        pages.take_back(page)
    assert wordless == [], "the server answered with an error that has no words"
    assert asked == [], "the page asked another machine"
    assert troubles == [], "the page reported errors"


def _body(request: Request) -> str:
    try:
        response = request.response()
        return "" if response is None else response.text()
    except PlaywrightError:  # the browser has let go of it: of a page that is closed or left
        return ""


@pytest.fixture(scope="session")
def show_clip() -> Callable[..., None]:
    """Uploads a clip to a page and waits until the view has drawn it. Of the clip before, which
    must have had another name, only the order of the rows, their folding and colours are left."""

    def show(page: Page, path: Path, intervals: int) -> None:
        page.mouse.move(0, 0)
        drawn = int(page.get_attribute(".cav", "data-painted") or 0)
        page.set_input_files("#upload input[type=file]", path)
        page.wait_for_function(
            """([name, intervals, drawn]) => {
                const view = document.querySelector(".cav");
                return view.dataset.state === "ready" && Number(view.dataset.p) === intervals
                    && Number(view.dataset.painted) > drawn
                    && view.querySelector(".cav-clip").innerText.includes(name);
            }""",
            arg=[path.name, intervals, drawn],
        )

    return show


@pytest.fixture
def voice_file(babble, tmp_path) -> Callable[..., Path]:
    """Writes a file of something like speech."""

    def write(name: str = "voice.wav", seconds: float = 6.0, rate: int = 16_000) -> Path:
        path = tmp_path / name
        soundfile.write(path, babble(seconds, rate), rate)
        return path

    return write
