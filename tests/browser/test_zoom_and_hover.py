"""The visible window, which all lanes share, and the numbers under the pointer."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

import cabcnn

pytestmark = pytest.mark.browser

READY = ".cav[data-state=ready]"
SECONDS, INTERVALS = 8, 320
PHONE = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True}


@pytest.fixture
def clip(voice_file, tmp_path):
    return voice_file(f"{tmp_path.name}.wav", SECONDS)


@pytest.fixture
def show(open_page, module_page, show_clip, clip):
    def shown(**options):
        page = open_page(**options) if options else module_page
        show_clip(page, clip, INTERVALS)
        return page

    return shown


def window(page) -> tuple[float, float]:
    start, end = (page.get_attribute(".cav", f"data-{name}") for name in ("from", "to"))
    return float(start), float(end)


def shows(page, start: float, end: float, within: float = 0.005) -> None:
    """Waits until these seconds are visible; `within` is in seconds."""
    page.wait_for_function(
        """([from, to, within]) => {
            const { dataset } = document.querySelector(".cav");
            return Math.abs(dataset.from - from) <= within && Math.abs(dataset.to - to) <= within;
        }""",
        arg=[start, end, within],
    )


def lane(page, name: str = "heatmap") -> dict[str, float]:
    plot = page.locator(f".cav-plot[data-lane={name}]")
    plot.scroll_into_view_if_needed()
    return plot.bounding_box()


def at(box, part: float, down: float = 0.5) -> tuple[float, float]:
    return box["x"] + box["width"] * part, box["y"] + box["height"] * down


def pictures(page) -> dict[str, str]:
    return page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll(".cav-plot:not([hidden])")]
            .map((plot) => [plot.dataset.lane, plot.firstElementChild.toDataURL()]))"""
    )


def test_the_wheel_zooms_at_the_pointer_and_moves_the_window(show):
    page = show()
    whole = pictures(page)
    assert len(whole) == 6
    page.mouse.move(*at(lane(page), 0.25))
    page.keyboard.down("Control")
    page.mouse.wheel(0, -120)
    span = SECONDS / math.exp(0.48)
    start = 2 - span / 4  # second 2 stays under the pointer
    shows(page, start, start + span, 0.02)
    assert all(picture != whole[name] for name, picture in pictures(page).items())
    start, end = window(page)
    page.mouse.wheel(0, 60)
    span = (end - start) * math.exp(0.24)
    before, start = start, start + (end - start) / 4 - span / 4
    assert before > start > 0
    shows(page, start, start + span, 0.02)
    page.keyboard.up("Control")

    # Across: by as many seconds as the lane has for so many pixels.
    width = lane(page)["width"]
    start, end = window(page)
    moved = 60 / width * (end - start)
    page.mouse.wheel(60, 0)
    shows(page, start + moved, end + moved)
    page.keyboard.down("Shift")
    page.mouse.wheel(0, -60)
    page.keyboard.up("Shift")
    shows(page, start, end)
    page.mouse.wheel(9999, 0)  # not out of the clip
    shows(page, SECONDS - (end - start), SECONDS)
    # Down it scrolls the page and leaves the window alone.
    page.mouse.wheel(0, 200)
    page.wait_for_function("() => scrollY > 0")
    assert window(page)[1] == SECONDS
    page.click(".cav-fit")
    shows(page, 0, SECONDS)
    page.wait_for_function(
        "whole => document.querySelector('[data-lane=stack] canvas').toDataURL() === whole",
        arg=whole["stack"],
    )


def test_a_drag_with_shift_moves_the_window_and_selects_nothing(show):
    page = show()
    for _ in range(3):
        page.click(".cav-in")
    shows(page, 0, SECONDS / 1.5**3)
    box = lane(page, "stack")
    page.keyboard.down("Shift")
    page.mouse.move(*at(box, 0.8))
    page.mouse.down()
    page.mouse.move(*at(box, 0.6))
    page.mouse.move(*at(box, 0.3))
    page.mouse.up()
    page.keyboard.up("Shift")
    span = SECONDS / 1.5**3
    shows(page, span / 2, span * 1.5, 0.02)
    assert page.get_attribute(".cav", "data-region") == ""


