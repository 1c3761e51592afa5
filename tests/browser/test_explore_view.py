"""Stories of someone who questions a verdict: every number in them is Python's as well."""

from __future__ import annotations

import re

import pytest

import cabcnn
from cabcnn.explanation import Explanation

pytestmark = pytest.mark.browser

READY = ".cav[data-state=ready]"
CLOSE = 1e-3  # what packing the two matrices may move a probability by


@pytest.fixture
def shown(open_page, module_page, show_clip, voice_file, tmp_path):
    """A page that shows a clip, and what Python says of the same file."""
    path = voice_file(f"{tmp_path.name}.wav", seconds=8)
    x = cabcnn.load("accents").explain(path, seconds=30)

    def show(*arguments, **options):
        page = open_page(*arguments, **options) if arguments or options else module_page
        show_clip(page, path, len(x.attention))
        # What stays as it was for the last clip.
        page.evaluate(
            "() => document.querySelector('.cav').explorer.state"
            ".set({ colouring: 'attention', sorting: 'number', folded: false })"
        )
        return page, x

    return show


def told(page, name: str) -> list[float]:
    return [float(number) for number in page.get_attribute(".cav", f"data-{name}").split()]


def agrees(page, x: Explanation, name: str = "verdict") -> None:
    """The page's numbers are those of `x`, the ones that are written as well."""
    assert told(page, name) == pytest.approx(x.probabilities.tolist(), abs=CLOSE)
    column = ".cav-bar-value" if name == "verdict" else ".cav-bar-alone"
    written = [percent(text) for text in page.locator(column).all_inner_texts()]
    assert written == pytest.approx(told(page, name), abs=6e-4)
    if name == "verdict":
        assert page.inner_text(".cav-predicted") == x.label


def percent(text: str) -> float:
    return float(re.findall(r"([\d.]+) %", text)[0]) / 100


def test_classifiers_are_muted_and_heard_again(shown):
    page, x = shown()
    agrees(page, x)
    assert page.is_hidden(".cav-banner")
    busiest, second = map(int, (-x.attention_share).argsort()[:2])
    assert page.inner_text(".cav-one-who") == f"Classifier {busiest}"
    assert percent(page.inner_text(".cav-one-about b")) == pytest.approx(
        x.attention_share[busiest], abs=1e-3
    )
    # What it adds, class by class, adds up to its share of the attention.
    *adds, together = [percent(row.split("\t")[-1]) for row in rows(page, ".cav-one-table")]
    for label, added in zip(x.labels, adds, strict=True):
        assert added == pytest.approx(x.evidence(label)[:, busiest].sum(), abs=CLOSE)
    assert together == pytest.approx(sum(adds), abs=2e-4)

    before = page.get_attribute(".cav", "data-painted")
    page.click(".cav-one-mute")
    agrees(page, x.without([busiest]))
    assert "1 of 40 classifiers muted" in page.inner_text(".cav-banner")
    assert f"{x.label} {x.probabilities.max():.1%}".replace("%", " %") in page.inner_text(
        ".cav-banner"
    )
    page.wait_for_function(
        "before => document.querySelector('.cav').dataset.painted !== before", arg=before
    )
    page.wait_for_function(
        "() => document.querySelector('.cav-live').innerText.includes('1 of 40')"
    )
    # By keys: the row of the second, found among those by use, is muted as well.
    page.select_option(".cav-sorting", "use")
    page.focus(".cav-playhead")
    page.keyboard.press("ArrowUp")  # the muted one is the last by use now
    while page.inner_text(".cav-one-who") != f"Classifier {second}":
        page.keyboard.press("ArrowUp")
    page.keyboard.press("m")
    agrees(page, x.without([busiest, second]))
    page.click(f'button[aria-label="Unmute classifier {busiest}"]')
    agrees(page, x.without([second]))
    # The one that may not be missing stays, and the keys go on working where a button vanished.
    page.click(".cav-one-only")
    page.keyboard.press("m")
    page.wait_for_function(
        "() => document.querySelector('.cav-live').innerText.includes('leave at least one')"
    )
    agrees(page, x.without(set(range(40)) - {busiest}))
    page.focus(".cav-unmute")
    page.keyboard.press("Enter")
    agrees(page, x)
    assert page.is_hidden(".cav-banner")
    assert page.locator(".cav-playhead").evaluate("head => head === document.activeElement")

    page.select_option(".cav-keep", "5")
    kept = (-x.attention_share).argsort(kind="stable")[:5].tolist()
    agrees(page, x.without(set(range(40)) - set(kept)))
    assert "35 of 40 classifiers muted" in page.inner_text(".cav-banner")
    page.click(".cav-fold")
    assert "5 of 40" in page.inner_text(".cav-count")
    assert page.inner_text(".cav-fold") == "Unfold 35"


