"""The grid of a study: every network, at every T, in every run."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from cabcnn import audio, files, schema
from cabcnn.baselines import BASELINES
from cabcnn.errors import CabcnnError
from cabcnn.study.train_baseline import display_name
from cabcnn.study.variants import COUNTS

FILE = "study.json"
Protocol = Literal["paper", "speaker-disjoint"]
PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)
OURS = "cab-cnn"
MASKED, UNIFORM, LARGE = "cab-cnn-masked", "uniform-attention", "one-large-classifier"
# The networks by name, with descriptions.
MODELS: dict[str, str] = {
    OURS: "CAB-CNN by the paper's recipe: each batch truncated to its shortest clip",
    MASKED: "CAB-CNN with complete clips, masked exactly",
    **{name: display_name(baseline) for name, baseline in BASELINES.items()},
    UNIFORM: "CAB-CNN with uniform attention",
    LARGE: "one classifier as large as all forty and the attention",
    **{
        f"classifiers-{count}": f"CAB-CNN with {count} classifier{'' if count == 1 else 's'}"
        for count in COUNTS
    },
}
COMPARISON = (OURS, *BASELINES)  # the paper's Table 3
SECONDS = (5.0, 10.0, 30.0, 60.0)  # its Table 4
BASELINE_SECONDS = 30.0  # Table 3 compares at CAB-CNN's best T


def parse_models(values: Sequence[str] | None) -> tuple[str, ...]:
    """The networks of an option that is repeated, or given several names at once (a,b): the
    paper's for none, every one for "all"."""
    names = _split(values)
    return tuple(MODELS) if names == ["all"] else tuple(names) or COMPARISON


def parse_seconds(values: Sequence[str] | None) -> tuple[float, ...]:
    """T of CAB-CNN, likewise; the paper's four for none. Raises CabcnnError for what is no
    number."""
    return tuple(map(_number, _split(values))) or SECONDS


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise CabcnnError(
            f"--seconds {text} is not a number; give one, or several: 5,10."
        ) from None


def _split(values: Sequence[str] | None) -> list[str]:
    return [part.strip() for value in values or () for part in value.split(",")]


class Cell(NamedTuple):
    """One model to train: a network, T in seconds, and the run, which is also the seed."""

    model: str
    seconds: float
    run: int

    @property
    def name(self) -> str:
        return f"{self.model}-{self.seconds:g}s-{self.run}"


@dataclass(frozen=True)
class Grid:
    """All models of a study, on one split.

    `max_epochs` limits a training; with 1,000, early stopping ends it first, as in the paper.
    Networks with slow epochs can be given a lower limit in the same study: each result records
    its own. `split_seed` decides the split, which is the same for all runs, as in the paper.

    Raises CabcnnError for a grid that can't be trained.
    """

    models: tuple[str, ...] = COMPARISON
    seconds: tuple[float, ...] = SECONDS
    runs: int = 8
    protocol: Protocol = "paper"
    max_epochs: int = 1000
    split_seed: int = 0

    def __post_init__(self) -> None:
        if unknown := [name for name in self.models if name not in MODELS]:
            raise CabcnnError(f"There is no network {unknown[0]!r}, only {known_names()}.")
        if self.protocol not in PROTOCOLS:
            raise CabcnnError(
                f"There is no protocol {self.protocol!r}; choose one of {', '.join(PROTOCOLS)}."
            )
        if not self.models or not self.seconds or self.runs < 1 or self.max_epochs < 1:
            raise CabcnnError("A study needs at least one network, T, run and epoch.")
        for seconds in self.seconds:
            audio.check_seconds(seconds)

    def cells(self) -> list[Cell]:
        """The first run of every network, then the second, so that an interrupted study compares
        all networks. CAB-CNN at every T, the others at 30 s or the T nearest to it."""
        nearest = min(self.seconds, key=lambda seconds: abs(seconds - BASELINE_SECONDS))
        return [
            Cell(model, seconds, run)
            for run in range(self.runs)
            for model in self.models
            for seconds in (self.seconds if model in (OURS, MASKED) else (nearest,))
        ]

    def as_dict(self) -> dict[str, Any]:
        return json.loads(json.dumps(asdict(self)))


def write_or_check(grid: Grid, folder: Path, facts: Mapping[str, Any]) -> None:
    """Writes a folder's study.json, or checks that it describes the same study and extends it.

    `facts` describe the corpus, see `runner.facts`: its name, `corpus`, its `digest`, and what
    the report needs.

    Runs, networks and T can be added to a study. What a cell's result depends on must not change,
    except `max_epochs`, which `runner.run` checks for each network.

    Raises CabcnnError if the folder contains another study.
    """
    path = folder / FILE
    study = {**facts, **grid.as_dict()}
    if path.exists():
        earlier = schema.read(path, "choose another folder")
        for name in ("corpus", "digest", "protocol", "split_seed"):
            if earlier.get(name) != study[name]:
                raise CabcnnError(
                    f"{folder} contains a study whose {name.replace('_', ' ')} is "
                    f"{earlier.get(name)!r}, not {study[name]!r}; choose another folder."
                )
        study["models"] = _in_order(earlier["models"], study["models"])
        study["seconds"] = sorted({*earlier["seconds"], *study["seconds"]})
        study["runs"] = max(earlier["runs"], study["runs"])
        study["max_epochs"] = max(earlier["max_epochs"], study["max_epochs"])
    files.write_json(path, study)


def known_names() -> str:
    """The names of all networks, with a note on reconstructions."""
    return ", ".join(
        f"{name} (reconstruction)" if is_reconstruction(name) else name for name in MODELS
    )


def is_reconstruction(name: str) -> bool:
    return name in BASELINES and BASELINES[name].reconstruction


def _in_order(earlier: Sequence[str], later: Sequence[str]) -> list[str]:
    return [name for name in MODELS if name in {*earlier, *later}]


def count_of(model: str) -> int | None:
    """The number of classifiers in a name such as classifiers-20."""
    match = re.fullmatch(r"classifiers-(\d+)", model)
    return int(match[1]) if match else None
