"""What a training run was asked to do: all that is needed to do it again."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from cabcnn import audio
from cabcnn.errors import CabcnnError
from cabcnn.model import VALUES_PER_SECOND
from cabcnn.training.recipe import Recipe

FILE = "plan.json"
LONGEST_NAME = 80
Protocol = Literal["speaker-disjoint", "paper", "both", "official", "folds"]
FEWEST_FOLDS, MOST_FOLDS = 3, 20
OPTIONS = {"label", "speaker", "speaker_pattern", "labels", "inside"}
PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)


@dataclass(frozen=True)
class Plan:
    """A corpus and how to read it, a recipe, and how to measure what comes of it.

    `recipe` holds the fields of a `Recipe`, as `Recipe.as_dict` gives them; the plan's own
    `seconds` and `seed` stand above those in it. `options` go to `cabcnn.corpora.read`.
    `protocol` says who is tested: "speaker-disjoint", voices that were not learned from;
    "paper", the mixed split of Section 4; "both", one model each; "official", the split that
    the corpus came with; "folds", each voice once, by one model for each of `folds` parts.

    Raises CabcnnError for what can't be carried out.
    """

    corpus: str  # "built-in", a folder or a manifest
    name: str
    layout: str | None = None  # None: found out
    options: Mapping[str, Any] = field(default_factory=dict)
    seconds: float | None = 30.0  # T
    recipe: Mapping[str, Any] = field(default_factory=dict)
    protocol: Protocol = "both"
    seed: int = 0
    device: str = "auto"
    rate: int = 8000  # Hz
    title: str = ""
    folds: int = 5  # of the protocol of that name

    def __post_init__(self) -> None:
        name = self.name
        if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
            raise CabcnnError(f"A model needs a name of 1 to {LONGEST_NAME} printable characters.")
        if name[0] == "." or set(name) & set('/\\:*?"<>|'):
            raise CabcnnError(
                f"{name!r} can't be a file's name; use letters, digits, spaces, - and _."
            )
        if self.protocol not in PROTOCOLS:
            raise CabcnnError(
                f"{self.protocol!r} is no way to split; choose one of {', '.join(PROTOCOLS)}."
            )
        if not FEWEST_FOLDS <= self.folds <= MOST_FOLDS:
            raise CabcnnError(
                f"{self.folds} folds are asked for; from {FEWEST_FOLDS} (to learn from, to choose "
                f"the best epoch by, to be tested on) to {MOST_FOLDS} can be made."
            )
        if not 0 <= self.seed < 2**32:
            raise CabcnnError(
                f"The seed is {self.seed}; give a whole number from 0 to {2**32 - 1}."
            )
        if foreign := sorted(set(self.options) - OPTIONS):
            raise CabcnnError(f"A corpus has no option {foreign[0]!r}; it has {sorted(OPTIONS)}.")
        audio.check_seconds(self.seconds)
        if self.rate < VALUES_PER_SECOND or self.rate % VALUES_PER_SECOND:
            raise CabcnnError(
                f"The rate is {self.rate} Hz; it should be a multiple of {VALUES_PER_SECOND}."
            )
        _ = self.full_recipe

    @property
    def full_recipe(self) -> Recipe:
        """The recipe with the plan's own T and seed in it."""
        known = {one.name for one in dataclasses.fields(Recipe)}
        if foreign := sorted(set(self.recipe) - known):
            raise CabcnnError(f"A recipe has no {', '.join(foreign)}; it has {sorted(known)}.")
        return Recipe(**{**self.recipe, "seconds": self.seconds, "seed": self.seed})

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Plan:
        """Raises CabcnnError for what is no plan."""
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError, AttributeError) as error:
            raise CabcnnError(f"This is no plan of a training run: {error}.") from error


def read(path: str | Path) -> Plan:
    """The plan in a file, or in the run folder `path`.

    Raises CabcnnError where there is none, or it is damaged.
    """
    path = Path(path)
    path = path / FILE if path.is_dir() else path
    try:
        return Plan.from_json(path.read_bytes())
    except OSError as error:
        raise CabcnnError(f"There is no plan {path} ({error.strerror}).") from error


def on_device(plan: Plan, device: str) -> Plan:
    return dataclasses.replace(plan, device=device)
