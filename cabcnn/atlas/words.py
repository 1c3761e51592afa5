"""Describes a classifier of an atlas in sentences."""

from __future__ import annotations

import numpy as np

from cabcnn.atlas.atlas import Atlas

RARE = 0.005  # share of all attention below which a classifier hardly matters
SIGNIFICANT = 0.05  # p value of the permutation test
NOTABLE = 1.25  # times its uniform share that a label needs to be mentioned
DECIDED = 0.25  # of the way from uniform votes to a certain one, from which on it takes a side


def sentence(atlas: Atlas, classifier: int) -> str:
    """How much attention it has, in which clips, and for which class it votes."""
    use = atlas.use[classifier]
    if use < RARE:
        return (
            f"Classifier {classifier} is hardly used: it has {_percent(use)} of all attention, so "
            "its votes decide nothing."
        )
    loudest = _percent(atlas.loudest[classifier])
    return (
        f"Classifier {classifier} has {_percent(use)} of all attention, and more than any other "
        f"classifier {loudest} of the time. {_where(atlas, classifier)} {_what(atlas, classifier)}"
    )


def _where(atlas: Atlas, classifier: int) -> str:
    spread = atlas.spread[classifier]
    most = int(np.argmax(spread))
    if len(spread) < 2:
        return f"All clips were {atlas.labels[most]}."
    if spread[most] * len(spread) < NOTABLE:
        return f"It is used about equally in all {len(spread)} kinds of clips."
    favours = (
        f"It is used most in {atlas.labels[most]} clips: they get {_percent(spread[most])} of its "
        f"attention, where even use would be {_percent(1 / len(spread))}"
    )
    if atlas.chance[classifier] > SIGNIFICANT:
        return f"{favours}, but with so few speakers that may be chance."
    return f"{favours}."


def _what(atlas: Atlas, classifier: int) -> str:
    votes = atlas.votes[classifier]
    first, second = np.argsort(-votes, kind="stable")[:2]
    even = 1 / len(votes)
    if votes[first] < even + DECIDED * (1 - even):
        return (
            f"It takes no side: its votes are spread over the classes, at most "
            f"{_percent(votes[first])} for {atlas.classes[first]}."
        )
    return (
        f"It votes for {atlas.classes[first]} with {_percent(votes[first])} of its votes; next is "
        f"{atlas.classes[second]} with {_percent(votes[second])}."
    )


def _percent(share: float) -> str:
    """One decimal below 10 %, none from there on."""
    value = 100 * float(share)
    return f"{value:.0f} %" if value >= 9.95 else f"{value:.1f} %" if value >= 0.05 else "0 %"
