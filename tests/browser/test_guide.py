"""What helps a visitor who is here for the first time."""

from __future__ import annotations

import pytest

from cabcnn.ui import examples
from cabcnn.ui.terms import TERMS

pytestmark = pytest.mark.browser

SHOWN = ".cav[data-state=ready]"


def show_example(page, number: int) -> None:
    """Another than the first, with which the page begins."""
    title = examples.load()[number].title
    page.get_by_role("button", name=title, exact=True).click()
    page.locator("#view .cav-clip", has_text=title).wait_for()


def test_a_tour_through_the_first_clip_and_the_terms_along_the_way(open_page):
    page = open_page()
    page.wait_for_selector("#view .cav-tour-offer", state="visible")
    page.get_by_role("button", name="Show me, in five steps").press("Enter")
    page.wait_for_selector("#view .cav-tour", state="visible")
    assert page.evaluate("() => document.activeElement.classList.contains('cav-tour')")
    titles = []
    for step in range(5):
        assert page.inner_text("#view .cav-tour-count") == f"Step {step + 1} of 5"
        titles.append(page.inner_text("#view .cav-tour-title"))
        assert page.locator("#view .cav-toured").count() >= 1
        if step == 2:  # the numbers beside the picture are those that it tells
            row = page.get_attribute("#view .cav", "data-row")
            assert f"classifier {row} has" in page.inner_text("#view .cav-tour-text")
            weight = page.inner_text("#view .cav-weight b")
            assert f"has {weight} of the attention" in page.inner_text("#view .cav-tour-text")
        page.keyboard.press("ArrowRight")
    assert titles == ["The sound", "Intervals", "Attention", "Votes", "The verdict"]
    page.keyboard.press("Escape")
    page.wait_for_selector("#view .cav-tour", state="hidden")
    assert page.evaluate("() => document.activeElement.classList.contains('cav-tour-start')")
    show_example(page, 1)
    page.wait_for_timeout(300)
    assert not page.is_visible("#view .cav-tour-offer")

    term = page.locator("#view .cav-name [data-term=attention]")
    term.focus()
    assert page.inner_text("#term-tip") == TERMS["attention"]
    assert term.get_attribute("aria-describedby") == "term-tip"
    page.keyboard.press("Escape")
    assert not page.is_visible("#term-tip")
    page.get_by_text("Use the first", exact=True).hover()
    assert page.inner_text("#term-tip") == TERMS["t"]
    page.get_by_label("5 s", exact=True).check()  # it does not lie in the way


def test_a_phone_without_storage_has_the_tour_too(open_page):
    page = open_page(390, 844, has_touch=True, is_mobile=True)
    page.evaluate(
        """() => Object.defineProperty(window, "localStorage", {
            get() { throw new DOMException("denied", "SecurityError"); },
        })"""
    )
    page.tap("#view .cav-tour-accept")
    for _ in range(4):
        page.wait_for_selector("#view .cav-tour", state="visible")
        box = page.locator("#view .cav-tour").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        page.tap("#view .cav-tour-next")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.tap("#view .cav-tour-leave")
    assert not page.is_visible("#view .cav-tour")


def test_a_link_brings_back_what_was_chosen_and_says_what_is_not_there(open_page, address):
    page = open_page()
    page.get_by_label("10 s", exact=True).check()
    page.wait_for_selector('#view .cav[data-state=ready][data-p="400"]')
    page.evaluate(
        """() => {
            const view = document.querySelector("#view .cav");
            view.explorer.restore({ muted: [2, 7], sorting: "use", window: [1, 3] });
            navigator.clipboard.writeText = async (text) => { window.copied = text; };
        }"""
    )
    page.get_by_role("button", name="Copy link").click()
    link = page.wait_for_function("() => window.copied").json_value()
    assert "Link copied" in page.inner_text("#view .cav-link-status")
    other = open_page(link=link.removeprefix(address))
    other.wait_for_selector('#view .cav[data-state=ready][data-p="400"][data-muted="2 7"]')
    other.wait_for_selector('#view .cav[data-from="1.0000"][data-to="3.0000"]')
    assert other.evaluate("document.querySelector('#view .cav').explorer.snapshot()") == {
        "muted": [2, 7],
        "sorting": "use",
        "window": [1, 3],
    }
    assert other.get_by_label("10 s", exact=True).is_checked()
    other = open_page(link="#example=nobody&model=accents")
    other.wait_for_selector("#message .error")
    assert "'nobody'" in other.inner_text("#message .error")
    assert other.get_attribute("#view .cav", "data-state") == "empty"


def test_the_spectrogram_comes_when_asked_for_and_shares_the_axis(open_page, voice_file):
    page = open_page()
    page.set_input_files("#upload input[type=file]", voice_file(seconds=3))
    page.wait_for_selector("#view .cav[data-state=ready]")
    lane = "#view .cav-plot[data-lane=spectrogram]"
    assert not page.is_visible(lane)
    page.get_by_role("button", name="Spectrogram").click()
    page.wait_for_selector("#view .cav[data-spectrum=ready]")
    page.wait_for_selector(lane, state="visible")
    heatmap = page.locator("#view .cav-plot[data-lane=heatmap]").bounding_box()
    box = page.locator(lane).bounding_box()
    assert (box["x"], box["width"]) == (heatmap["x"], heatmap["width"])
    page.wait_for_function(
        """lane => {
            const canvas = document.querySelector(lane + " canvas");
            const { width, height } = canvas;
            const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
            return new Set(new Uint32Array(data.buffer)).size > 50;
        }""",
        arg=lane,
    )
