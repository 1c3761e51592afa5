"""A visitor trains a model, leaves, comes back, stops it and uses it."""

from __future__ import annotations

import json
import os
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import TimeoutError as Late

from cabcnn import corpora
from cabcnn.runs.queue import JobQueue
from cabcnn.ui import examples

pytestmark = pytest.mark.browser

MINUTES = 600_000  # for a training run's steps, in milliseconds: other programs may be busy as well
CLASSES = ("American", "RP")


def open_train(page):
    page.get_by_role("tab", name="Train", exact=True).click()
    page.wait_for_selector(".ctv", state="visible")
    page.wait_for_selector(".found table", timeout=MINUTES)  # 600 clips are listened to, once
    return page


def prepare(page, name: str, epochs: int) -> None:
    """Chooses a short training: two classes of the built-in voices, one second of each clip."""
    for label in {clip.label for clip in corpora.read("built-in")} - set(CLASSES):
        page.get_by_role("checkbox", name=label, exact=True).uncheck()
    page.get_by_role("radio", name="Other").check()
    page.get_by_label("Seconds", exact=True).fill("1")
    page.get_by_role("textbox", name="Name of the model").fill(name)
    page.get_by_role("button", name="Advanced settings").click()
    page.get_by_role("radio", name="On voices it never heard", exact=True).check()
    for label, value in (
        ("Epochs at most", epochs),
        ("Patience", epochs),
        ("Excerpts of (seconds)", 1),
    ):
        page.get_by_label(label).fill(str(value))


@pytest.fixture
def wait_for(served_home) -> Callable[..., None]:
    """Waits until the view's data attributes have these values; numbers are at least so high."""

    def wait(page, **data: str | int) -> None:
        try:
            page.wait_for_function(
                """wanted => {
                    const { dataset } = document.querySelector(".ctv");
                    return Object.entries(wanted).every(([name, value]) => typeof value === "number"
                        ? Number(dataset[name]) >= value : dataset[name] === value
                    );
                }""",
                arg=data,
                timeout=MINUTES,
            )
        except Late as error:
            pytest.fail(f"{error}\nwaited for {data}\n{situation(page, served_home)}")

    return wait


def situation(page, served_home: Path) -> str:
    """What the page shows, and what its runs are doing in truth."""
    lines = [f"load {os.getloadavg()}", f"runs shown {runs(page)}"]
    for selector in ("#train-message", "#train-message", ".ctv-sentence", ".ctv-where"):
        lines += [f"{selector} {text!r}" for text in page.locator(selector).all_inner_texts()]
    lines.append(f"view {page.evaluate('() => ({...document.querySelector(`.ctv`).dataset})')}")
    for folder in sorted((served_home / "runs").glob("*")):
        lines += [folder.name, f"  {sorted(path.name for path in folder.iterdir())}"]
        for name in ("plan.json", "process.json", "status.json", "log.txt"):
            path = folder / name
            lines.append(f"  {name} {path.read_text()[-1500:] if path.exists() else 'missing'}")
    return "\n".join(lines)


def reload(page) -> None:
    """Gradio gives up what is still on its way, and calls that an error on the page that goes."""
    page.evaluate("console.error = () => {}")
    page.reload()


def curve(page) -> str:
    """The line of the validation scores, as it is drawn."""
    return page.get_attribute("[data-chart=recall] .ctv-plot path.ctv-validation", "d")


def heat(page) -> str:
    return page.evaluate("document.querySelector('.ctv-heat canvas').toDataURL()")


def runs(page) -> dict[str, str]:
    return {
        item.locator("b").inner_text(): item.locator("span").inner_text()
        for item in page.locator(".ctv-runs li").all()
    }


@pytest.fixture
def clean(address, served_home) -> Iterator[None]:
    """Ends and removes what a test left waiting or running."""
    yield
    jobs = JobQueue(served_home)
    deadline = time.monotonic() + MINUTES / 1000
    while left := jobs.all():
        assert time.monotonic() < deadline, left
        for job in left:
            if not job.running:
                jobs.cancel(job.name)
                jobs.remove(job.name)
            elif job.state == "training":
                jobs.stop(job.name)
        time.sleep(0.1)


@contextmanager
def held(served_home: Path, name: str) -> Iterator[None]:
    """Holds a run's program, which would only take the cores that the pages want."""
    facts = json.loads((served_home / "runs" / name / "process.json").read_text())
    program = psutil.Process(facts["pid"])
    program.suspend()
    try:
        yield
    finally:
        program.resume()


