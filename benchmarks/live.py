"""The Live tab under load: many simultaneous speakers, and the latency of the picture for one.

    python benchmarks/live.py
    python benchmarks/live.py --users 1 8 32 48 --seconds 20 --no-browser

Starts the page in a separate process. Simulated users send sound as the page's view does: each
piece holds everything spoken since the one before. At the end, the samples that the server holds
are compared with those sent. The users run on the same cores as the server, so its processor time
per answer is reported too. "late" is the longest that a piece was delayed because the one before
was not answered yet. Then Chromium, if it is installed, opens the page with a file as its
microphone, and the view reports the time from sound to picture, the median of its last forty
frames, once a second.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import aiohttp
import httpx
import numpy as np
import psutil
import soundfile

sys.path.insert(0, str(Path(__file__).parent.parent))  # run from a checkout, nothing installed

from benchmarks.explain import voice_like
from cabcnn import audio
from cabcnn.ui.live.route import PATH

ROOT = Path(__file__).parent.parent
RATE = 48_000
MOST_SECONDS = 4  # in one piece
JSON = {"content-type": "application/json"}
START_SECONDS = 180  # that the server may take to start


@dataclass
class User:
    """A simulated speaker: what was sent and received, and when."""

    key: str = field(default_factory=lambda: secrets.token_hex(16))
    sent: int = 0
    have: int = 0
    intervals: int = 0
    milliseconds: list[float] = field(default_factory=list)
    lag: float = 0.0  # the longest delay of a piece


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The page in a separate process: its address and the process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "GRADIO_ANALYTICS_ENABLED": "False",
        "GRADIO_TEMP_DIR": str(folder / "gradio"),
        "CABCNN_HOME": str(folder / "home"),
        "CABCNN_TRAINING": "0",
    }
    log = folder / "log.txt"
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=output, stderr=output
        )
    try:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + START_SECONDS
        while not _answers(url):
            if server.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"the page did not start:\n{log.read_text()}")
            time.sleep(0.3)
        yield url, psutil.Process(server.pid)
    finally:
        server.terminate()
        server.wait(20)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/config", timeout=5).is_success
    except httpx.HTTPError:
        return False


async def speak(
    user: User,
    client: aiohttp.ClientSession,
    address: str,
    as_text: Callable[[int, int], str],
    length: int,
    hertz: float,
    wait: float,
) -> None:
    """Sends a recording of `length` samples in real time, a piece every 1 / `hertz` seconds,
    starting after `wait` seconds."""
    step = round(RATE / hertz)
    begin = time.perf_counter() + wait

    async def send(at: int, end: int) -> None:
        facts = {"key": user.key, "rate": RATE, "at": at, "seen": user.intervals}
        piece = {**facts, "model": "accents", "samples": as_text(at, end)}
        body = json.dumps(piece).encode()
        started = time.perf_counter()
        async with client.post(address, data=body, headers=JSON) as response:
            answer = json.loads(await response.read())
        user.milliseconds.append(1_000 * (time.perf_counter() - started))
        if "error" in answer:
            sys.exit(f"a user was refused: {answer['error']}")
        user.have = answer["have"]
        if answer["first"] == user.intervals:
            user.intervals = answer["count"]

    whole = length // step * step
    while user.have < whole:
        due = begin + (user.have + step) / RATE
        await asyncio.sleep(max(due - time.perf_counter(), 0))
        passed = time.perf_counter() - begin
        user.lag = max(user.lag, passed + begin - due)
        # Everything spoken by now, as in the view: the next piece grows while one is on its way.
        spoken = min(int(passed * RATE / step) * step, user.have + MOST_SECONDS * RATE, whole)
        user.sent = max(user.sent, spoken)
        await send(user.have, max(spoken, user.have + step))


async def crowd(url: str, count: int, hertz: float, seconds: float, samples: np.ndarray):
    """`count` users who speak for `seconds`, with starts spread over the time of one piece."""
    users = [User() for _ in range(count)]
    whole = samples[: round(seconds * RATE)]

    @cache  # all send the same, to leave the cores to the server
    def as_text(at: int, end: int) -> str:
        return base64.b64encode(whole[at:end].tobytes()).decode()

    connector = aiohttp.TCPConnector(limit=count)
    async with aiohttp.ClientSession(connector=connector) as client:
        address = url + PATH
        waits = np.arange(count) / count / hertz
        await asyncio.gather(
            *(
                speak(user, client, address, as_text, len(whole), hertz, wait)
                for user, wait in zip(users, waits, strict=True)
            )
        )
    return users


def table(
    url: str, server: psutil.Process, counts: list[int], hertz: float, seconds: float
) -> None:
    voice = audio.resample(voice_like().mean(1).astype(np.float32), 44_100, RATE)
    samples = np.rint(voice / np.abs(voice).max() * 20_000).astype("<i2")
    samples = np.tile(samples, int(np.ceil(seconds * RATE / len(samples))))
    asyncio.run(crowd(url, 1, hertz, 3, samples))  # loads the model
    columns = "users", "p50 ms", "p95 ms", "max ms", "late ms", "answers/s", "CPU ms each", "lost"
    print("".join(f"{name:>12}" for name in columns))
    first = None
    for count in counts:
        started, busy = time.perf_counter(), sum(server.cpu_times()[:2])
        users = asyncio.run(crowd(url, count, hertz, seconds, samples))
        took, busy = time.perf_counter() - started, sum(server.cpu_times()[:2]) - busy
        times = [one for user in users for one in user.milliseconds]
        half, most = np.percentile(times, [50, 95])
        sent, held = sum(u.sent for u in users), sum(u.have for u in users)
        late = 1_000 * max(u.lag for u in users)
        row = half, most, max(times), late, len(times) / took, 1_000 * busy / len(times)
        print(f"{count:>12}{''.join(f'{value:12.1f}' for value in row)}{sent - held:12}")
        print(f"{'':>12}{sent:,} samples were sent, {held:,} are held")
        first = first or most
        if count != counts[0]:
            print(f"{'':>12}p95 is {most / first:.1f} times that of {counts[0]} at a time")


def picture(url: str, folder: Path, seconds: float) -> None:
    """The time from sound to picture in Chromium, once a second."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("\nplaywright is not installed, so the latency was not measured")
        return
    path = shutil.which("chromium")
    if path is None:
        print("\nChromium is not installed, so the latency was not measured")
        return
    voice = folder / "voice.wav"
    mono = voice_like().mean(1)
    soundfile.write(voice, 0.5 * mono / np.abs(mono).max(), 44_100)
    flags = [
        "--no-sandbox",
        "--disable-gpu",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={voice}",
    ]
    with sync_playwright() as drivers:
        browser = drivers.chromium.launch(executable_path=path, args=flags)
        page = browser.new_page()
        page.set_default_timeout(120_000)
        page.goto(url)
        page.get_by_role("tab", name="Live").click()
        page.wait_for_selector(".clv-bars li")
        page.get_by_role("button", name="Start").click()
        page.wait_for_selector(".clv[data-latency]")
        page.wait_for_timeout(3_000)
        delays, paces = [], []
        for _ in range(round(seconds)):
            page.wait_for_timeout(1_000)
            delays.append(float(page.get_attribute(".clv", "data-latency") or "nan"))
            paces.append(float(page.get_attribute(".clv", "data-frame-rate") or "nan"))
        browser.close()
    print(
        f"\nChromium, one speaker, {seconds:.0f} s: sound to picture "
        f"{statistics.median(delays):.0f} ms (lowest {min(delays):.0f}, "
        f"highest {max(delays):.0f}), {statistics.median(paces):.1f} pictures a second "
        f"(lowest {min(paces):.1f})"
    )


def main() -> None:
    """Prints the table and the latency."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--users", type=int, nargs="+", default=[1, 32])
    parser.add_argument("--hertz", type=float, default=4.0, help="pieces a second of each user")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--no-browser", action="store_true")
    arguments = parser.parse_args()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = f", load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"{cores} cores{load} before the start; {arguments.hertz:g} pieces a second of each\n")
    with tempfile.TemporaryDirectory() as name, served(Path(name)) as (url, server):
        table(url, server, arguments.users, arguments.hertz, min(arguments.seconds, 60))
        if not arguments.no_browser:
            picture(url, Path(name), arguments.seconds)


if __name__ == "__main__":
    main()
