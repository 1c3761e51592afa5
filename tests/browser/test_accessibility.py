"""axe-core finds nothing serious on any tab, empty or in use, light or dark, wide or on a phone;
all can be done by keyboard; who wants no motion sees none; and each tab explains its terms."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe

from cabcnn.ui import examples
from cabcnn.ui.terms import TERMS

pytestmark = pytest.mark.browser

GRAVE = ("serious", "critical")
PANEL = "[role=tabpanel]:not([style*='display: none'])"  # of the tab that is open
WIDTHS = {"light": 1280, "dark": 390}
# Each tab, and what is there once it is filled.
TABS = {
    "Explore": "#view .cav[data-state=ready][data-painted]",
    "Compare": ".ccv[data-state=empty]",
    "Live": ".clv-bars li",
    "Atlas": ".cat[data-state=ready] .cat-open",
    "Train": ".found table",
    "About the model": "#about h2",
}
# Waits until the page has been drawn as it is now, twice: the views draw when their size changes.
DRAWN = """
async () => {
    for (let k = 0; k < 3; k += 1) await new Promise((next) => requestAnimationFrame(next));
}
"""
# What of ours moves by itself for longer than a blink, in milliseconds.
MOVES = """
(inside) => {
    const long = (times) => times.split(",").some((time) => {
        const number = parseFloat(time);
        return (time.trim().endsWith("ms") ? number : 1000 * number) > 100;
    });
    const found = [];
    const ours = "[class*=cav], [class*=ccv], [class*=cat-], [class*=ctv], [class*=clv], " +
        ".cav *, .ccv *, .cat *, .ctv *, .clv *, #term-tip, .term";
    for (const one of document.querySelectorAll(ours)) {
        if (!one.closest(inside)) continue;
        for (const part of [undefined, "::before", "::after"]) {
            const style = getComputedStyle(one, part);
            const animated = style.animationName !== "none" && long(style.animationDuration);
            const changes = style.transitionProperty !== "none" && long(style.transitionDuration);
            if (animated || changes) found.push(`${one.tagName}.${one.className}${part ?? ""}`);
            if (style.scrollBehavior === "smooth") found.push(`${one.className} scrolls`);
        }
    }
    return [...new Set(found)];
}
"""
# What has the focus, and whether one can see that it has.
FOCUSED = """
() => {
    const one = document.activeElement;
    const style = getComputedStyle(one);
    const frame = getComputedStyle(one.closest(".cav-overlay") ?? one);
    const outlined = [style, frame].some(
        (of) => of.outlineStyle !== "none" && parseFloat(of.outlineWidth) >= 1);
    return {
        name: one.className && typeof one.className === "string" ? one.className : one.tagName,
        term: one.dataset.term ?? null,
        inside: one.closest("#view .cav") !== null,
        seen: outlined || style.boxShadow !== "none",
        shown: one.getClientRects().length > 0,
    };
}
"""


def grave(page, inside: str | None = None) -> list[str]:
    """What is seriously wrong with what is shown now; Gradio's own parts need no exception."""
    found = Axe().run(page, context=inside).response["violations"]
    return [
        f"{rule['id']}: {node['target']} ({node['failureSummary']})"
        for rule in found
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


def show_example(page) -> None:
    page.get_by_role("button", name=examples.load()[0].title, exact=True).click()
    page.wait_for_selector("#view .cav[data-state=ready][data-painted]")


def test_nothing_serious_and_nothing_moves_in_light_and_on_a_dark_phone(open_page):
    page = open_page(color_scheme="light", reduced_motion="reduce")
    found, moving = {}, {}

    def look(name: str, inside: str | None = None) -> None:
        found[name] = grave(page, inside)
        moving[name] = page.evaluate(MOVES, inside or "body")

    look("Explore, empty")
    show_example(page)
    page.get_by_role("button", name="Spectrogram").click()
    page.get_by_role("button", name="Show me, in five steps").click()
    page.wait_for_selector("#view .cav-tour", state="visible")
    look("Explore, tour")
    page.keyboard.press("Escape")
    for scheme in ("light", "dark"):
        turn(page, scheme)
        for tab, filled in TABS.items():
            page.get_by_role("tab", name=tab, exact=True).click()
            page.wait_for_selector(filled, state="visible")
            assert page.locator(PANEL).count() == 1
            if tab in ("Explore", "Atlas"):  # axe looks at them below, with all of them open
                moving[f"{tab}, {scheme}"] = page.evaluate(MOVES, PANEL)
            else:
                look(f"{tab}, {scheme}", PANEL)
    look("the whole page, dark, narrow")
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    assert {name: moves for name, moves in moving.items() if moves} == {}


def turn(page, scheme: str) -> None:
    """Light and wide, or dark on a phone."""
    page.set_viewport_size({"width": WIDTHS[scheme], "height": 900})
    page.emulate_media(color_scheme=scheme)
    page.wait_for_function(
        "dark => (document.querySelector('.dark') !== null) === dark", arg=scheme == "dark"
    )
    page.evaluate(DRAWN)


@pytest.fixture
def page(open_page):
    return open_page(color_scheme="light")


@pytest.fixture
def look(page) -> Callable[[str], None]:
    """Looks at the page's open tab in light and wide, then in the dark on a phone: axe has nothing
    grave to say of it, and nothing scrolls to the side."""

    def look(name: str) -> None:
        for scheme, width in WIDTHS.items():
            turn(page, scheme)
            assert grave(page, PANEL) == [], f"{name}, {scheme}"
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name

    return look


def explained(page) -> set[str]:
    """The terms that the open tab shows, each asked for by the keyboard's focus."""
    found = set()
    for term in page.locator(f"{PANEL} [data-term]").all():
        if term.is_visible():
            found.add(term.get_attribute("data-term"))
            term.focus()
            assert page.inner_text("#term-tip") == TERMS[term.get_attribute("data-term")]
    return found


def test_a_clip_explored_put_to_the_test_and_taken_away(page, look):
    show_example(page)
    page.get_by_role("button", name="Spectrogram").click()
    lane = page.locator("#view .cav-plot[data-lane=waveform]").bounding_box()
    page.mouse.move(lane["x"] + 100, lane["y"] + 20)
    page.mouse.down()
    page.mouse.move(lane["x"] + 130, lane["y"] + 20)
    page.mouse.move(lane["x"] + 300, lane["y"] + 20)
    page.mouse.up()
    page.click("#view .cav-one-mute")
    page.wait_for_selector("#view .cav-regional", state="visible")
    page.wait_for_selector("#view .cav-banner", state="visible")
    page.get_by_role("button", name="Export").press("Enter")
    page.wait_for_selector("#export-start", state="visible")
    page.get_by_role("button", name="Does the evidence hold?").press("Enter")
    page.get_by_role("button", name="Silence and hear again").press("Enter")
    page.wait_for_selector("#evidence-result .verdict", state="visible")
    page.locator("#evidence-result").get_by_text("The numbers").click()
    look("Explore with all of it open")
    assert {"attention", "vote", "faithfulness", "at-random", "t"} <= explained(page)


def test_two_clips_compared(page, look):
    page.get_by_role("tab", name="Compare").click()
    page.click("#compare-source-a input")
    page.get_by_role("option", name=examples.load()[0].title, exact=True).click()
    page.wait_for_selector(".ccv[data-state=ready][data-painted]")
    page.locator(".ccv-numbers summary").click()
    look("Compare with two clips")
    wanted = {"attention", "colour", "classifier", "use", "waveform", "interval-probabilities", "t"}
    assert wanted <= explained(page)


def test_a_classifier_of_the_atlas_training_and_about(page, look):
    page.get_by_role("tab", name="Atlas", exact=True).click()
    page.wait_for_selector(".cat[data-state=ready]")
    page.locator(".cat-open").first.click()
    page.wait_for_selector(".cat-detail")
    look("Atlas with a classifier's details")
    page.set_viewport_size({"width": 1280, "height": 900})
    assert {"use", "specialisation", "classifier"} <= explained(page)
    page.get_by_role("tab", name="Train").click()
    page.wait_for_selector("#train-seconds .term", state="visible")
    assert "t" in explained(page)
    page.get_by_role("tab", name="About the model").click()
    page.wait_for_selector(".about .term", state="visible")
    assert {"unweighted-recall", "effective-classifiers"} <= explained(page)


def test_a_voice_heard_live(page, look):
    page.get_by_role("tab", name="Live").click()
    page.wait_for_selector(".clv-bars li")
    assert {"attention", "top-classifier", "vote", "verdict-so-far"} <= explained(page)
    page.evaluate(
        """() => {
            const devices = navigator.mediaDevices;
            const open = devices.getUserMedia.bind(devices);
            devices.getUserMedia = async () => {
                devices.getUserMedia = open;
                throw new DOMException("No", "NotAllowedError");
            };
        }"""
    )
    page.get_by_role("button", name="Start").click()
    page.locator(".clv-trouble", has_text="Allow it").wait_for()
    look("Live, denied")
    page.get_by_role("button", name="Start").click()
    page.wait_for_selector(".clv[data-state=listening][data-painted]")
    look("Live, listening")
    page.get_by_role("tab", name="About the model").click()  # leaving stops it
    page.wait_for_selector(".clv[data-state=held]", state="attached")
    page.get_by_role("tab", name="Live").click()
    page.wait_for_selector(".clv-open", state="visible")
    look("Live, held")
    page.get_by_role("button", name="Open in Explore").click()
    page.wait_for_selector("#view .cav[data-state=ready]", state="visible")
    page.get_by_role("tab", name="Live").click()
    page.wait_for_selector(".clv[data-state=ready]", state="visible")
    look("Live, stopped and opened")


def test_explore_by_keyboard_alone(open_page):
    page = open_page()

    def tab_to(*wanted: str, most: int = 80) -> list[dict]:
        """Presses Tab until the focus has one of these classes; what had it on the way."""
        passed = []
        for _ in range(most):
            page.keyboard.press("Tab")
            passed.append(page.evaluate(FOCUSED))
            if any(name in passed[-1]["name"].split() for name in wanted):
                return passed
        raise AssertionError(f"Tab never reaches {wanted}, only {[one['name'] for one in passed]}")

    page.get_by_label("5 s", exact=True).check()
    tab_to("gallery-item")
    page.keyboard.press("Enter")
    page.wait_for_selector("#view .cav[data-state=ready][data-painted]")
    page.wait_for_function(  # the verdict and the notice are said aloud too
        "said => document.querySelector('#view .cav-live').innerText.endsWith(said)",
        arg=" Only the first 5 seconds were used.",
    )
    tab_to("cav-play")
    page.keyboard.press("Enter")
    page.wait_for_selector("#view .cav[data-playing=true]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#view .cav:not([data-playing=true])")
    way = tab_to("cav-colouring")
    page.keyboard.press("ArrowDown")  # another colour, as a list does
    way += tab_to("cav-sorting") + tab_to("cav-keep") + tab_to("cav-playhead")
    before = page.get_attribute("#view .cav", "data-row")
    page.keyboard.press("ArrowDown")
    page.wait_for_function(
        "before => document.querySelector('#view .cav').dataset.row !== before", arg=before
    )
    way += tab_to("cav-stop-slider")
    way.pop()  # it frames its thumb, which no style tells: look
    slider = page.locator("#view .cav-stop")
    with_focus = slider.screenshot()
    way += tab_to("cav-one-mute")
    assert slider.screenshot() != with_focus
    page.keyboard.press("Space")
    page.wait_for_selector("#view .cav[data-muted]:not([data-muted=''])")
    assert page.evaluate(FOCUSED)["inside"], "the focus stays where one was"
    way += tab_to("cav-when-class") + tab_to("cav-link")
    assert [one for one in way if not (one["inside"] and one["seen"] and one["shown"])] == []
    assert {"weight", "vote", "interval-share", "attention"} <= {one["term"] for one in way}