def test_keys_zoom_and_turn_pages(show):
    page = show()
    page.focus(".cav-playhead")
    third = SECONDS / 1.5**3
    for key, start, span in [
        ("+", 0, SECONDS / 1.5),  # at the playhead, which is at the beginning
        ("=", 0, SECONDS / 1.5**2),
        ("+", 0, third),
        ("PageDown", 0.8 * third, third),
        ("PageDown", 1.6 * third, third),
        ("PageDown", SECONDS - third, third),
        ("PageUp", SECONDS - 1.8 * third, third),
        # The playhead is out of sight: at the middle.
        ("-", SECONDS - 1.3 * third - 0.75 * third, 1.5 * third),
        ("0", 0, SECONDS),
    ]:
        page.keyboard.press(key)
        shows(page, start, start + span)
    page.keyboard.press("-")
    page.wait_for_timeout(100)
    assert window(page) == (0, SECONDS)


def test_the_minimap_moves_and_stretches_the_window(show):
    page = show()
    page.click(".cav-in")
    shows(page, 0, SECONDS / 1.5)
    minimap = page.locator(".cav-minimap")
    minimap.scroll_into_view_if_needed()
    box = minimap.bounding_box()

    def drag(start: float, end: float) -> None:
        """From one second to another."""
        page.mouse.move(*at(box, start / SECONDS))
        page.mouse.down()
        page.mouse.move(*at(box, (start + end) / 2 / SECONDS))
        page.mouse.move(*at(box, end / SECONDS))
        page.mouse.up()

    span = SECONDS / 1.5
    drag(2, 3.5)  # its middle
    shows(page, 1.5, 1.5 + span, 0.03)
    for name, which, to in (("from", 0, 3), ("to", 1, 5)):
        edge = page.locator(f".cav-window [data-edge={name}]").bounding_box()
        grip = (edge["x"] + edge["width"] / 2 - box["x"]) / box["width"] * SECONDS
        before = list(window(page))
        drag(grip, to)
        before[which] += to - grip
        shows(page, before[0], before[1], 0.03)
    start, end = window(page)
    drag(7, 7)  # beside it: it comes
    shows(page, 7 - (end - start) / 2, 7 + (end - start) / 2, 0.03)


def test_two_fingers_hold_the_moments_under_them(show):
    page = show(**PHONE)
    page.click(".cav-in")
    page.focus(".cav-playhead")
    page.keyboard.press("PageDown")
    start, end = SECONDS / 3, SECONDS
    shows(page, start, end)
    box = lane(page)
    touch = page.context.new_cdp_session(page)

    def fingers(kind: str, *parts: float) -> None:
        places = enumerate(at(box, part) for part in parts)
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in places]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    fingers("touchStart", 0.4)
    fingers("touchStart", 0.4, 0.6)
    for step in range(1, 6):
        fingers("touchMove", 0.4 - 0.02 * step, 0.6 + 0.02 * step)
    fingers("touchEnd")
    held = [start + part * (end - start) for part in (0.4, 0.6)]
    span = (held[1] - held[0]) / (0.7 - 0.3)
    shows(page, held[0] - 0.3 * span, held[0] + 0.7 * span, 0.1)
    assert page.get_attribute(".cav", "data-region") == ""
    assert page.locator(f"{READY}[data-playing=true]").count() == 0
    assert page.evaluate("visualViewport.scale") == 1  # the page itself stays as it is


def percent(text: str) -> float:
    return float(re.findall(r"([\d.]+) %", text)[0]) / 100


