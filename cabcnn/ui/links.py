"""Links that bring back an example clip with the model and T it was shown by (js/link.js)."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple
from urllib.parse import parse_qs

from cabcnn.errors import CabcnnError

WITHOUT_SOUND = (
    "The link brings a model and T. The sound it was made at stayed with who made it: record, "
    "upload or choose one."
)
LONGEST = 300  # characters of a link that are told when something is wrong with it


class Link(NamedTuple):
    """What a link asks for: an example by its file's stem, a model, T in seconds (0: the
    model's own). None where it says nothing."""

    example: str | None
    model: str | None
    seconds: float | None


def read(
    address: str, examples: Collection[str], models: Collection[str], seconds: Collection[float]
) -> Link | None:
    """What comes after the # of the page's address; None where nothing is asked for.

    Raises CabcnnError where it asks for what this page does not have.
    """
    asked = parse_qs(address.removeprefix("#"))
    example, model, t = (asked.get(name, [None])[0] for name in ("example", "model", "seconds"))
    if example is None and model is None:
        return None
    if example is not None and example not in examples:
        raise CabcnnError(
            f"The link asks for the example {example[:LONGEST]!r}, which this page does not have; "
            "choose another."
        )
    if model is not None and model not in models:
        raise CabcnnError(
            f"The link asks for the model {model[:LONGEST]!r}, which this page does not have; "
            "choose another."
        )
    if t is not None and t not in {f"{one:g}" for one in seconds}:
        raise CabcnnError(
            f"The link asks to hear the first {t[:LONGEST]!r} seconds, which is no choice of this "
            "page; choose another."
        )
    return Link(example, model, None if t is None else float(t))
