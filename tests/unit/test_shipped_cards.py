"""What every model that ships says of itself."""

from __future__ import annotations

import re

import pytest

from cabcnn import checkpoint
from cabcnn.checkpoint import Card

ABLATION = re.compile(
    r"Without one ingredient.*: .* \d\.\d\d"
    r"|tried and left out: on the same \d+ splits \d\.\d\d ± \d\.\d\d, without it \d\.\d\d"
)

CONDITIONS = re.compile(r"Other recordings of the same speakers.*originals: unweighted recall")


@pytest.fixture(params=checkpoint.names())
def card(request) -> Card:
    return checkpoint.load(checkpoint.folder() / f"{request.param}{checkpoint.SUFFIX}")[1]


def test_all_models_that_ship_are_here():
    assert {
        "accents", "accents-5s", "accents-10s", "digits", "first-language", "synthetic-accents",
        "words",
    } == set(checkpoint.names())  # fmt: skip


def test_a_shipped_model_was_tested_on_voices_that_no_model_had_heard(card):
    best = next(row for row in card.measurements if row.unseen_speakers)
    assert best.models > 1
    assert best.spread > 0
    assert best.interval is not None
    low, high = best.interval
    assert 1 / len(card.labels) < best.unweighted_recall
    assert low < best.unweighted_recall < high
    assert best.speakers
    assert best.speakers >= best.models
    for row in card.measurements:
        assert 1 <= row.effective_classifiers <= card.classifiers
        assert sum(map(sum, row.confusion)) >= row.clips
        assert row.log_loss is not None
        assert row.calibration_error is not None


def test_a_shipped_model_says_where_it_comes_from(card):
    for fact in (card.data, card.source, card.licence, card.caution, card.device, card.date):
        assert fact.strip()
    assert re.match(r"\d{4}-\d\d-\d\d$", card.date)
    assert re.search(r"CC BY|MIT", card.licence)
    assert re.search(r"https?://|assets/corpus", card.source)
    assert card.recipe


def test_a_shipped_model_says_what_an_ingredient_or_a_recording_is_worth(card):
    told = CONDITIONS if card.name.startswith("accents") else ABLATION
    assert len([note for note in card.notes if told.search(note)]) == 1
