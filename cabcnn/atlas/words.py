"""What an atlas says of a classifier, in a sentence."""

from __future__ import annotations

import numpy as np

from cabcnn.atlas.atlas import Atlas

RARE = 0.005  # share of all attention below which little can be said of a classifier
SURE = 0.05  # of the shuffles may look as specialised
MORE = 1.25  # times its even share that a label must get to be worth a word
SIDE = 0.25  # of the way from an even vote to a certain one, from which on it is a side


def sentence(atlas: Atlas, classifier: int) -> str:
    """How much it says, where, and for what: whole sentences, shares in per cent."""
    use = atlas.use[classifier]
    if use < RARE:
        return (
            f"Classifier {classifier} hardly ever speaks: it has {_percent(use)} of all attention, "
            "so what it votes decides nothing."
        )
    loudest = _percent(atlas.loudest[classifier])
    return (
        f"Classifier {classifier} has {_percent(use)} of all attention and is the loudest "
        f"{loudest} of the time. {_where(atlas, classifier)} {_what(atlas, classifier)}"
    )


def _where(atlas: Atlas, classifier: int) -> str:
    spread = atlas.spread[classifier]
    most = int(np.argmax(spread))
    if len(spread) < 2:
        return f"All clips were {atlas.labels[most]}."
    if spread[most] * len(spread) < MORE:
        return f"It speaks in all {len(spread)} kinds of clips about alike."
    favours = (
        f"It speaks most in {atlas.labels[most]} clips: they get {_percent(spread[most])} of its "
        f"attention, where even use would be {_percent(1 / len(spread))}"
    )
    if atlas.chance[classifier] > SURE:
        return f"{favours}, but in so few voices that may be chance."
    return f"{favours}."


def _what(atlas: Atlas, classifier: int) -> str:
    votes = atlas.votes[classifier]
    first, second = np.argsort(-votes, kind="stable")[:2]
    even = 1 / len(votes)
    if votes[first] < even + SIDE * (1 - even):
        return (
            f"It takes no side: its votes are spread, {atlas.classes[first]} "
            f"{_percent(votes[first])} at most."
        )
    return (
        f"It argues for {atlas.classes[first]} with {_percent(votes[first])} of its votes; "
        f"next is {atlas.classes[second]} with {_percent(votes[second])}."
    )


def _percent(share: float) -> str:
    """Two digits that count, and a whole number from ten on."""
    value = 100 * float(share)
    return f"{value:.0f} %" if value >= 9.95 else f"{value:.1f} %" if value >= 0.05 else "0 %"
