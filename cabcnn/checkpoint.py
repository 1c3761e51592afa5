"""A model in one file: safetensors weights, and a card in JSON in the file's metadata."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as as_bytes

from cabcnn import paths
from cabcnn.errors import CheckpointError
from cabcnn.model import CLASSIFIERS, VALUES_PER_SECOND, CabCnn

FORMAT = 1
KEY = "cabcnn"
SUFFIX = ".safetensors"
MOST_CLASSIFIERS = 10_000


@dataclass(frozen=True)
class Measurement:
    """Scores of a recipe under one protocol, over several trained models.

    Each score is the mean over the models; `spread` is the standard deviation of their
    unweighted recalls. `confusion` (m, m) adds them up, rows actual, columns predicted.
    `interval` is where 95 of 100 unweighted recalls would lie had other speakers been tested.
    Those with a default are absent from older cards.
    """

    protocol: str
    unseen_speakers: bool
    models: int
    clips: int
    speakers: int
    unweighted_recall: float
    spread: float
    accuracy: float
    macro_f1: float
    effective_classifiers: float
    confusion: list[list[int]]
    log_loss: float | None = None
    calibration_error: float | None = None
    interval: tuple[float, float] | None = None

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> Measurement:
        """Raises TypeError for what is no measurement."""
        interval = facts.get("interval")
        pair = None if interval is None else (float(interval[0]), float(interval[1]))
        return cls(**{**facts, "interval": pair})


@dataclass(frozen=True)
class Card:
    """What a person must know of a model before believing it.

    `measurements` begins with the one to quote first: on speakers that were not trained on,
    wherever there is one. `seconds` is T, None for whole clips; `rate` is in Hz. `familiar` is
    how far (`familiarity.distance`) a clip may be from those that were learned from before it
    counts as unlike them, and `usual` the median of how many seconds were heard of the clips that
    the first score is of; None where nobody has measured it, as for older cards.
    """

    name: str
    title: str
    labels: tuple[str, ...]
    rate: int
    seconds: float | None
    data: str
    source: str
    licence: str
    caution: str
    recipe: Mapping[str, Any]
    measurements: tuple[Measurement, ...]
    device: str
    date: str
    classifiers: int = CLASSIFIERS
    parameters: int = 0
    notes: tuple[str, ...] = field(default=())
    novelty_threshold: float | None = None
    median_seconds: float | None = None

    def score(self) -> str:
        """The sentence that stands beside every verdict."""
        if not self.measurements:
            return "Nobody has measured how often this model is right."
        best = self.measurements[0]
        who = "speakers it never heard" if best.unseen_speakers else "speakers it was trained on"
        if not best.unseen_speakers and not best.speakers:
            who = "speakers of whom nobody knows whether it was trained on them"
        heard = "whole clips" if self.seconds is None else f"the first {self.seconds:g} s"
        several = f" ± {100 * best.spread:.0f}" if best.models > 1 else ""
        likely = ""
        if best.models == 1 and best.interval is not None:
            low, high = (f"{100 * edge:.0f}" for edge in best.interval)
            likely = f" (95 % interval: {low} to {high} %)"
        return (
            f"Right {100 * best.unweighted_recall:.0f}{several} % of the time{likely} on {who}, "
            f"each class counted alike (guessing: {100 / len(self.labels):.0f} %), by {heard}."
        )

    def to_json(self) -> str:
        return json.dumps(
            {"format": FORMAT, "values_per_second": VALUES_PER_SECOND, **asdict(self)}
        )

    @classmethod
    def from_json(cls, text: str) -> Card:
        """Raises CheckpointError for a card of a later version or without a needed field."""
        try:
            facts = json.loads(text)
            version = facts.pop("format")
            if version > FORMAT:
                raise CheckpointError(
                    f"its format is {version} and this program reads up to {FORMAT}; update cabcnn"
                )
            if facts.pop("values_per_second") != VALUES_PER_SECOND:
                raise CheckpointError("it reads another number of values a second")
            for name, older in (("novelty_threshold", "familiar"), ("median_seconds", "usual")):
                if older in facts:
                    facts[name] = facts.pop(older)
            facts["labels"] = tuple(facts["labels"])
            facts["notes"] = tuple(facts["notes"])
            facts["measurements"] = tuple(
                Measurement.from_dict(row) for row in facts["measurements"]
            )
            card = cls(**facts)
            if (
                len(card.labels) < 2
                or not isinstance(card.rate, int)
                or card.rate < VALUES_PER_SECOND
                or not isinstance(card.classifiers, int)
                or not 0 < card.classifiers < MOST_CLASSIFIERS
                or (card.seconds is not None and not card.seconds > 0)
                or (card.novelty_threshold is not None and not card.novelty_threshold > 0)
                or (card.median_seconds is not None and not card.median_seconds > 0)
            ):
                raise CheckpointError("its card contradicts itself")
            return card
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CheckpointError("its card is damaged") from error


def save(path: str | Path, model: CabCnn, card: Card) -> None:
    """Writes the file whole or not at all.

    Raises CheckpointError where the disk does not take it.
    """
    path = Path(path)
    part = path.with_name(path.name + ".part")
    tensors = {k: v.detach().cpu().contiguous() for k, v in model.state_dict().items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(as_bytes(tensors, {KEY: card.to_json()}))
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise CheckpointError(
            f"{path} can't be written ({error}); free some space or choose another folder."
        ) from error


def recard(path: str | Path, **changes: Any) -> Card:
    """Changes fields of the card in a file and nothing else: the weights stay, bit by bit.

    Raises CheckpointError where the file is no checkpoint, the new card contradicts itself, or
    the disk does not take it.
    """
    model, card = load(path)
    changed = Card.from_json(replace(card, **changes).to_json())
    save(path, model, changed)
    return changed


def load(path: str | Path) -> tuple[CabCnn, Card]:
    """Reads a model, ready to classify.

    Raises CheckpointError where the file is missing, damaged, of something else, of a later
    version, or has weights of another shape than its card says.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(f"There is no checkpoint {path}.")
    try:
        path.open("rb").close()
    except OSError as error:
        raise CheckpointError(
            f"{path.name} can't be opened ({error.strerror}); check who may read it."
        ) from error
    try:
        with safe_open(path, "pt") as file:
            text = (file.metadata() or {}).get(KEY)
            tensors = {  # copied, since the file may change while it is mapped
                name: file.get_tensor(name).to(torch.float32, copy=True)
                for name in file.keys()  # noqa: SIM118
            }
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{path.name} is not a whole checkpoint ({error}); fetch or train it again."
        ) from error
    if text is None:
        raise CheckpointError(f"{path.name} is a safetensors file, but not of a CAB-CNN model.")
    try:
        card = Card.from_json(text)
    except CheckpointError as error:
        raise CheckpointError(f"{path.name} can't be used: {error}.") from error
    with torch.device("meta"):  # shapes only, whatever the card asks for
        model = CabCnn(len(card.labels), card.classifiers)
    wanted = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    found = {name: tuple(value.shape) for name, value in tensors.items()}
    for name in sorted(wanted.keys() | found.keys()):
        if wanted.get(name) != found.get(name):
            raise CheckpointError(
                f"{path.name} does not fit its card: {name} should be "
                f"{wanted.get(name, 'absent')} and is {found.get(name, 'absent')}."
            )
        if not tensors[name].isfinite().all():
            raise CheckpointError(
                f"{path.name} is damaged: {name} holds values that are no numbers."
            )
    model.load_state_dict(tensors, assign=True)
    return model.eval(), card


def folder() -> Path:
    """Where the models that came with the program lie: inside the installed package, or
    beside it in a checkout."""
    inside = Path(__file__).parent / "checkpoints"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "checkpoints"


def own_folder() -> Path:
    """Where models that were trained or brought here lie."""
    return paths.folder() / "models"


def folders() -> tuple[Path, ...]:
    """Where models are looked for by name; the first that has one of the name wins."""
    return folder(), own_folder()


def names() -> list[str]:
    """The names of those models, sorted."""
    return sorted({path.stem for place in folders() for path in place.glob(f"*{SUFFIX}")})


def find(name: str | Path) -> Path:
    """The file of a model, given its name or its path.

    Raises CheckpointError, listing the names there are, where there is no such model.
    """
    if str(name) in names():
        return next(path for place in folders() if (path := place / f"{name}{SUFFIX}").exists())
    if Path(name).is_file():
        return Path(name)
    known = ", ".join(names()) or "none"
    raise CheckpointError(f"There is no checkpoint {str(name)!r}; by name there are: {known}.")
