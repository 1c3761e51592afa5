"""Links that reopen an example clip with the model and T it was shown by (explorer/link.js)."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple
from urllib.parse import parse_qs

from cabcnn.errors import CabcnnError

WITHOUT_SOUND = (
    "This link sets the model and T only. The sound it was made with was not shared: record, "
    "upload or choose one."
)
LONGEST_QUOTE = 300  # characters of a link that an error message quotes


class Link(NamedTuple):
    """What a link asks for: an example by its file's stem, a model, T in seconds (0: the
    model's own). None for what it leaves out."""

    example: str | None
    model: str | None
    seconds: float | None


def read(
    fragment: str, examples: Collection[str], models: Collection[str], seconds: Collection[float]
) -> Link | None:
    """The link in what comes after the # of the page's address; None if there is none.

    Raises CabcnnError if it asks for something that this page does not have.
    """
    fields = parse_qs(fragment.removeprefix("#"))
    example, model, t = (fields.get(name, [None])[0] for name in ("example", "model", "seconds"))
    if example is None and model is None:
        return None
    if example is not None and example not in examples:
        raise CabcnnError(
            f"The link asks for the example {example[:LONGEST_QUOTE]!r}, which this page does not "
            "have; choose another."
        )
    if model is not None and model not in models:
        raise CabcnnError(
            f"The link asks for the model {model[:LONGEST_QUOTE]!r}, which this page does not "
            "have; choose another."
        )
    if t is not None and t not in {f"{choice:g}" for choice in seconds}:
        raise CabcnnError(
            f"The link asks for the first {t[:LONGEST_QUOTE]!r} seconds, which this page does not "
            "offer; choose another length."
        )
    return Link(example, model, None if t is None else float(t))
