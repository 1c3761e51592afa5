"""Changes to a recipe, as they are typed: `noise=0`."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from cabcnn.errors import CabcnnError
from cabcnn.training.recipe import Recipe

SWITCHES = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
NOTHING = "none"
ELSEWHERE = ("seconds", "seed")  # of a recipe too, but a plan has its own
NAMES = tuple(one.name for one in dataclasses.fields(Recipe) if one.name not in ELSEWHERE)


def read(changes: Sequence[str]) -> dict[str, Any]:
    """The fields of a `Recipe` that texts like "noise=0" change, each of its field's type.

    A length takes "none", or 0, for no such length: `crop_seconds=0` learns from whole clips.

    Raises CabcnnError for a name that no recipe has, a value that is none of its field's, or a
    field that is changed twice.
    """
    kinds = get_type_hints(Recipe)
    found: dict[str, Any] = {}
    for change in changes:
        name, equals, text = (part.strip() for part in change.partition("="))
        name = name.replace("-", "_")
        if name in ELSEWHERE:
            raise CabcnnError(f"{name} has a switch of its own; give --{name} {text or '...'}.")
        if name not in NAMES:
            raise CabcnnError(f"A recipe has no {name!r}; --set changes {', '.join(NAMES)}.")
        if name in found:
            raise CabcnnError(f"{name} is set twice; say once what it should be.")
        try:
            if not equals:
                raise ValueError
            found[name] = _value(kinds[name], text)
        except ValueError:
            raise CabcnnError(
                f"{change!r} does not fit; give {name}={_wanted(kinds[name])}."
            ) from None
    return found


def _value(kind: Any, text: str) -> Any:
    """Raises ValueError where the text is none of that kind."""
    if kind is bool:
        if text.casefold() not in SWITCHES:
            raise ValueError
        return SWITCHES[text.casefold()]
    if get_origin(kind) is Literal:
        if text not in get_args(kind):
            raise ValueError
        return text
    if NoneType in get_args(kind):
        return None if text.casefold() == NOTHING else float(text) or None
    return kind(text)


def _wanted(kind: Any) -> str:
    if kind is bool:
        return "yes or no"
    if get_origin(kind) is Literal:
        return " or ".join(get_args(kind))
    if NoneType in get_args(kind):
        return f"seconds or {NOTHING}"
    return "a whole number" if kind is int else "a number"
