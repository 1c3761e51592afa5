"""axe-core finds nothing serious on any tab, light or dark."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from cabcnn.ui import examples

pytestmark = pytest.mark.browser

GRAVE = ("serious", "critical")


def grave(page) -> list[str]:
    """What is seriously wrong with what is shown now; Gradio's own parts need no exception."""
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']}: {node['target']} ({node['failureSummary']})"
        for rule in found
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_tab_has_a_serious_violation(open_page, scheme):
    page = open_page(color_scheme=scheme, reduced_motion="reduce")
    found = {"Explore, empty": grave(page)}
    page.get_by_role("button", name=examples.load()[0].title, exact=True).click()
    page.wait_for_selector("#view .cav[data-state=ready][data-painted]")
    page.get_by_role("button", name="Spectrogram").click()
    page.get_by_role("button", name="Show me, in five steps").click()
    page.wait_for_selector("#view .cav-tour", state="visible")
    found["Explore, tour"] = grave(page)
    page.keyboard.press("Escape")
    for tab in page.get_by_role("tab").all():
        tab.click()
        page.wait_for_timeout(1000)
        found[tab.inner_text()] = grave(page)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
