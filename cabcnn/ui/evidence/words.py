"""What silencing a clip's moments showed, in plain sentences."""

from __future__ import annotations

import numpy as np

from cabcnn.faithfulness import FRACTIONS, Faithfulness

FIFTH = FRACTIONS.index(0.2)


def percent(probability: float) -> str:
    return f"{100 * probability:.1f} %"


def verdict(measured: Faithfulness) -> str:
    """Whether the evidence holds, in a sentence."""
    label = measured.label
    if measured.outcome == "holds":
        return f"Yes, for this clip: {label} depends on the moments that the picture shows."
    if measured.outcome == "in part":
        if measured.p_values[0] <= measured.p_values[1]:
            return (
                f"In part: the moments that spoke strongest matter more for {label} than others "
                "do, but the weakest matter about as much as any."
            )
        return (
            f"In part: the moments that spoke weakest matter less for {label} than others do, "
            "but the strongest matter no more than any."
        )
    if measured.outcome == "too short":
        return "This clip is too short to tell: it has too few moments to compare with chance."
    return (
        f"No, not for this clip: silencing the moments that spoke strongest for {label} has the "
        "same effect as silencing others. The answer depends on more than those moments."
    )


def details(measured: Faithfulness, *, for_answer: bool) -> list[str]:
    """The numbers behind it. `for_answer`: whether the evidence is for the model's own answer,
    not for a class that the visitor chose."""
    label = measured.label
    strongest, random, weakest = measured.curves[:, FIFTH]
    sentences = [
        f"With the fifth of the clip that spoke strongest for {label} silent, {label} goes from "
        f"{percent(measured.curves[0, 0])} to {percent(strongest)}; with as much silent at random "
        f"places, to {percent(random)}; with the fifth that spoke weakest, to {percent(weakest)}.",
        f"Averaged over all amounts, strongest first lies "
        f"{_points(measured.drop, 'below', 'above')} random ({_rank(measured, 0)}), and weakest "
        f"first {_points(measured.rise, 'above', 'below')} ({_rank(measured, 1)}).",
    ]
    if for_answer:
        sentences.append(_change_of_answer(measured))
    return sentences


def caution(measured: Faithfulness) -> str:
    """What the model answers for nothing but silence."""
    k = int(measured.silence.argmax())
    return (
        "Compare the lines with each other; their slopes mean little, as no model here was trained "
        "on sound with silence cut into it. For pure silence this one answers "
        f"{measured.labels[k]} {percent(measured.silence[k])}, and all lines end there."
    )


def _points(distance: float, if_positive: str, if_negative: str) -> str:
    return f"{100 * abs(distance):.1f} points {if_positive if distance >= 0 else if_negative}"


def _rank(measured: Faithfulness, which: int) -> str:
    """How many random places a curve beats: 0 for strongest first, 1 for weakest first."""
    draws = len(measured.random)
    as_good = round(measured.p_values[which] * (1 + draws)) - 1
    return f"{('lower', 'higher')[which]} than {draws - as_good} of {draws} random places"


def _change_of_answer(measured: Faithfulness) -> str:
    strongest, weakest = measured.flip_fraction("strongest"), measured.flip_fraction("weakest")
    if strongest is None and weakest is None:
        return f"The answer stays {measured.label} whatever is silenced."
    if strongest is None or (weakest is not None and weakest < strongest):
        other = measured.labels[_answer(measured.weakest, weakest)]
        sooner = f"weakest first, the answer changes to {other} once {weakest:.0%} are silent"
        later = "never" if strongest is None else f"at {strongest:.0%}"
        return _spaced(f"{sooner}; strongest first, {later}.")
    other = measured.labels[_answer(measured.strongest, strongest)]
    later = "never" if weakest is None else f"at {weakest:.0%}"
    return _spaced(
        f"strongest first, the answer changes to {other} once {strongest:.0%} are silent; weakest "
        f"first, {later}."
    )


def _answer(curve: np.ndarray, fraction: float | None) -> int:
    return int(curve[FRACTIONS.index(fraction or 0.0)].argmax())


def _spaced(text: str) -> str:
    return (text[0].upper() + text[1:]).replace("%", " %")