def test_training_is_watched_left_found_again_stopped_and_its_model_used(
    open_page, clean, wait_for, served_home
):
    other = open_page(reduced_motion="reduce")
    page = open_train(open_page())
    prepare(page, "story", 100_000)
    page.get_by_role("button", name="Train", exact=True).click()
    wait_for(page, run="story", state="training", epochs=2, frames=2)
    dot = "document.querySelector('.ctv [data-run-state=training] i')"
    assert page.evaluate(f"{dot}.getAnimations().length")  # it breathes
    page.emulate_media(reduced_motion="reduce")  # drawing that costs as much as training
    before = curve(page)
    assert before.startswith("M")
    shown = int(page.get_attribute(".ctv", "data-epochs"))
    wait_for(page, epochs=shown + 2)
    assert curve(page) != before

    with held(served_home, "story"):
        # One more waits its turn and is taken back, by two presses.
        page.get_by_role("textbox", name="Name of the model").fill("another")
        page.get_by_role("button", name="Train", exact=True).click()
        wait_for(page, run="another", state="queued")
        assert runs(page)["another"] == "waiting, place 1"
        page.get_by_role("button", name="Cancel").click()
        page.get_by_role("button", name="Cancel for good?").click()
        wait_for(page, run="story", state="training")
        assert list(runs(page)) == ["story"]

        # A reload, and another visitor, find it.
        done = int(page.get_attribute(".ctv", "data-epochs"))
        reload(page)
        open_train(page)
        wait_for(page, run="story", state="training", epochs=done)
        reload(other)
        open_train(other)
        wait_for(other, run="story", state="training", epochs=done)

        # The attention of the first epoch is another picture than that of the last.
        wait_for(page, frames=3)
        slider = page.get_by_role("slider", name="Epoch shown")
        slider.focus()
        last = heat(page)
        slider.press("Home")
        assert page.get_attribute(".ctv", "data-epoch") == "1"
        assert "Epoch 1" in page.inner_text(".ctv-at")
        assert heat(page) != last
        page.get_by_role("button", name="Play the training").click()
        wait_for(page, epoch=3)
        page.get_by_role("button", name="Pause").click()

    page.get_by_role("button", name="Stop and keep the best").click()
    wait_for(page, state="stopped")
    page.wait_for_selector("#train-report .score")
    assert "speakers it never heard" in page.inner_text("#train-report .score")
    assert page.locator("#train-report .confusion td").count() == 4

    with page.expect_download() as model:
        page.get_by_role("button", name="Download model").click()
    assert model.value.suggested_filename == "story.safetensors"
    with page.expect_download() as report:
        page.get_by_role("button", name="Download report").click()
    assert "confusion.png" in " ".join(zipfile.ZipFile(report.value.path()).namelist())

    # Used in the whole page, and by others after a reload.
    page.get_by_role("button", name="Use this model").click()
    page.wait_for_selector("#inputs", state="visible")
    page.get_by_text("story is now the model of this page").wait_for()
    assert "story" in page.input_value("#model input")
    page.set_input_files("#upload input[type=file]", examples.load()[0].path)
    page.wait_for_selector('.cav[data-state=ready][data-m="2"]')
    assert {text.split("\n")[0] for text in page.locator(".cav-bars li").all_inner_texts()} == {
        *CLASSES
    }
    reload(other)
    other.wait_for_selector("#examples .gallery-item")
    other.click("#model input")
    other.get_by_role("option", name="story").click()
    other.get_by_role("tab", name="About the model").click()
    other.wait_for_function("() => document.querySelector('#about h2').innerText.includes('story')")


def test_what_can_not_be_trained_is_a_sentence_below_the_button(open_page, served_home):
    page = open_train(open_page())
    before = sorted(served_home.glob("runs/*"))
    message = page.locator("#train-message")
    train = page.get_by_role("button", name="Train", exact=True)
    for label in sorted({clip.label for clip in corpora.read("built-in")} - {CLASSES[0]}):
        page.get_by_role("checkbox", name=label, exact=True).uncheck()
    train.click()
    message.get_by_text("tick two or more").wait_for()
    page.get_by_role("checkbox", name=CLASSES[1], exact=True).check()
    page.get_by_role("textbox", name="Name of the model").fill("a/b")
    train.click()
    message.get_by_text("name is 'a/b'").wait_for()
    assert "tick two" not in message.inner_text()
    assert sorted(served_home.glob("runs/*")) == before


