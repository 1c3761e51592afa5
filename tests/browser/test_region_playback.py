"""A region that is selected is heard: again and again, and at once where the sound plays."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

READY = ".cav[data-state=ready]"
PLAYING, PAUSED = f"{READY}[data-playing=true]", f"{READY}[data-playing=false]"
SECONDS = 8
LATE = 0.6  # seconds by which a busy machine turns late


@pytest.fixture(scope="module")
def watched_page(module_page):
    """A page that keeps in `window.heard` where the playhead was."""
    module_page.evaluate(
        """() => {
            const view = document.querySelector(".cav");
            window.heard = [];
            new MutationObserver(() => window.heard.push(Number(view.dataset.time)))
              .observe(view, { attributeFilter: ["data-time"] });
        }"""
    )
    return module_page


@pytest.fixture
def page(watched_page, show_clip, voice_file, tmp_path):
    """The same, with a clip on it that nobody has played yet."""
    show_clip(watched_page, voice_file(f"{tmp_path.name}.wav", SECONDS), 320)
    watched_page.wait_for_selector(".cav-play:enabled")
    watched_page.evaluate("() => window.heard.splice(0)")
    return watched_page


def drag(page, start: float, end: float, lane: str = "waveform") -> None:
    """Drags over a lane from one second to another."""
    box = page.locator(f".cav-plot[data-lane={lane}]").bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * start / SECONDS, y)
    page.mouse.down()
    for part in (0.1, 0.5, 1):
        page.mouse.move(box["x"] + box["width"] * (start + part * (end - start)) / SECONDS, y)
    page.mouse.up()


def told(page, name: str) -> list[float]:
    return [float(number) for number in page.get_attribute(".cav", f"data-{name}").split()]


def plays_from(page, seconds: float) -> None:
    """Plays from there on: a click on the ruler, and the button where nothing plays yet."""
    box = page.locator(".cav-plot[data-lane=ruler]").bounding_box()
    page.mouse.click(box["x"] + box["width"] * seconds / SECONDS, box["y"] + box["height"] / 2)
    if not page.locator(PLAYING).count():
        page.click(".cav-play")
    page.wait_for_selector(PLAYING)
    page.wait_for_function("s => window.heard.at(-1) > s", arg=seconds)


def loops(page, start: float, end: float) -> None:
    """From now on only this part is heard, and it turns twice."""
    page.wait_for_function(
        "([a, b]) => window.heard.at(-1) >= a && window.heard.at(-1) < b", arg=[start, end]
    )
    page.evaluate("() => window.heard.splice(0)")
    page.wait_for_function(
        """() => window.heard.filter((time, j) => j && time < window.heard[j - 1] - 0.1)
            .length >= 2"""
    )
    heard = page.evaluate("() => window.heard")
    assert min(heard) >= start - 0.02
    assert max(heard) < end + LATE


def test_a_region_dragged_while_nothing_plays_waits_for_play(page):
    drag(page, 2, 2.5)
    start, end = told(page, "region")
    assert (start, end) == (pytest.approx(2, abs=0.05), pytest.approx(2.5, abs=0.05))
    page.wait_for_timeout(300)
    assert page.locator(PAUSED).count() == 1
    assert page.get_attribute(".cav", "data-time") == "0.000"
    page.click(".cav-play")
    loops(page, start, end)


@pytest.mark.parametrize("from_", [5, 1], ids=["behind the playhead", "before it"])
def test_a_region_dragged_elsewhere_while_it_plays_is_gone_to(page, from_):
    plays_from(page, from_)
    drag(page, 3.5, 3)  # to the left, as well as may be
    start, end = told(page, "region")
    assert (start, end) == (pytest.approx(3, abs=0.05), pytest.approx(3.5, abs=0.05))
    loops(page, start, end)


def test_a_region_around_the_playhead_lets_it_go_on(page):
    plays_from(page, 1)
    drag(page, 7.9, 0.5)
    page.wait_for_function("s => window.heard.at(-1) > s + 0.3", arg=told(page, "time")[0])
    page.click(".cav-play")
    page.wait_for_selector(PAUSED)
    assert min(page.evaluate("() => window.heard.slice(1)")) > 0.8  # never at its start


def test_an_edge_dragged_past_the_playhead_turns_it(page):
    drag(page, 1, 7)
    plays_from(page, 5)
    edge = page.locator(".cav-region [data-edge=to]").bounding_box()
    lane = page.locator(".cav-plot[data-lane=waveform]").bounding_box()
    y = lane["y"] + lane["height"] / 2
    page.mouse.move(edge["x"] + edge["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(lane["x"] + lane["width"] * 3 / SECONDS, y)
    page.mouse.move(lane["x"] + lane["width"] * 1.5 / SECONDS, y)
    page.mouse.up()
    start, end = told(page, "region")
    assert (start, end) == (pytest.approx(1, abs=0.05), pytest.approx(1.5, abs=0.05))
    loops(page, start, end)


def test_the_keys_for_its_start_and_end_let_it_be_heard_at_once(page):
    plays_from(page, 4)
    page.keyboard.press("i")
    page.wait_for_timeout(400)
    page.keyboard.press("o")
    start, end = told(page, "region")
    assert 4 <= start < end < 8
    loops(page, start, end)


def test_a_region_that_ends_with_the_sound_turns_there(page):
    drag(page, 7.5, 9)  # past the end of the lane
    start, end = told(page, "region")
    assert (start, end) == (pytest.approx(7.5, abs=0.05), SECONDS)
    page.click(".cav-play")
    loops(page, start, end)


def test_a_drag_and_fit_leave_the_keys_to_the_view(page):
    drag(page, 2, 4)
    assert told(page, "region") != []
    page.keyboard.press("Escape")
    page.wait_for_selector(f'{READY}[data-region=""]')
    page.click(".cav-in")
    page.click(".cav-fit")
    page.wait_for_selector(".cav-fit:disabled")
    page.wait_for_selector(".cav-playhead:focus")
    page.keyboard.press(" ")
    page.wait_for_selector(PLAYING)
    page.click(".cav-play")
    page.wait_for_selector(PAUSED)


def test_an_edge_does_not_stick_where_the_window_ends(page):
    drag(page, 1, 2)
    page.click(".cav-in")
    page.click(".cav-in")
    page.wait_for_function("() => Number(document.querySelector('.cav').dataset.to) < 4")
    end = float(page.get_attribute(".cav", "data-to"))
    lane = page.locator(".cav-plot[data-lane=waveform]").bounding_box()
    edge = page.locator('.cav-region [data-edge="to"]').bounding_box()
    y = lane["y"] + lane["height"] / 2
    page.mouse.move(edge["x"] + edge["width"] / 2, y)
    page.mouse.down()
    for beyond in (-50, 50, 200):
        page.mouse.move(lane["x"] + lane["width"] + beyond, y)
    page.mouse.up()
    region = told(page, "region")
    assert region == pytest.approx([1, end], abs=0.05)
    page.mouse.move(lane["x"] + lane["width"] / 2, y)
    page.mouse.move(lane["x"] + lane["width"] / 3, y)
    assert told(page, "region") == region, "it is let go"
    assert page.is_visible('.cav-region [data-edge="to"]')
    page.click(".cav-fit")