def rows(page, table: str) -> list[str]:
    return page.locator(f"{table} tbody tr").all_inner_texts()


def test_a_region_is_selected_looped_and_judged_alone(shown):
    page, x = shown()
    lane = page.locator(".cav-plot[data-lane=waveform]").bounding_box()

    def at(seconds: float) -> float:
        return lane["x"] + lane["width"] * seconds / 8

    y = lane["y"] + 20
    page.mouse.move(at(2), y)
    page.mouse.down()
    page.mouse.move(at(2.2), y)
    page.mouse.move(at(3), y)
    page.mouse.up()
    start, end = told(page, "region")
    assert (start, end) == (pytest.approx(2, abs=0.05), pytest.approx(3, abs=0.05))
    agrees(page, x)
    agrees(page, x.between(start, end), "region-verdict")
    assert f"Only {start:.2f} to {end:.2f} s" in page.inner_text(".cav-regional")
    # An edge moves by keys, an interval a press.
    page.focus(".cav-region [data-edge=to]")
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    start, end = told(page, "region")
    assert end - start == pytest.approx(0.075)  # not before its start, and two intervals on
    agrees(page, x.between(start, end), "region-verdict")
    # A muted classifier is missing in the region as well.
    page.click(".cav-one-mute")
    muted = [int(one) for one in page.get_attribute(".cav", "data-muted").split()]
    agrees(page, x.without(muted).between(start, end), "region-verdict")
    # It plays again and again.
    page.wait_for_selector(".cav-play:enabled")
    page.evaluate(
        """([start, end]) => {
            const view = document.querySelector(".cav");
            view.explorer.state.set({ region: [2, 2.5] });
            window.heard = [];
            new MutationObserver(() => window.heard.push(Number(view.dataset.time)))
              .observe(view, { attributeFilter: ["data-time"] });
        }""",
        [start, end],
    )
    page.click(".cav-play")
    page.wait_for_function(
        "() => window.heard.some((time, j) => j && time < window.heard[j - 1] - 0.2)"
    )
    heard = [time for time in page.evaluate("() => window.heard") if time > 0]
    assert min(heard) >= 1.99
    assert max(heard) < 2.9  # a busy machine turns late
    page.click(".cav-play")
    page.keyboard.press("Escape")
    assert page.get_attribute(".cav", "data-region") == ""
    assert page.is_hidden(".cav-regional")


# Where the playhead is drawn, in seconds, and what the clock said last.
PLAYHEAD = """
window.playhead = () => {
    const view = document.querySelector(".cav");
    const { left, width } = view.querySelector(".cav-plot[data-lane=heatmap]")
        .getBoundingClientRect();
    const x = view.querySelector(".cav-playhead").getBoundingClientRect().left + 1 - left;
    return [(x / width) * view.dataset.p / 40, Number(view.dataset.time)];
};
"""
MOVING = "document.querySelector('.cav-playhead').getAnimations().length"


def test_the_playhead_goes_with_the_sound_between_the_clocks_frames(shown):
    page, _ = shown()
    page.evaluate(PLAYHEAD)
    page.wait_for_selector(".cav-play:enabled")
    page.click(".cav-play")
    page.wait_for_function(f"() => {MOVING} === 1")
    page.wait_for_function(
        """() => {
            const [drawn, told] = window.playhead();
            const between = window.before?.[1] === told && drawn > window.before[0];
            window.before = [drawn, told];
            return between;
        }"""
    )
    drawn, told = page.evaluate("window.playhead()")
    assert told - 0.2 < drawn < told + 1  # a busy machine tells the time late
    page.click(".cav-play")
    page.wait_for_function(f"() => {MOVING} === 0")
    drawn, told = page.evaluate("window.playhead()")
    assert drawn == pytest.approx(told, abs=0.02)