def test_what_is_under_the_pointer_is_told_in_pythons_numbers(show, clip):
    x = cabcnn.load("accents").explain(clip, seconds=30)
    page = show()
    box = lane(page)
    p, n = x.attention.shape
    assert p == INTERVALS
    # The loudest cell, one that has some say, one with next to none.
    order = np.argsort(x.attention, axis=None)[::-1]
    some = int(np.argmax(x.attention.ravel()[order] < 0.05))
    for which in order[[0, some, -1]]:
        t, i = divmod(int(which), n)
        weight = x.attention[t, i]
        page.mouse.move(*at(box, (t + 0.5) / p, (i + 0.5) / n))
        page.wait_for_function(
            """([who, when]) => document.querySelector(".cav-who").innerText === who
                && document.querySelector(".cav-moment").innerText.endsWith(when)""",
            arg=[f"Classifier {i}", f"interval {t + 1} of {p}"],
        )
        time = float(page.inner_text(".cav-moment").split(" s")[0])
        assert t * 0.025 - 0.006 <= time <= (t + 1) * 0.025 + 0.006
        assert page.inner_text(".cav-cross span") == f"{time:.2f} s"
        assert page.inner_text(".cav-row span") == str(i)
        told = float(page.inner_text(".cav-weight b"))
        assert told == pytest.approx(weight, abs=1e-3 + 5e-4)
        # How exactly votes are sent (payload.py) and written (format.js).
        exactly = 1.5e-3 if weight >= 0.126 else 0.035 if weight >= 1.1e-3 else 0.2
        rows = page.locator(".cav-inspector tbody tr").all_inner_texts()
        for k, (label, row) in enumerate(zip(x.labels, rows, strict=True)):
            name, *cells = row.split("\t")
            assert name.strip() == label
            vote, share, interval, so_far = map(percent, cells)
            assert vote == pytest.approx(x.votes[t, i, k], abs=exactly)
            wanted = weight * x.votes[t, i, k] / p
            assert share == pytest.approx(wanted, abs=(1e-3 + weight * exactly) / p + 1e-6)
            assert interval == pytest.approx(x.interval_probabilities[t, k], abs=7e-4)
            assert so_far == pytest.approx(x.verdict_so_far[t, k], abs=7e-4)
    # Away from the lanes they are those of the cards, until something is played.
    page.mouse.move(5, 5)
    busiest = int(x.attention_share.argmax())
    loudest = int(x.attention[:, busiest].argmax())
    page.wait_for_function(
        """(told) => document.querySelector('.cav-moment').innerText.endsWith(told)""",
        arg=f"interval {loudest + 1} of {p}",
    )
    assert page.inner_text(".cav-when-about") == f"interval {loudest + 1} of {p}"
    assert page.inner_text(".cav-who") == f"Classifier {busiest}"
    assert page.inner_text(".cav-one-who") == f"Classifier {busiest}"
    # Then they are those of the playhead.
    page.focus(".cav-playhead")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        f"() => document.querySelector('.cav-moment').innerText.endsWith('interval 2 of {p}')"
    )
    assert page.is_hidden(".cav-cross")
    assert page.inner_text(".cav-who") == f"Classifier {x.attention[1].argmax()}"


def test_on_a_phone_weight_vote_and_share_stand_above_the_lanes(show, clip):
    x = cabcnn.load("accents").explain(clip, seconds=30)
    page = show(**PHONE)
    line = page.locator(".cav-brief")
    i = int(x.attention_share.argmax())
    t = int(x.attention[:, i].argmax())
    k = int(x.votes[t, i].argmax())
    above, below = line.inner_text().split("\n")
    assert f" s · classifier {i} · weight " in above
    assert below.startswith(f"{x.labels[k]} ")
    share = percent(below.split("share")[1])
    assert share == pytest.approx(x.attention[t, i] * x.votes[t, i, k] / INTERVALS, abs=2e-5)
    assert page.is_visible(".cav-rows span"), "the rows have numbers here too"
    inside, outside = line.evaluate("line => [line.scrollWidth, line.clientWidth]")
    assert inside <= outside <= 390