def test_a_run_goes_on_without_its_page_and_ends_by_itself(
    troubled_page, clean, wait_for, served_home
):
    page = open_train(troubled_page)
    prepare(page, "short", 4)
    page.get_by_role("button", name="Train", exact=True).click()
    wait_for(page, run="short", state="training", epochs=1)
    page.context.set_offline(True)
    page.get_by_text("Connection to the server was lost").wait_for()
    assert page.get_attribute(".ctv", "data-state") == "training"
    with page.expect_navigation():  # Gradio opens its page anew once the server answers again
        page.context.set_offline(False)
    open_train(page)
    wait_for(page, run="short", state="finished", epochs=4)
    page.wait_for_selector("#train-report .score")
    assert "speakers it never heard" in page.inner_text("#train-report .score")
    assert page.get_by_role("button", name="Use this model").is_visible()
    assert not page.get_by_role("button", name="Stop and keep the best").is_visible()

    # Two presses remove it.
    page.locator(".ctv-actions [data-action=remove]").click()
    assert list(runs(page)) == ["short"]
    page.locator(".ctv-actions [data-action=remove]").click()
    wait_for(page, state="empty")
    assert not (served_home / "runs" / "short").exists()


def test_an_upload_that_is_too_large_is_told_and_another_can_follow(troubled_page, tmp_path):
    page = open_train(troubled_page)
    page.get_by_role("radio", name="My recordings").check()
    page.wait_for_selector("#train-upload", state="visible")
    assert "at most 500 MB" in page.inner_text("#train-explained")
    with (tmp_path / "large.zip").open("wb") as file:
        file.truncate(500 * 1024**2 + 1)
    box = "#train-upload input[type=file]"
    page.set_input_files(box, tmp_path / "large.zip")
    page.get_by_text("exceed the maximum allowed size of 500").wait_for()  # Gradio's words
    page.set_input_files(box, packed(tmp_path / "small.zip"))
    page.wait_for_selector(".found table")
    assert "6 recordings of 2 classes" in page.inner_text(".found")


def test_recordings_that_are_brought_are_told_of(open_page, tmp_path):
    page = open_train(open_page())
    page.get_by_role("radio", name="My recordings").check()
    page.wait_for_selector("#train-upload", state="visible")
    (tmp_path / "notes.zip").write_text("Dear diary")
    box = "#train-upload input[type=file]"
    page.set_input_files(box, tmp_path / "notes.zip")
    page.wait_for_selector("#train-message .error")
    assert "notes.zip is not a zip archive" in page.inner_text("#train-message")
    drop(page, packed(tmp_path / "a few.zip"))  # anywhere
    page.wait_for_selector(".found table")
    assert "6 recordings of 2 classes" in page.inner_text(".found")
    assert page.locator("#train-message .error").count() == 0
    assert page.get_by_role("textbox", name="Name of the model").input_value() == "a few"
    page.get_by_role("button", name="How to read them").click()
    assert page.get_by_label("Speaker pattern").count() == 0
    page.get_by_label("Who is speaking").click()
    page.get_by_role("option", name="A pattern in the file names").click()
    page.get_by_label("Speaker pattern").fill(r"^(.+)-")
    page.get_by_role("button", name="Read again").click()
    page.wait_for_function("() => !document.querySelector('.found').innerText.includes('?')")
    assert "no known speaker" not in page.inner_text(".found")


def drop(page, path: Path) -> None:
    data = page.evaluate_handle(
        """([name, bytes]) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], name, { type: "application/zip" }));
            return data;
        }""",
        [path.name, list(path.read_bytes())],
    )
    page.dispatch_event("#title", "drop", {"dataTransfer": data})


def packed(path: Path) -> Path:
    """A zip of three built-in voices each of two classes, in a folder each."""
    clips = [clip for label in CLASSES for clip in of_class(label)]
    with zipfile.ZipFile(path, "w") as archive:
        for clip in clips:
            archive.write(clip.path, f"voices/{clip.label}/{clip.path.name}")
    return path


def of_class(label: str):
    return [clip for clip in corpora.read("built-in") if clip.label == label][::7][:3]


def test_everything_on_the_tab_has_a_name(open_page):
    page = open_train(open_page())
    page.get_by_role("button", name="Advanced settings").click()
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("#train input, #train button, #train textarea")]
            .filter((one) => one.offsetParent && one.type !== "file")
            .filter((one) => !(one.labels?.length || one.ariaLabel || one.innerText?.trim()
                || one.closest("label")))
            .map((one) => one.outerHTML.slice(0, 120))"""
    )
    assert nameless == []


def test_a_phone_scrolls_down_only(open_page):
    page = open_train(open_page(390, 844, has_touch=True, is_mobile=True, device_scale_factor=2))
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("button", name="Advanced settings").tap()
    page.get_by_label("Epochs at most").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
