"""A visitor opens the atlas of a model, sorts it, listens, and looks a classifier up."""

from __future__ import annotations

import pytest

from cabcnn import checkpoint
from cabcnn.ui import examples

pytestmark = pytest.mark.browser

READY = ".cat[data-state=ready]"


def numbers(page) -> list[int]:
    return [int(text) for text in page.locator(".cat-open").all_inner_texts()]


def test_the_atlas_is_sorted_listened_to_and_looked_up(open_page):
    page = open_page()
    stella = examples.load()[0]
    page.get_by_role("button", name=stella.title, exact=True).click()
    page.wait_for_selector('.cav[data-state=ready][data-m="3"]')
    page.get_by_role("tab", name="Atlas", exact=True).click()
    page.wait_for_selector(f"{READY}[data-model=accents]")
    assert "synthetic" in page.inner_text(".cat-warning")
    by_use = numbers(page)
    told = page.locator("td.cat-col-use .cat-value").all_inner_texts()
    shares = [float(text.split()[0]) for text in told]
    assert shares == sorted(shares, reverse=True)

    # Sorted, by the head and by the list; those that hardly speak come when asked for.
    page.get_by_role("button", name="Specialisation", exact=True).click()
    assert page.get_attribute("th[data-key=special]", "aria-sort") == "descending"
    assert sorted(numbers(page)) == sorted(by_use) != by_use
    page.get_by_label("Sort by").select_option(label="number")
    page.get_by_role("checkbox", name="also the").check()
    assert numbers(page) == list(range(40))

    # A moment is heard, by the keyboard.
    button = page.locator(".cat-play").nth(3)
    assert button.get_attribute("aria-label").startswith("Play ")
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(f'.cat[data-played="{button.get_attribute("data-moment")}"]')
    page.wait_for_function("() => !document.querySelector('.cat-play[aria-pressed=true]')")

    # The square tells of two classifiers, and opens one.
    square = page.get_by_role("application", name="Correlation of attention")
    box = square.bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.6 * box["height"])
    assert "r = " in page.inner_text(".cat-pair")
    square.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    chosen = int(square.get_attribute("data-pair").split()[0])
    page.keyboard.press("Enter")
    page.wait_for_selector(f"tr[data-row='{chosen}'] + .cat-detail")
    assert page.inner_text(".cat-sentence").startswith(f"Classifier {chosen} ")

    # And in Explore its row is the one that the numbers are about.
    page.get_by_role("button", name="Show in Explore").click()
    page.wait_for_selector(f'.cav[data-row="{chosen}"]', state="visible")


def test_the_atlas_follows_the_model_and_fits_a_phone(open_page):
    page = open_page(390, 844, has_touch=True, is_mobile=True, device_scale_factor=2)
    page.get_by_role("tab", name="Atlas", exact=True).click()
    page.wait_for_selector(f"{READY}[data-model=accents]")
    page.locator(".cat-open").first.tap()
    page.wait_for_selector(".cat-detail")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.click("#model input")
    page.get_by_role("option", name="digit").click()
    page.wait_for_selector(f"{READY}[data-model=digits]")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    nameless = page.evaluate(
        """() => [...document.querySelectorAll(".cat button, .cat select, .cat input")]
            .filter((one) => one.offsetParent)
            .filter((one) => !(one.labels?.length || one.ariaLabel || one.innerText?.trim()))
            .map((one) => one.outerHTML.slice(0, 120))"""
    )
    assert nameless == []


@pytest.fixture
def own_models(served_home, formula_model, make_card):
    """Two models that have no atlas yet."""
    paths = [served_home / "models" / f"{name}.safetensors" for name in ("one", "two")]
    paths[0].parent.mkdir(exist_ok=True)
    for path in paths:
        card = make_card(name=path.stem, title=f"Model {path.stem}")
        checkpoint.save(path, formula_model(3), card)
    yield
    for path in paths:
        path.unlink()


@pytest.mark.usefixtures("own_models")
def test_one_atlas_is_computed_at_a_time_and_another_is_refused_with_a_sentence(open_page):
    page = open_page()
    page.get_by_role("tab", name="Atlas", exact=True).click()
    compute = page.get_by_role("button", name="Compute from the built-in voices")
    for name in ("one", "two"):
        page.click("#model input")
        page.get_by_role("option", name=f"Model {name}").click()
        page.locator(".cat-none .cat-title").get_by_text(f"Model {name}").wait_for()
        compute.click()
        if name == "one":
            page.wait_for_selector(".cat[data-state=busy]")
    page.get_by_text("The atlas of another model is being computed").wait_for()
    assert page.get_attribute(".cat", "data-state") == "none"
    page.click("#model input")
    page.get_by_role("option", name="Model one").click()
    page.wait_for_selector(".cat[data-state=busy]")
    page.get_by_role("button", name="Cancel").click()
    compute.wait_for()
