"""A visitor asks whether the evidence holds, and goes on to another clip."""

from __future__ import annotations

import pytest

from cabcnn.ui import examples

pytestmark = pytest.mark.browser


def test_the_evidence_is_put_to_the_test_and_belongs_to_its_clip(open_page):
    page = open_page(390, 844)
    clips = examples.load()  # with the first of which the page begins
    page.get_by_role("button", name="Does the evidence hold?").press("Enter")
    start = page.get_by_role("button", name="Silence and hear again")
    start.wait_for()
    assert page.locator("#evidence-result .verdict").count() == 0  # nothing runs unasked
    start.press("Enter")
    page.wait_for_selector("#evidence-result .verdict")
    assert clips[0].title in page.inner_text("#evidence-result figcaption")
    chart = page.get_by_role("img", name="Probability of")
    assert chart.count() == 1  # the one that fits this width
    box = chart.bounding_box()
    assert box["width"] > 250
    assert box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_text("The numbers").click()
    assert page.locator("#evidence-result tbody tr").count() == 12
    first, last = (page.locator("#evidence-result tbody tr").nth(j) for j in (0, 11))
    for row in (first, last):
        assert len(set(row.locator("td").all_inner_texts())) == 1  # both ends are shared
    page.get_by_role("button", name=clips[1].title, exact=True).click()
    page.wait_for_function(
        "name => document.querySelector('.cav-clip').innerText.includes(name)",
        arg=clips[1].title,
    )
    page.wait_for_selector("#evidence-result .verdict", state="detached")
