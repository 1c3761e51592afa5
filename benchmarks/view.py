"""The explorer in a browser: bytes sent, time from click to picture, frames during playback.

    python benchmarks/view.py

The real page in Chromium without a GPU, in a window of 1280 x 900. The time of a frame is the CPU
time of all tasks of the page's main thread (script, style, layout, paint) from the start of one
frame to the next, by Chromium's tracing; other load on the machine affects it little. Gradio
requests frames all the time once a page has loaded, so all frames of the screen are counted,
including those without changes. The time after a click does depend on other load: repeat the
measurement and take the smallest. Examples are explained before the click; another T of a sound of
one's own, here the first 10 or 30 s of 60, is computed after it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from playwright.sync_api import CDPSession, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent))  # run from a checkout, nothing installed

from cabcnn.ui import examples

ROOT = Path(__file__).parent.parent
STATISTICS = Path("/proc/stat")
FLAGS = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]
EXAMPLES, TS = "#examples .gallery-item", "#seconds label"
SHOWN = "#view .cav[data-state=ready]"
WAIT_MS = 120_000
REST_MS = 500  # between two clicks
# Milliseconds from a click on an example, or on another T, to the frame in which its lanes are
# drawn.
CLICK = """
async ([within, name]) => {
    const view = document.querySelector("#view .cav");
    const button = [...document.querySelectorAll(within)]
        .find((one) => one.innerText.trim() === name);
    const drawn = new Promise((resolve) => {
        const observer = new MutationObserver(() => {
            const now = view.querySelector(".cav-clip").textContent;
            if (!now.startsWith(name) && Number(view.dataset.p) !== 40 * parseFloat(name)) return;
            observer.disconnect();
            requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
        });
        observer.observe(view, { attributeFilter: ["data-painted"] });
    });
    const start = performance.now();
    button.click();
    return (await drawn) - start;
}
"""


def processor() -> np.ndarray | None:
    """The processor time that programs have asked for so far, and how much of it went to other
    virtual machines on the host. None except on Linux."""
    if not STATISTICS.exists():
        return None
    user, nice, system, _, _, interrupts, more, stolen = map(
        float, STATISTICS.read_text().split()[1:9]
    )
    return np.array([user + nice + system + interrupts + more + stolen, stolen])


@contextmanager
def served() -> Iterator[str]:
    """The page in a process of its own; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as files:
        environment = {
            **os.environ,
            "GRADIO_SERVER_PORT": str(port),
            "GRADIO_SERVER_NAME": "127.0.0.1",
            "GRADIO_TEMP_DIR": files,
            "CABCNN_HOME": files,
        }
        server = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
        )
        url = f"http://127.0.0.1:{port}/"
        try:
            while server.poll() is None:
                try:
                    urllib.request.urlopen(url, timeout=5).close()
                    break
                except OSError:
                    time.sleep(0.3)
            yield url
        finally:
            server.terminate()
            server.wait(20)


def long_clip(folder: Path, seconds: int) -> Path:
    """An example of speech, repeated to fill `seconds`."""
    example = next(one for one in examples.load() if one.path.stem == "talk-uk-long")
    samples, rate = soundfile.read(example.path)
    path = folder / f"{seconds}.wav"
    soundfile.write(path, np.resize(samples, seconds * rate), rate)
    return path


def clicks(page: Page, within: str, names: tuple[str, str], count: int) -> list[float]:
    """Milliseconds from click to picture, alternating between two elements."""
    times = []
    for turn in range(count + 2):
        page.wait_for_timeout(REST_MS)
        times.append(page.evaluate(CLICK, [within, names[turn % 2]]))
    return times[2:]  # after warming up


def sent(page: Page, cdp: CDPSession, path: Path, seconds: int) -> int:
    """Bytes of the response with the clip's data, without its sound."""
    addresses: dict[str, str] = {}
    received: dict[str, int] = {}

    def asked(event: Any) -> None:
        addresses[event["requestId"]] = event["request"]["url"]

    def came(event: Any) -> None:
        known = received.get(event["requestId"], 0)
        received[event["requestId"]] = known + event["dataLength"]

    cdp.on("Network.requestWillBeSent", asked)
    cdp.on("Network.dataReceived", came)
    page.get_by_label(f"{seconds} s", exact=True).check()
    page.set_input_files("#upload input[type=file]", path)
    page.wait_for_selector(f'{SHOWN}[data-p="{seconds * 40}"]')
    page.wait_for_timeout(1_000)
    cdp.remove_listener("Network.requestWillBeSent", asked)
    cdp.remove_listener("Network.dataReceived", came)
    return max(
        count for name, count in received.items() if "/queue/data" in addresses.get(name, "")
    )


