"""What silencing a clip's moments showed, in plain sentences."""

from __future__ import annotations

import numpy as np

from cabcnn.faithfulness import FRACTIONS, Faithfulness

FIFTH = FRACTIONS.index(0.2)


def percent(probability: float) -> str:
    return f"{100 * probability:.1f} %"


def verdict(found: Faithfulness) -> str:
    """Whether the evidence holds, one sentence."""
    label = found.label
    if found.outcome == "holds":
        return f"Yes, for this clip: {label} hangs on the moments that the picture shows."
    if found.outcome == "in part":
        if found.chance[0] <= found.chance[1]:
            return (
                f"In part: the moments that spoke strongest matter more for {label} than others "
                "do, but the weakest matter about as much as any."
            )
        return (
            f"In part: the moments that spoke weakest matter less for {label} than others do, "
            "but the strongest matter no more than any."
        )
    if found.outcome == "too short":
        return "This clip is too short to tell: there are too few moments to compare with chance."
    return (
        f"No, not for this clip: silencing the moments that spoke strongest for {label} does "
        "what silencing others does. What the picture shows there hangs on more than those moments."
    )


def details(found: Faithfulness, *, answers: bool) -> list[str]:
    """The numbers behind it; `answers` where the evidence is for the model's own answer."""
    label = found.label
    strongest, random, weakest = found.curves[:, FIFTH]
    said = [
        f"With the fifth of the clip that spoke strongest for {label} silent, {label} goes from "
        f"{percent(found.curves[0, 0])} to {percent(strongest)}; with as much silent at random "
        f"places, to {percent(random)}; with the fifth that spoke weakest, to {percent(weakest)}.",
        f"Over all amounts, strongest first lies {_points(found.drop, 'below', 'above')} random "
        f"({_beaten(found, 0)}), and weakest first {_points(found.rise, 'above', 'below')} "
        f"({_beaten(found, 1)}).",
    ]
    if answers:
        said.append(_turn(found))
    return said


def caution(found: Faithfulness) -> str:
    """What silence itself is to the model."""
    k = int(found.silence.argmax())
    return (
        "Read the distances between the lines, not their slopes: no model here learned from sound "
        f"with silence cut into it. Of nothing but silence it says {found.labels[k]} "
        f"{percent(found.silence[k])}, and all lines end there."
    )


def _points(distance: float, there: str, else_: str) -> str:
    return f"{100 * abs(distance):.1f} points {there if distance >= 0 else else_}"


def _beaten(found: Faithfulness, which: int) -> str:
    """How many random places lie on the better side of a curve."""
    draws = len(found.random)
    as_good = round(found.chance[which] * (1 + draws)) - 1
    return f"{('lower', 'higher')[which]} than {draws - as_good} of {draws} random places"


def _turn(found: Faithfulness) -> str:
    first, last = found.turns("strongest"), found.turns("weakest")
    if first is None and last is None:
        return f"The answer stays {found.label} whatever falls silent."
    if first is None or (last is not None and last < first):
        other = found.labels[_said(found.weakest, last)]
        sooner = f"weakest first, the answer turns to {other} once {last:.0%} are silent"
        rest = "never" if first is None else f"at {first:.0%}"
        return _spaced(f"{sooner}; strongest first, {rest}.")
    other = found.labels[_said(found.strongest, first)]
    rest = "never" if last is None else f"at {last:.0%}"
    return _spaced(
        f"strongest first, the answer turns to {other} once {first:.0%} are silent; weakest "
        f"first, {rest}."
    )


def _said(curve: np.ndarray, fraction: float | None) -> int:
    return int(curve[FRACTIONS.index(fraction or 0.0)].argmax())


def _spaced(text: str) -> str:
    return (text[0].upper() + text[1:]).replace("%", " %")
