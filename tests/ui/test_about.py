"""The About tab: a card's facts, none lost, none executed."""

from __future__ import annotations

import re
from dataclasses import replace

from cabcnn.ui.about import describe, scores


def text_of(article: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", article))


def test_every_fact_of_the_card_is_told(make_card):
    card = make_card(
        title="English accents",
        data="186 readings of one paragraph",
        source="an archive, https://accent.gmu.edu/x",
        licence="CC BY-NC-SA 2.0",
        caution="It knows three accents only.",
        recipe={"learning_rate": 0.001, "crop_seconds": None, "balance": True},
        parameters=133_856,
        notes=("A note.",),
    )
    text = text_of(describe(card))
    for fact in (
        card.title,
        card.score(),
        card.caution,
        card.data,
        card.licence,
        "the first 30 s, resampled to 8,000 Hz",
        "40 classifiers, 133,856 parameters",
        "2026-01-31 on cpu",
        "US, UK, AU",
        "A note.",
        "learning rate 0.001",
        "crop seconds none",
        "balance yes",
        "62.0 % ± 4.0",
        "7.5",
    ):
        assert fact in text
    assert 'href="https://accent.gmu.edu/x"' in describe(card)


def test_unseen_speakers_come_first(make_card):
    (unseen,) = make_card().measurements
    mixed = replace(unseen, protocol="mixed split", unseen_speakers=False, unweighted_recall=0.9)
    article = describe(make_card(measurements=(mixed, unseen)))
    assert article.index("speaker-disjoint") < article.index("mixed split")
    assert article.count("<details open>") == 1


def test_spread_and_interval_stand_together_and_are_explained_where_they_are(make_card):
    (row,) = make_card().measurements
    spread, interval = "±: the standard deviation over the models", "95 of 100 such scores"
    several = replace(row, interval=(0.55, 0.688))
    text = text_of(scores([several]))
    assert "62.0 % ± 4.0 55.0 to 68.8 50 100 5" in text
    assert spread in text
    assert interval in text
    text = text_of(scores([replace(several, models=1, spread=0.0)]))
    assert "62.0 % 55.0 to 68.8" in text
    assert spread not in text
    assert interval in text
    text = text_of(scores([row]))
    assert "62.0 % ± 4.0 50 100 5" in text
    assert spread in text
    assert interval not in text
    assert spread in text_of(scores([row, replace(several, models=1)]))


def test_the_confusion_matrix_has_all_counts_and_row_shares(make_card):
    text = text_of(describe(make_card()))
    for row, counts in zip(("US", "UK", "AU"), [[30, 5, 5], [4, 20, 6], [8, 7, 15]], strict=True):
        shares = [f"{count} {100 * count / sum(counts):.1f} %" for count in counts]
        assert f"{row} {' '.join(shares)}" in text


def test_a_card_without_measurements_says_so(make_card):
    assert "has not been tested" in text_of(describe(make_card(measurements=())))


def test_a_card_cannot_bring_code_into_the_page(make_card):
    bad = "<script>alert(1)</script>"
    (row,) = make_card().measurements
    card = make_card(
        title=bad, data=bad, source=bad, licence=bad, caution=bad, notes=(bad,), device=bad,
        date=bad, recipe={bad: bad}, measurements=(replace(row, protocol=bad),),
        labels=(bad, "UK", "AU"),
    )  # fmt: skip
    assert "<script" not in describe(card)
