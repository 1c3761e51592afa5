"""The second step of the Train tab: how to train. Its settings become a plan."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import gradio as gr

from cabcnn.errors import CabcnnError
from cabcnn.runs.plan import Plan, Protocol
from cabcnn.training.recipe import RECIPES, Recipe
from cabcnn.ui.train.corpus_summary import SECONDS, CorpusSummary

WHOLE_CLIPS, OTHER = 0.0, -1.0  # choices of T beside SECONDS
MAX_SECONDS = 3600.0
RATES = (8000, 16_000, 24_000, 48_000)  # Hz
RECIPE_CHOICES = [
    ("Robust (recommended): varied excerpts, some noise", "robust"),
    ("As in the paper: whole clips, large batches", "paper"),
]
PROTOCOL_CHOICES: list[tuple[str, Protocol]] = [
    ("On voices it never heard, and on a random split, to compare (trains twice)", "both"),
    ("On voices it never heard", "speaker-disjoint"),
    ("On a random split of the clips, as in the paper", "paper"),
]
FOLDS = 5
FOLDS_CHOICE: tuple[str, Protocol] = (
    f"On every voice, each by one of {FOLDS} models that never heard it: the most reliable score "
    f"(trains {FOLDS} times)",
    "folds",
)
OFFICIAL_CHOICE: tuple[str, Protocol] = ("On the corpus's own split", "official")
# The advanced numbers: a field of `Recipe`, its label, a hint.
NUMBERS = (
    ("max_epochs", "Epochs at most", "Passes over all recordings."),
    ("patience", "Patience", "Stops after so many epochs without improvement."),
    ("batch_size", "Batch size", "Clips in a training step."),
    ("learning_rate", "Learning rate", "Too high: it diverges. Too low: it is slow."),
    ("crop_seconds", "Excerpts of (seconds)", "Trains on random excerpts; 0 for whole clips."),
    ("gain", "Loudness changes (dB)", "At most, within an excerpt."),
    ("noise", "Added noise", "Relative to the sound's own level."),
    ("speed", "Speed changes", "At most this fraction faster or slower."),
    ("sharpness", "Sharpness", "1: the paper's loss. 4: asks less of each moment."),
    ("spread", "Spread", "How strongly attention is spread over many classifiers."),
)
LEAST = {"sharpness": 1}  # of the others 0
WHOLE_NUMBERS = {"max_epochs", "patience", "batch_size"}
# The advanced switches: their label, a field of `Recipe`.
SWITCHES = [
    ("Draw classes equally often", "balance"),
    ("Let the learning rate fall to zero", "anneal"),
    ("Recompute batch norm after each epoch", "recalibrate"),
    ("Take excerpts from the whole clip", "anywhere"),
    ("Cut batches to their shortest clip", "truncate"),
]


class Settings(NamedTuple):
    """The components, in the order in which `make_plan` takes their values."""

    seconds: gr.Radio
    other_seconds: gr.Number
    recipe: gr.Radio
    name: gr.Textbox
    protocol: gr.Radio
    switches: gr.CheckboxGroup
    seed: gr.Number
    rate: gr.Dropdown
    numbers: tuple[gr.Number, ...]

    def inputs(self) -> list[Any]:
        return [*self[:-1], *self.numbers]


def lay_out() -> Settings:
    """Puts the components on the page."""
    seconds = gr.Radio(
        choices=[
            *((f"{t:g} s", t) for t in SECONDS),
            ("Whole clips", WHOLE_CLIPS),
            ("Other", OTHER),
        ],
        value=SECONDS[0],
        label="Use the first",
        info="T: the model is trained, and later classifies, by the beginning of each clip.",
        elem_id="train-seconds",
    )
    other_seconds = gr.Number(
        value=15, label="Seconds", minimum=0.1, maximum=MAX_SECONDS, visible=False
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
            label="Options",
            elem_id="train-switches",
        )
        with gr.Row():
            numbers = [
                gr.Number(
                    value=_number(RECIPES["robust"], field),
                    label=label,
                    info=info,
                    minimum=LEAST.get(field, 0),
                    precision=0 if field in WHOLE_NUMBERS else None,
                    min_width=140,
                    elem_id=f"train-{field.replace('_', '-')}",
                )
                for field, label, info in NUMBERS
            ]
            seed = gr.Number(
                value=0,
                label="Seed",
                info="Of the random numbers.",
                minimum=0,
                precision=0,
                min_width=140,
            )
            rate = gr.Dropdown(
                choices=[(f"{rate:,} Hz", rate) for rate in RATES],
                value=Plan.rate,
                label="Sample rate",
                info="Sound above half of it is not heard.",
                min_width=140,
                elem_id="train-rate",
            )
    private: dict[str, Any] = {
        "queue": False, "show_progress": "hidden", "api_visibility": "private",
    }  # fmt: skip
    seconds.change(lambda t: gr.Number(visible=t == OTHER), seconds, other_seconds, **private)
    recipe.change(recipe_values, recipe, [switches, *numbers], **private)
    return Settings(
        seconds, other_seconds, recipe, name, protocol, switches, seed, rate, tuple(numbers)
    )


def recipe_values(name: str) -> list[Any]:
    """The values of the advanced settings in a recipe."""
    recipe = RECIPES[name]
    return [_switched_on(recipe), *(_number(recipe, field) for field, _, _ in NUMBERS)]


def protocol_choices(summary: CorpusSummary, classes: Sequence[str]) -> list[tuple[str, Protocol]]:
    """The tests of a model of some classes that a corpus allows, the best first."""
    best = summary.protocol(classes)
    start = next(k for k, (_, protocol) in enumerate(PROTOCOL_CHOICES) if protocol == best)
    choices = PROTOCOL_CHOICES[start:]
    if best == "speaker-disjoint":  # with one clip for each speaker, a random split is the same
        choices = choices[:1]
    speakers = [row[2] for row in summary.labels if row[0] in classes]
    if best != "paper" and min(speakers) >= FOLDS:
        choices = [*choices, FOLDS_CHOICE]
    return [*choices, OFFICIAL_CHOICE] if summary.official_split else choices


def make_plan(summary: CorpusSummary, classes: Sequence[str], values: Sequence[Any]) -> Plan:
    """The plan for some classes of a corpus; `values` are those of `Settings.inputs`.

    Raises CabcnnError for a plan that can't be carried out.
    """
    if len(classes) < 2:
        raise CabcnnError("A model chooses among classes: tick two or more.")
    seconds, other_seconds, recipe, name, protocol, switches, seed, rate, *numbers = values
    if recipe not in RECIPES:
        raise CabcnnError("Choose one of the recipes.")
    if seconds == OTHER:
        seconds = other_seconds
    changes: dict[str, Any] = {field: field in (switches or ()) for _, field in SWITCHES}
    for (field, label, _), value in zip(NUMBERS, numbers, strict=True):
        if not isinstance(value, int | float) or not math.isfinite(value):
            raise CabcnnError(f"{label} is empty; give a number, or choose the recipe again.")
        changes[field] = int(value) if field in WHOLE_NUMBERS else float(value)
    changes["crop_seconds"] = changes["crop_seconds"] or None
    options: Any = dict(summary.options)
    if len(classes) < len(summary.labels):
        options["labels"] = sorted(classes)
    return Plan(
        corpus=summary.corpus,
        name=str(name or "").strip() or summary.name,
        layout=summary.layout,
        options=options,
        seconds=None if seconds == WHOLE_CLIPS else _seconds(seconds),
        recipe=replace(RECIPES[recipe], **changes).as_dict(),
        protocol=protocol,
        folds=FOLDS,
        seed=_seed(seed),
        rate=rate,
    )


def _seconds(value: Any) -> float:
    if not isinstance(value, int | float) or not 0 < value <= MAX_SECONDS:
        raise CabcnnError(
            f"Give the seconds to hear, up to {MAX_SECONDS:g}, or choose whole clips."
        )
    return float(value)


def _seed(value: Any) -> int:
    return int(value) if isinstance(value, int | float) and value >= 0 else 0


def _switched_on(recipe: Recipe) -> list[str]:
    return [field for _, field in SWITCHES if getattr(recipe, field)]


def _number(recipe: Recipe, field: str) -> float:
    return getattr(recipe, field) or 0
