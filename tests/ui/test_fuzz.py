"""Some hundred damaged sounds, zips and lists, and odd arguments of the page's endpoints: each is
refused in a sentence or used. benchmarks/fuzz.py goes on for as long as one likes."""

from __future__ import annotations

import pytest

from benchmarks.fuzz import attempt

COUNTS = {"sounds": 700, "zips": 700, "lists": 700, "arguments": 200}


@pytest.mark.parametrize("kind", COUNTS)
def test_refused_in_a_sentence_or_used(kind, models_folder):
    sentences = [attempt(kind, seed) for seed in range(COUNTS[kind])]
    refused = sum(map(bool, sentences))
    assert 0 < refused < len(sentences), "some are refused, and some are used"
