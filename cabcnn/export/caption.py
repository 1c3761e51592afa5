"""The caption of a picture of an explanation."""

from __future__ import annotations

from collections.abc import Iterable

from cabcnn.explanation import Explanation

LANES = (
    "From the top: {waveform}the attention weight of each of the {n} classifiers; the classifier "
    "with the largest weight, in the colour of the class that it votes for; the probabilities of "
    "each 25 ms interval; their mean so far, which ends in the verdict."
)


def verdict(explanation: Explanation) -> str:
    """Every class with its probability, the most probable first."""
    x = explanation
    order = sorted(zip(x.probabilities, x.labels), key=lambda pair: -pair[0])
    return ", ".join(f"{label} {probability:.3f}" for probability, label in order)


def source(explanation: Explanation) -> str:
    """The clip, T (or the part of the clip), the model, and the muted classifiers."""
    x = explanation
    part = f"from {x.start:.4g} to {x.start + x.seconds:.4g} s" if x.start else None
    parts = [
        x.name or "a clip",
        part or f"T = {x.seconds:.4g} s",
        f"model {x.model or 'without name'}",
    ]
    if x.muted:
        parts.append(without(x.muted))
    return ", ".join(parts)


def without(muted: Iterable[int]) -> str:
    """Names the muted classifiers."""
    numbers = [str(i) for i in muted]
    return f"without classifier{'s' * (len(numbers) > 1)} {' '.join(numbers)}"


def caption(explanation: Explanation) -> str:
    """Source, verdict, the model's measured score, notices, and what the lanes show."""
    x = explanation
    waveform = "" if x.envelope is None else "the waveform; "
    lanes = LANES.format(waveform=waveform, n=x.attention.shape[1])
    known = filter(None, [x.sure_sentence, x.score])
    return " ".join([f"{source(x)}. Verdict: {verdict(x)}.", *known, *x.notices, lanes])
