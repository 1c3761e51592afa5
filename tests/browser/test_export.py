"""What a visitor takes away, opened where it is to be opened: in a browser, without a network."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest
from PIL import Image

import cabcnn

pytestmark = pytest.mark.browser


def test_files_of_the_clip_and_of_many_clips_come_out_of_the_page(
    open_page, voice_file, browser, tmp_path
):
    page = open_page()
    page.set_input_files("#upload input[type=file]", voice_file(seconds=3))
    page.wait_for_selector('.cav[data-state=ready][data-p="120"]')
    page.get_by_role("button", name="Export").click()
    page.get_by_label("html:").check()
    page.get_by_label("pdf:").uncheck()
    page.get_by_label("Include the sound").check()
    page.click("#view .cav-one-mute")
    page.wait_for_selector("#view .cav-banner", state="visible")
    (muted,) = page.get_attribute("#view .cav", "data-muted").split()
    with page.expect_download() as download:
        page.click("#export-start")
    assert download.value.suggested_filename == f"voice-accents-3s-without-{muted}.html"
    download.value.save_as(tmp_path / "page.html")
    opens_offline(browser, tmp_path / "page.html")

    (tmp_path / "notes.wav").write_text("only words " * 50)
    files = [voice_file("other.wav", 2), tmp_path / "notes.wav"]
    page.get_by_label("html:").uncheck()
    page.get_by_label("TextGrid:").check()
    page.set_input_files("#batch-upload input[type=file]", files)
    page.locator("#batch-upload").get_by_text("notes").wait_for()
    page.click("#batch-start")
    page.wait_for_selector("#batch-result", state="visible")
    assert "text, not sound" in page.inner_text("#batch-summary")
    with page.expect_download() as download:
        page.click("#batch-result")
    download.value.save_as(tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.namelist() == ["other-accents-2s.TextGrid", "summary.csv"]


def opens_offline(browser, path) -> None:
    """The page draws from a file with no network, tells numbers, and its sound plays."""
    context = browser.new_context(offline=True)
    page, asked, troubles = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda m: troubles.append(m.text) if m.type == "error" else None)
    page.goto(path.as_uri())
    page.wait_for_selector("#explanation .hm image, #explanation .heatmaplayer image")
    box = page.locator("#explanation").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.4)
    page.wait_for_function(
        "() => document.querySelector('#explanation .hoverlayer').textContent.includes('attention')"
    )
    assert "model accents" in page.inner_text("body")
    assert page.locator("[data-title^=Share]").count() == 0
    page.evaluate("() => document.querySelector('audio').play()")
    page.wait_for_function("() => document.querySelector('audio').currentTime > 0.2")
    page.wait_for_function("() => document.querySelector('#explanation .shapelayer path')")
    context.close()
    outside = [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
    assert outside == []
    assert troubles == []


def test_a_vector_figure_is_drawn_by_a_browser(browser, voice_file, tmp_path):
    x = cabcnn.load("accents").explain(voice_file(seconds=3))
    x.save(tmp_path / "clip.svg")
    page = browser.new_page(viewport={"width": 700, "height": 500})
    page.goto((tmp_path / "clip.svg").as_uri())
    page.screenshot(path=tmp_path / "shot.png")
    page.close()
    pixels = np.asarray(Image.open(tmp_path / "shot.png").convert("RGB")).reshape(-1, 3)
    assert len(np.unique(pixels, axis=0)) > 100
    assert (pixels.mean(0) > 150).all()  # ink on white paper
