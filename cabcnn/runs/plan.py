"""What a training run was asked to do: all that is needed to do it again."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict, get_args

from cabcnn import schema
from cabcnn.checkpoint import Name, Rate, Text
from cabcnn.errors import CabcnnError
from cabcnn.model import VALUES_PER_SECOND
from cabcnn.schema import NO_NUL, Between, Length, Seconds
from cabcnn.training.recipe import Recipe, Seed

FILE = "plan.json"
MOST_BYTES = 4 << 20
LONGEST_NAME = 80
Protocol = Literal["speaker-disjoint", "paper", "both", "official", "folds"]
PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)
Word = Annotated[str, Length(0, 1_000), NO_NUL]


class Options(TypedDict, total=False):
    """How to read a corpus, as `cabcnn.corpora.read` takes it."""

    label: Word | None
    speaker: Word | None
    speaker_pattern: Word | None
    labels: list[Word] | None
    inside: Word | None


@dataclass(frozen=True)
class Plan:
    """A corpus and how to read it, a recipe, and how to measure what comes of it.

    `recipe` holds the fields of a `Recipe`, as `Recipe.as_dict` gives them; the plan's own
    `seconds` and `seed` override those in it. `protocol` says who is tested: "speaker-disjoint",
    speakers who are not in the training set; "paper", the mixed split of Section 4; "both", one
    model each; "official", the split that the corpus came with; "folds", each speaker once, by
    one model for each of `folds` parts.

    Raises CabcnnError, naming the field, if one is of the wrong type or out of bounds.
    """

    corpus: Annotated[str, Length(1, 4_096), NO_NUL]  # "built-in", a folder or a manifest
    name: Name
    layout: Word | None = None  # None: recognised by its files
    options: Options = field(default_factory=Options)
    seconds: Seconds | None = 30.0  # T
    recipe: Mapping[str, Any] = field(default_factory=dict)
    protocol: Protocol = "both"
    seed: Seed = 0
    device: Word = "auto"
    rate: Rate = 8000  # Hz
    title: Text = ""
    folds: Annotated[int, Between(3, 20)] = 5  # to train on, to choose the epoch, to test on

    def __post_init__(self) -> None:
        schema.check(self)
        if self.rate % VALUES_PER_SECOND:
            raise CabcnnError(
                f"rate is {self.rate} and must be a multiple of {VALUES_PER_SECOND:,} Hz."
            )
        _ = self.full_recipe

    @property
    def full_recipe(self) -> Recipe:
        """The recipe with the plan's own T and seed in it."""
        known = {one.name for one in dataclasses.fields(Recipe)}
        if unknown := sorted(set(self.recipe) - known):
            raise CabcnnError(f"A recipe has no {unknown[0]}; it has {', '.join(sorted(known))}.")
        return Recipe(**{**self.recipe, "seconds": self.seconds, "seed": self.seed})

    def asks_the_same(self, other: Plan) -> bool:
        """Whether two plans differ at most in their device, or in fields that an earlier version's
        recipe lacks and that have their defaults in the other."""

        def complete(plan: Plan) -> Plan:
            return dataclasses.replace(plan, device="", recipe=plan.full_recipe.as_dict())

        return complete(self) == complete(other)

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Plan:
        """The plan in `text`. People write plans, so an unknown field is an error: it may be a
        known one misspelt.

        Raises CabcnnError, naming the field, for what is not a plan.
        """
        known = [one.name for one in dataclasses.fields(cls)]
        try:
            values = schema.parse(text, MOST_BYTES)
            if unknown := sorted(values.keys() - set(known)):
                raise CabcnnError(f"it has no {schema.shown(unknown[0])}, only {', '.join(known)}")
            return schema.build(cls, values)
        except (ValueError, CabcnnError) as error:
            reason = str(error).removesuffix(".")
            raise CabcnnError(
                f"This is not the plan of a training run ({reason}); correct it or make a new one."
            ) from error


def read(path: str | Path) -> Plan:
    """The plan in a file, or in the run folder `path`.

    Raises CabcnnError if it is missing, can't be read or is damaged.
    """
    path = Path(path)
    path = path / FILE if path.is_dir() else path
    try:
        with path.open("rb") as file:
            return Plan.from_json(file.read(MOST_BYTES + 1))
    except OSError as error:
        raise CabcnnError(f"There is no plan {path} ({error.strerror}).") from error


def on_device(plan: Plan, device: str) -> Plan:
    return dataclasses.replace(plan, device=device)
