"""The glossary, and where it is used."""

from __future__ import annotations

import re
from dataclasses import replace

from cabcnn.ui import about, page
from cabcnn.ui.terms import TERMS
from cabcnn.views import bundle

USED = re.compile(r"""data-term="([\w-]+)"|\bterm\("([\w-]+)"|dataset\.term = "([\w-]+)\"""")


def used(text: str) -> set[str]:
    return {name for names in USED.findall(text) for name in names if name}


def test_what_explains_itself_is_in_the_glossary():
    rooms = page.HERE, page.HERE.parent / "views"
    sources = [
        path for kind in ("py", "js", "html") for r in rooms for path in r.rglob(f"*.{kind}")
    ]
    found = set().union(*(used(path.read_text("utf-8")) for path in sources))
    assert {"t", "weight", "interval-share", "mean-vote", "use", "speaker-disjoint"} <= found
    assert found <= TERMS.keys()


def test_about_explains_its_words_without_changing_them(make_card):
    (row, *_) = make_card().measurements
    said = about.scores([replace(row, protocol="speaker-disjoint <5 folds>")])
    assert 'data-term="speaker-disjoint">speaker-disjoint</span> &lt;5 folds&gt;<small>' in said
    assert "<th scope='row'>another way<small>" in about.scores(
        [replace(row, protocol="another way")]
    )


def test_page_tour_glossary_and_readme_say_the_same_of_an_interval():
    views = page.HERE.parent / "views" / "explorer"
    readme = (page.HERE.parents[1] / "README.md").read_text("utf-8")
    tour = (views / "tour_steps.js").read_text("utf-8").replace("${milliseconds}", "25")
    tour = re.sub(r"[`\"] \+\s+[`\"]", "", tour)
    guide = re.sub(r"<[^>]+>", "", bundle.html("explorer"))
    for text in (TERMS["interval"], guide, tour, readme):
        words = " ".join(text.split())
        assert "every 25 ms" in words
        assert "a tenth of a second" in words
        assert "overlap" in words