def test_it_stops_earlier_and_a_moment_is_taken_apart(shown):
    page, x = shown()
    slider = page.locator(".cav-stop-slider")
    for intervals in (1, 100, 200):
        slider.fill(str(intervals))
        agrees(page, x.at(intervals * 0.025))
    assert "the first 5.00 s" in page.inner_text(".cav-banner")
    leaders = x.at(5).verdict_so_far.argmax(1)
    changes = [t for t in range(1, 200) if leaders[t] != leaders[t - 1]]
    if changes:
        assert f"After {(changes[-1] + 1) * 0.025:.2f} s" in page.inner_text(".cav-stop-text")
    page.click(".cav-unstop")
    agrees(page, x)

    heatmap = page.locator(".cav-plot[data-lane=heatmap]").bounding_box()
    top = heatmap["y"] + heatmap["height"] / 80  # the middle of the first of forty rows
    page.mouse.click(heatmap["x"] + heatmap["width"] / 2, top)
    page.wait_for_selector('.cav[data-moment]:not([data-moment=""])')
    t = int(page.get_attribute(".cav", "data-moment"))
    assert abs(t - 160) <= 2
    assert page.inner_text(".cav-one-who") == "Classifier 0"
    k = int(page.input_value(".cav-when-class"))
    assert k == x.interval_probabilities[t].argmax()
    lines = [percent(row.split("=")[1]) for row in rows(page, ".cav-when-table")]
    assert sum(lines[:-1]) == pytest.approx(lines[-1], abs=5e-4)  # each is rounded
    assert lines[-1] == pytest.approx(x.interval_probabilities[t, k], abs=2e-3)
    first = int(page.locator(".cav-when-table tbody button").first.inner_text())
    assert x.attention[t, first] == pytest.approx(x.attention[t].max(), abs=1e-3)
    page.locator(".cav-when-table tbody button").first.click()
    assert page.inner_text(".cav-one-who") == f"Classifier {first}"

    # A strongest moment is heard alone.
    page.wait_for_selector(".cav-play:enabled")
    strongest = x.strongest_moments(first, 1)[0]
    page.locator(".cav-snippet").first.click()
    page.wait_for_selector(f"{READY}[data-playing=true]")
    page.wait_for_selector(f"{READY}[data-playing=false]")
    stopped = float(page.get_attribute(".cav", "data-time"))
    assert strongest.time + 0.15 < stopped < strongest.time + 0.6
    assert abs(int(page.get_attribute(".cav", "data-moment")) * 0.025 - strongest.time) < 0.02


def test_any_class_is_set_against_any_other_and_it_all_comes_back(shown):
    page, x = shown()
    page.select_option(".cav-colouring", "for 1")
    assert x.labels[1] in page.inner_text(".cav-unit")
    page.select_option(".cav-against", "for 1 against 2")
    assert page.inner_text(".cav-unit") == f"{x.labels[1]} ← weight × vote → {x.labels[2]}"
    page.select_option(".cav-sorting", "class")
    page.evaluate(
        "() => document.querySelector('.cav').explorer.state.set({ muted: [3, 7], until: 4 })"
    )
    page.click(".cav-in")
    page.wait_for_function("() => Number(document.querySelector('.cav').dataset.to) < 7")
    kept = page.evaluate("() => JSON.stringify(document.querySelector('.cav').explorer.snapshot())")
    page, x = shown(390, 844, has_touch=True, is_mobile=True)
    left = page.evaluate(
        "kept => document.querySelector('.cav').explorer.restore(JSON.parse(kept))", kept
    )
    assert left == []
    agrees(page, x.without([3, 7]).at(4))
    assert page.input_value(".cav-against") == "for 1 against 2"
    assert page.input_value(".cav-sorting") == "class"
    page.wait_for_function("() => Number(document.querySelector('.cav').dataset.to) < 7")
    # On a phone: nothing beside the page, and a finger selects.
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.click(".cav-fit")
    lane = page.locator(".cav-plot[data-lane=stack]")
    lane.scroll_into_view_if_needed()
    box = lane.bounding_box()
    touch = page.context.new_cdp_session(page)
    y = box["y"] + 20
    places = [box["x"] + box["width"] * part for part in (0.25, 0.3, 0.4, 0.5)]
    for kind, x_ in [("touchStart", places[0]), *(("touchMove", place) for place in places[1:])]:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x_, "y": y}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_selector('.cav:not([data-region=""])')
    start, end = told(page, "region")
    assert (start, end) == (pytest.approx(2, abs=0.15), pytest.approx(4, abs=0.15))
    agrees(page, x.without([3, 7]).between(start, end), "region-verdict")
