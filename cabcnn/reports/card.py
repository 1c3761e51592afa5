"""A model's card as a text that people read, in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cabcnn.checkpoint import Card, Measurement

MOST_LEFT_OUT = 50  # named; of more it is said how many they are
COLUMNS = (
    "Tested by",
    "Speakers heard in training",
    "Speakers",
    "Clips",
    "Unweighted recall (95 % interval)",
    "Accuracy",
    "Macro F1",
    "Log loss",
    "Calibration error",
    "Classifiers at work",
)


def to_markdown(card: Card, left_out: Sequence[tuple[str, str]] = ()) -> str:
    """What a person must know of a model before believing it, the scores first, and at the end the
    recordings that were left out, each with the reason."""
    heard = "the whole clip" if card.seconds is None else f"the first {card.seconds:g} s"
    facts = [
        ("Chooses among", ", ".join(card.labels)),
        ("Hears", f"{heard}, resampled to {card.rate:,} Hz"),
        ("Learned from", card.data),
        ("Source", card.source),
        ("Licence", card.licence),
        ("Size", f"{card.classifiers} classifiers, {card.parameters:,} parameters"),
        ("Trained", f"{card.date} on {card.device}"),
    ]
    scores = [_row(_measured(one)) for one in card.measurements]
    lines = [
        f"# {_plain(card.title)}",
        card.score(),
        _plain(card.caution),
        "\n".join(f"- **{name}**: {_plain(fact)}" for name, fact in facts),
        "## How often it is right",
        "\n".join([_row(COLUMNS), _row(["---"] * len(COLUMNS)), *scores]),
        *(_plain(note) for note in card.notes),
        "## How it was trained",
        "\n".join(f"- {name}: {value}" for name, value in _settings(card.recipe)),
    ]
    if left_out:
        named = [f"- {_plain(path)}: {_plain(reason)}" for path, reason in left_out]
        if more := len(named) - MOST_LEFT_OUT:
            named[MOST_LEFT_OUT:] = [f"- and {more:,} more"] if more > 0 else []
        lines += ["## Recordings that were left out", "\n".join(named)]
    return "\n\n".join(line for line in lines if line) + "\n"


def _measured(one: Measurement) -> list[str]:
    recall = f"{one.unweighted_recall:.3f}"
    if one.models > 1:
        recall += f" ± {one.spread:.3f}"
    if one.interval is not None:
        recall += f" ({one.interval[0]:.3f} to {one.interval[1]:.3f})"
    return [
        one.protocol,
        "no" if one.unseen_speakers else "yes, or nobody knows",
        f"{one.speakers:,}" if one.speakers else "unknown",
        f"{one.clips:,}",
        recall,
        f"{one.accuracy:.3f}",
        f"{one.macro_f1:.3f}",
        _optional(one.log_loss),
        _optional(one.calibration_error),
        f"{one.effective_classifiers:.1f}",
    ]


def _optional(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _settings(recipe: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(name.replace("_", " "), value) for name, value in recipe.items()]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_plain(cell).replace("|", "\\|") for cell in cells) + " |"


def _plain(text: str) -> str:
    """Text on one line that Markdown leaves as it is."""
    text = " ".join(text.split())
    return "".join(f"\\{sign}" if sign in "\\`*_<>[]#" else sign for sign in text)
