"""axe-core finds nothing serious on any tab, light or dark, wide or on a phone; all can be done by
keyboard; and who wants no motion sees none."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from cabcnn.ui import examples

pytestmark = pytest.mark.browser

GRAVE = ("serious", "critical")
PANEL = "[role=tabpanel]:not([style*='display: none'])"  # of the tab that is open
# What of ours moves by itself for longer than a blink, in milliseconds.
MOVES = """
() => {
    const long = (times) => times.split(",").some((time) => {
        const number = parseFloat(time);
        return (time.trim().endsWith("ms") ? number : 1000 * number) > 100;
    });
    const found = [];
    for (const one of document.querySelectorAll("[class*=cav], [class*=ccv], [class*=cat-], " +
        "[class*=ctv], .cav *, .ccv *, .cat *, .ctv *, #term-tip, .term")) {
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
        moving[name] = page.evaluate(MOVES)

    look("Explore, empty")
    show_example(page)
    page.get_by_role("button", name="Spectrogram").click()
    page.get_by_role("button", name="Show me, in five steps").click()
    page.wait_for_selector("#view .cav-tour", state="visible")
    look("Explore, tour")
    page.keyboard.press("Escape")
    tabs = page.get_by_role("tab").all()
    for scheme, width in (("light", 1280), ("dark", 390)):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.wait_for_function(
            "dark => (document.querySelector('.dark') !== null) === dark", arg=scheme == "dark"
        )
        for tab in tabs:
            tab.click()
            page.wait_for_timeout(500)
            assert page.locator(PANEL).count() == 1
            look(f"{tab.inner_text()}, {scheme}", PANEL)
    look("the whole page, dark, narrow")
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    assert {name: moves for name, moves in moving.items() if moves} == {}


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
        arg="%. Only the first 5 seconds were used.",
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
