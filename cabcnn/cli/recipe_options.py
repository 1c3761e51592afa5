"""Changes to a recipe from the command line, such as `noise=0`."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from cabcnn.errors import CabcnnError
from cabcnn.training.recipe import Recipe

SWITCHES = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
NOTHING = "none"
PLAN_FIELDS = ("seconds", "seed")  # which have options of their own
NAMES = tuple(one.name for one in dataclasses.fields(Recipe) if one.name not in PLAN_FIELDS)


def read(changes: Sequence[str]) -> dict[str, Any]:
    """The fields of a `Recipe` that texts such as "noise=0" change, with values of their type.

    For optional lengths "none" and 0 mean no limit: `crop_seconds=0` trains on whole clips.

    Raises CabcnnError for an unknown name, an invalid value, or a field that is changed twice.
    """
    kinds = get_type_hints(Recipe)
    fields: dict[str, Any] = {}
    for change in changes:
        name, equals, text = (part.strip() for part in change.partition("="))
        name = name.replace("-", "_")
        if name in PLAN_FIELDS:
            raise CabcnnError(f"{name} has an option of its own; give --{name} {text or '...'}.")
        if name not in NAMES:
            raise CabcnnError(f"A recipe has no {name!r}; --set can change {', '.join(NAMES)}.")
        if name in fields:
            raise CabcnnError(f"{name} is set twice; leave one out.")
        try:
            if not equals:
                raise ValueError
            fields[name] = _value(kinds[name], text)
        except ValueError:
            raise CabcnnError(
                f"{change!r} is invalid; give {name}={_expected(kinds[name])}."
            ) from None
    return fields


def _value(kind: Any, text: str) -> Any:
    """Raises ValueError if the text is not of that type."""
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


def _expected(kind: Any) -> str:
    if kind is bool:
        return "yes or no"
    if get_origin(kind) is Literal:
        return " or ".join(get_args(kind))
    if NoneType in get_args(kind):
        return f"seconds or {NOTHING}"
    return "a whole number" if kind is int else "a number"
