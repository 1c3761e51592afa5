"""How to train: the choices of the Train tab, and the plan that they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import gradio as gr

from cabcnn.errors import CabcnnError
from cabcnn.runs.plan import Plan, Protocol
from cabcnn.training.recipe import RECIPES, Recipe
from cabcnn.ui.train.corpus_summary import SECONDS, CorpusSummary

WHOLE, OTHER = 0.0, -1.0  # of the T buttons
LONGEST = 3600.0
RECIPE_CHOICES = [
    ("Robust (recommended): varied excerpts, some noise", "robust"),
    ("As in the paper: whole clips, large batches", "paper"),
]
PROTOCOL_CHOICES: list[tuple[str, Protocol]] = [
    ("On voices it never heard, and on a mix, side by side (trains twice)", "both"),
    ("On voices it never heard", "speaker-disjoint"),
    ("On a mix of clips, as in the paper", "paper"),
]
FOLDS = 5
OVER_FOLDS: tuple[str, Protocol] = (
    f"Every voice once, by {FOLDS} models that never heard it: the surest score (trains "
    f"{FOLDS} times)",
    "folds",
)
OFFICIAL: tuple[str, Protocol] = ("On the split that the recordings came with", "official")
# The advanced numbers: a recipe's field, what it is called, what it does.
NUMBERS = (
    ("max_epochs", "Epochs at most", "Rounds through all recordings."),
    ("patience", "Patience", "Ends early after so many epochs without progress."),
    ("batch_size", "Batch size", "Clips a step; fewer learn in smaller steps."),
    ("learning_rate", "Learning rate", "Too high and it diverges, too low and it crawls."),
    ("crop_seconds", "Excerpts of (seconds)", "Learns from random excerpts; 0 for whole clips."),
    ("gain", "Loudness changes (dB)", "At most so much in the course of an excerpt."),
    ("noise", "Added noise", "Its share of the sound's own strength."),
    ("speed", "Speed changes", "At most this share faster or slower."),
    ("spread", "Spread", "How strongly the attention is kept on many classifiers."),
)
WHOLE_NUMBERS = {"max_epochs", "patience", "batch_size"}
# The advanced switches: what each does, and a recipe's field.
SWITCHES = [
    ("Draw classes equally often", "balance"),
    ("Let the learning rate fall to zero", "anneal"),
    ("Set batch norm anew after each epoch", "recalibrate"),
    ("Excerpts from the whole clip", "anywhere"),
    ("Cut batches to their shortest clip", "truncate"),
]


class Settings(NamedTuple):
    """The components, in the order in which `plan` takes their values."""

    seconds: gr.Radio
    other: gr.Number
    recipe: gr.Radio
    name: gr.Textbox
    protocol: gr.Radio
    switches: gr.CheckboxGroup
    seed: gr.Number
    numbers: tuple[gr.Number, ...]

    def inputs(self) -> list[Any]:
        return [*self[:-1], *self.numbers]


def lay_out() -> Settings:
    """Puts the choices on the page."""
    quiet: dict[str, Any] = {"container": True}
    seconds = gr.Radio(
        choices=[
            *((f"{t:g} s", t) for t in SECONDS),
            ("Whole clips", WHOLE),
            ("Other", OTHER),
        ],
        value=SECONDS[0],
        label="Hear the first",
        info="T: the model learns, and later judges, by the beginning of each clip.",
        elem_id="train-seconds",
    )
    other = gr.Number(
        value=15, label="Seconds", minimum=0.1, maximum=LONGEST, visible=False, **quiet
    )
    recipe = gr.Radio(
        choices=RECIPE_CHOICES, value="robust", label="Recipe", elem_id="train-recipe"
    )
    name = gr.Textbox(
        label="Name of the model",
        placeholder="voices",
        max_length=60,
        elem_id="train-name",
    )
    with gr.Accordion("Advanced settings", open=False, elem_id="train-advanced"):
        protocol = gr.Radio(choices=PROTOCOL_CHOICES, value="both", label="Test it")
        switches = gr.CheckboxGroup(
            choices=SWITCHES,
            value=_switched_on(RECIPES["robust"]),
            label="Ingredients",
            elem_id="train-switches",
        )
        with gr.Row():
            numbers = [
                gr.Number(
                    value=_number(RECIPES["robust"], field),
                    label=label,
                    info=info,
                    minimum=0,
                    precision=0 if field in WHOLE_NUMBERS else None,
                    min_width=140,
                    elem_id=f"train-{field.replace('_', '-')}",
                )
                for field, label, info in NUMBERS
            ]
            seed = gr.Number(
                value=0, label="Seed", info="Of all chance.", minimum=0, precision=0, min_width=140
            )
    seconds.change(
        lambda t: gr.Number(visible=t == OTHER),
        seconds,
        other,
        queue=False,
        show_progress="hidden",
        api_visibility="private",
    )
    made = Settings(seconds, other, recipe, name, protocol, switches, seed, tuple(numbers))
    recipe.change(
        of_recipe,
        recipe,
        [switches, *numbers],
        queue=False,
        show_progress="hidden",
        api_visibility="private",
    )
    return made


def of_recipe(name: str) -> list[Any]:
    """The advanced settings that a recipe stands for."""
    recipe = RECIPES[name]
    return [_switched_on(recipe), *(_number(recipe, field) for field, _, _ in NUMBERS)]


def protocols(found: CorpusSummary, classes: Sequence[str]) -> list[tuple[str, Protocol]]:
    """The ways to test a model of some classes that a corpus allows, the best first."""
    best = found.protocol(classes)
    start = next(k for k, (_, protocol) in enumerate(PROTOCOL_CHOICES) if protocol == best)
    choices = PROTOCOL_CHOICES[start:]
    if best == "speaker-disjoint":  # with one clip each, a mix would be the same
        choices = choices[:1]
    speakers = [row[2] for row in found.labels if row[0] in classes]
    if best != "paper" and min(speakers) >= FOLDS:
        choices = [*choices, OVER_FOLDS]
    return [*choices, OFFICIAL] if found.official else choices


def plan(found: CorpusSummary, classes: Sequence[str], values: Sequence[Any]) -> Plan:
    """The plan that the choices make; `values` are those of `Settings.inputs`.

    Raises CabcnnError for what can't be carried out.
    """
    if len(classes) < 2:
        raise CabcnnError("A model chooses among classes: tick two or more.")
    seconds, other, recipe, name, protocol, switches, seed, *numbers = values
    if recipe not in RECIPES:
        raise CabcnnError("Choose one of the recipes.")
    if seconds == OTHER:
        seconds = other
    changes: dict[str, Any] = {field: field in (switches or ()) for _, field in SWITCHES}
    for (field, label, _), value in zip(NUMBERS, numbers, strict=True):
        if not isinstance(value, int | float):
            raise CabcnnError(f"{label} is empty; give a number, or choose the recipe again.")
        changes[field] = int(value) if field in WHOLE_NUMBERS else float(value)
    changes["crop_seconds"] = changes["crop_seconds"] or None
    options = dict(found.options)
    if len(classes) < len(found.labels):
        options["labels"] = sorted(classes)
    return Plan(
        corpus=found.corpus,
        name=str(name or "").strip() or found.name,
        layout=found.layout,
        options=options,
        seconds=None if seconds == WHOLE else _seconds(seconds),
        recipe=replace(RECIPES[recipe], **changes).as_dict(),
        protocol=protocol,
        folds=FOLDS,
        seed=_seed(seed),
    )


def _seconds(value: Any) -> float:
    if not isinstance(value, int | float) or not 0 < value <= LONGEST:
        raise CabcnnError(f"Give the seconds to hear, up to {LONGEST:g}, or choose whole clips.")
    return float(value)


def _seed(value: Any) -> int:
    return int(value) if isinstance(value, int | float) and value >= 0 else 0


def _switched_on(recipe: Recipe) -> list[str]:
    return [field for _, field in SWITCHES if getattr(recipe, field)]


def _number(recipe: Recipe, field: str) -> float:
    return getattr(recipe, field) or 0