def frames(page: Page, cdp: CDPSession, seconds: float) -> list[float]:
    """Milliseconds of CPU time of the main thread for each frame while the clip plays."""
    events: list[dict[str, Any]] = []
    cdp.on("Tracing.dataCollected", lambda event: events.extend(event["value"]))
    page.click("#view .cav-play")
    page.wait_for_selector("#view .cav[data-playing=true]")
    page.wait_for_timeout(1_000)
    done: list[bool] = []
    cdp.on("Tracing.tracingComplete", lambda _: done.append(True))
    recorded = {"includedCategories": ["toplevel", "devtools.timeline"]}
    cdp.send("Tracing.start", {"traceConfig": recorded, "transferMode": "ReportEvents"})
    page.wait_for_timeout(seconds * 1_000)
    cdp.send("Tracing.end")
    while not done:
        page.wait_for_timeout(100)
    page.click("#view .cav-play")
    drawn = [event for event in events if event["name"] == "FireAnimationFrame"]
    thread = drawn[0]["pid"], drawn[0]["tid"]
    tasks = sorted(
        (event["ts"], event["tdur"] / 1_000)
        for event in events
        if event["name"] == "ThreadControllerImpl::RunTask"
        and (event["pid"], event["tid"]) == thread
        and "tdur" in event
    )
    starts = np.array([start for start, _ in tasks])
    first = np.unique([np.searchsorted(starts, event["ts"], "right") - 1 for event in drawn])
    first = first[first >= 0]  # a frame that was being drawn when the tracing started
    return np.add.reduceat([taken for _, taken in tasks], first)[:-1].tolist()


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--clicks", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=10, help="of playing that are traced")
    arguments = parser.parse_args()
    chromium = shutil.which("chromium")
    before = processor()
    with (
        tempfile.TemporaryDirectory() as folder,
        served() as url,
        sync_playwright() as drivers,
    ):
        browser = drivers.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(WAIT_MS)
        page.goto(url)
        page.wait_for_selector("#examples .gallery-item")
        page.wait_for_selector("#view .cav[data-state=empty]")
        cdp = page.context.new_cdp_session(page)
        cdp.send("Network.enable")
        first, second = [one.title for one in examples.load() if "stella" in one.path.stem][:2]
        took = {"an example": clicks(page, EXAMPLES, (first, second), arguments.clicks)}
        sizes = {
            seconds: sent(page, cdp, long_clip(Path(folder), seconds), seconds)
            for seconds in (30, 60)
        }
        taken = frames(page, cdp, arguments.seconds)
        both = clicks(page, TS, ("10 s", "30 s"), 2 * arguments.clicks)
        took |= {"10 s": both[::2], "30 s": both[1::2]}
        version = browser.version
        browser.close()
    after = processor()
    print(f"Chromium {version}, no GPU, {os.cpu_count()} cores")
    if before is not None and after is not None:
        asked, stolen = after - before
        print(f"other virtual machines took {stolen / asked:.0%} of the processor time asked for")
    print()
    for what, times in took.items():
        print(f"{f'click on {what} to the picture, ms':<46}min {min(times):.0f}, "
              f"median {statistics.median(times):.0f} of {len(times)}")  # fmt: skip
    for seconds, size in sizes.items():
        print(f"{f'sent for {seconds} s, kB':<46}{size / 1_000:.0f}")
    p50, p95, p99 = np.percentile(taken, [50, 95, 99])
    print(f"{'a frame while 60 s play, ms of CPU':<46}p50 {p50:.1f}, p95 {p95:.1f}, p99 {p99:.1f} "
          f"({len(taken)} frames in {arguments.seconds:g} s)")  # fmt: skip
    print(f"{'work of the page for a second of them, ms':<46}{sum(taken) / arguments.seconds:.0f}")


if __name__ == "__main__":
    main()
