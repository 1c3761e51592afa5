"""A model's card in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cabcnn.checkpoint import Card, Measurement

MAX_LEFT_OUT = 50  # recordings that are listed; more are only counted
COLUMNS = (
    "Protocol",
    "Speakers also in training",
    "Speakers",
    "Clips",
    "Unweighted recall (95 % interval)",
    "Accuracy",
    "Macro F1",
    "Log loss",
    "Calibration error",
    "Effective classifiers",
)


def to_markdown(card: Card, left_out: Sequence[tuple[str, str]] = ()) -> str:
    """The card, and the recordings that were left out, each a path and the reason."""
    part = "the whole clip" if card.seconds is None else f"the first {card.seconds:g} s"
    facts = [
        ("Classes", ", ".join(card.labels)),
        ("Input", f"{part}, resampled to {card.rate:,} Hz"),
        ("Training data", card.data),
        ("Source", card.source),
        ("Licence", card.licence),
        ("Size", f"{card.classifiers} classifiers, {card.parameters:,} parameters"),
        ("Trained", f"{card.date} on {card.device}"),
    ]
    scores = [_row(_measurement(one)) for one in card.measurements]
    lines = [
        f"# {_escape(card.title)}",
        card.score(),
        _escape(card.caution),
        "\n".join(f"- **{name}**: {_escape(fact)}" for name, fact in facts),
        "## Accuracy",
        "\n".join([_row(COLUMNS), _row(["---"] * len(COLUMNS)), *scores]),
        *(_escape(note) for note in card.notes),
        "## Training",
        "\n".join(f"- {name}: {value}" for name, value in _settings(card.recipe)),
    ]
    if left_out:
        listed = [f"- {_escape(path)}: {_escape(reason)}" for path, reason in left_out]
        if (more := len(listed) - MAX_LEFT_OUT) > 0:
            listed[MAX_LEFT_OUT:] = [f"- and {more:,} more"]
        lines += ["## Recordings left out", "\n".join(listed)]
    return "\n\n".join(line for line in lines if line) + "\n"


def _measurement(one: Measurement) -> list[str]:
    recall = f"{one.unweighted_recall:.3f}"
    if one.models > 1:
        recall += f" ± {one.spread:.3f}"
    if one.interval is not None:
        recall += f" ({one.interval[0]:.3f} to {one.interval[1]:.3f})"
    return [
        one.protocol,
        "no" if one.unseen_speakers else "yes, or unknown",
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
    return "| " + " | ".join(_escape(cell).replace("|", "\\|") for cell in cells) + " |"


def _escape(text: str) -> str:
    """Text on one line, without Markdown's formatting."""
    text = " ".join(text.split())
    return "".join(f"\\{c}" if c in "\\`*_<>[]#" else c for c in text)
