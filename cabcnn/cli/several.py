"""Options that take several values after one name, as in `--seconds 5 10 30 60`: Click, which the
command line is read by, wants the name before each."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from typer.core import TyperCommand


def _number(word: str) -> bool:
    with contextlib.suppress(ValueError):
        float(word)
        return True
    return False


def _network(word: str) -> bool:
    from cabcnn.study.grid import MODELS

    return word == "all" or word in MODELS


# What can only be one more value, where it may also be the corpus, which comes after.
SEVERAL: dict[str, Callable[[str], bool]] = {"--seconds": _number, "--models": _network}


class SeveralValues(TyperCommand):
    """A command whose options of SEVERAL may be given several values at once."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, name_each(args))


def name_each(words: Sequence[str]) -> list[str]:
    """Repeats an option's name before each further value.

    Where the line begins with the corpus, all words up to the next option are values, so that a
    wrong one is told as such.
    """
    begun = bool(words) and not words[0].startswith("-")
    spread: list[str] = []
    name, values = "", 0
    for word in words:
        if word in SEVERAL:
            name, values = word, 0
        elif word.startswith("-"):
            name = ""
        elif name:
            if values and (begun or SEVERAL[name](word)):
                spread.append(name)
            elif values:
                name = ""
            values += 1
        spread.append(word)
    return spread
