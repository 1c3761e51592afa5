"""A visitor sets a clip against itself with noise, then against another model."""

from __future__ import annotations

import pytest

from cabcnn.ui import examples

pytestmark = pytest.mark.browser


def choose(page, box: str, option: str) -> None:
    page.click(f"#compare-{box} input")
    page.get_by_role("option", name=option, exact=True).click()


def data(page, name: str) -> str:
    return page.locator(".ccv").get_attribute(f"data-{name}")


def playheads(page) -> list[float]:
    return page.evaluate(
        """() => [...document.querySelectorAll(".ccv-playhead")].map((head) =>
            head.getBoundingClientRect().left)"""
    )


def test_two_clips_side_by_side(open_page, voice_file):
    page = open_page()
    page.get_by_role("tab", name="Compare").click()
    page.wait_for_selector(".ccv[data-state=empty]")
    stella = examples.load()[0]
    choose(page, "source-a", stella.title)
    page.wait_for_selector(".ccv[data-state=ready][data-painted]")
    assert (data(page, "a"), data(page, "b")) == (stella.title, f"{stella.title} + noise, 10 dB")
    assert page.locator(".ccv-card").count() == 2
    sentence = page.inner_text(".ccv-sentence")
    assert sentence.startswith(("Both say", "A says"))
    widths = page.evaluate(
        """() => [...document.querySelectorAll(".ccv [data-lane=heatmap] canvas")].map((canvas) =>
            [canvas.width, new Set(new Uint32Array(canvas.getContext("2d").getImageData(0, 0,
                canvas.width, canvas.height).data.buffer)).size])"""
    )
    assert widths[0][0] == widths[1][0] > 600
    assert min(colours for _, colours in widths) > 20

    # The numbers of a bar, by the pointer and by the keyboard, frame its row on both sides.
    assert page.locator(".ccv-chart rect").count() == 40
    numbers = page.locator(".ccv-chart .ccv-number").all_text_contents()
    assert sorted(map(int, numbers)) == list(range(40))
    assert page.locator(".ccv-chart .ccv-value").count() == 40
    page.locator(".ccv-chart").press("ArrowRight")
    page.locator(".ccv-bar", has_text="Classifier ").wait_for()
    told = page.inner_text(".ccv-bar")
    assert told.startswith("Classifier ")
    assert "% of the attention in A" in told
    assert page.locator(".ccv-row:visible").count() == 2
    page.locator(".ccv-numbers summary").click()
    assert page.locator(".ccv-numbers tr").count() == 41

    # An A/B listening test: the other one goes on at the same moment.
    page.locator(".ccv-seek").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_function("Math.abs(document.querySelector('.ccv').dataset.time - 1) < 0.01")
    page.keyboard.press(" ")
    page.wait_for_selector(".ccv[data-playing=true][data-active='0']")
    page.wait_for_function("Number(document.querySelector('.ccv').dataset.time) > 1.3")
    page.keyboard.press("b")
    page.wait_for_selector(".ccv[data-playing=true][data-active='1']")
    assert page.get_by_role("button", name="Hear B").get_attribute("aria-pressed") == "true"
    assert 1.2 < float(data(page, "time")) < 8
    page.keyboard.press(" ")
    page.wait_for_selector(".ccv[data-playing=false]")
    first, second = playheads(page)
    assert first == pytest.approx(second)

    # Another model: its classes and its classifiers are strangers to A's.
    choose(page, "source-b", "The same sound as A")
    page.wait_for_selector(f'.ccv[data-b="{stella.title}"]')
    page.click("#compare-model-b input")
    page.get_by_role("option", name="digit").click()
    page.wait_for_function(
        "document.querySelector('.ccv-sentence').innerText.includes('different questions')"
    )
    assert "nothing to do with" in page.inner_text(".ccv-overlap")
    assert not page.is_visible(".ccv-chart")

    # What is wrong at one side is said there, and both stay.
    bad = {"name": "notes.wav", "mimeType": "audio/wav", "buffer": b"only words " * 50}
    page.set_input_files(".compare-b input[type=file]", bad)
    page.wait_for_selector("#compare-message-b .error")
    assert "notes.wav" in page.inner_text("#compare-message-b .error")
    assert data(page, "b") == stella.title
    page.set_input_files(".compare-b input[type=file]", voice_file("mine.wav", seconds=3))
    page.wait_for_selector('.ccv[data-b="mine.wav"]')
    page.wait_for_selector("#compare-message-b .error", state="detached")
    assert page.input_value("#compare-source-b input") == "mine.wav"


def test_on_a_phone_and_in_the_dark(open_page):
    page = open_page(390, 844, has_touch=True, is_mobile=True, color_scheme="dark")
    clip = examples.load()[0]
    page.wait_for_selector(".cav[data-state=ready]")
    page.get_by_role("tab", name="Compare").click()
    choose(page, "source-a", "The clip of Explore")
    page.wait_for_selector(f'.ccv[data-state=ready][data-a="{clip.title}"]')
    page.wait_for_selector(".ccv[data-painted]")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    lane = page.locator(".ccv .cav-plot[data-lane=heatmap]").first.bounding_box()
    assert lane["width"] > 220
    page.locator(".ccv [data-side='1'] .cav-plot[data-lane=heatmap]").tap()
    page.wait_for_selector(".ccv[data-active='1']")
