"""What a study trains: every network, at every T, in every run."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from cabcnn import audio, files
from cabcnn.baselines import RIVALS
from cabcnn.errors import CabcnnError
from cabcnn.study.rivals import named
from cabcnn.study.variants import COUNTS

FILE = "study.json"
Protocol = Literal["paper", "speaker-disjoint"]
PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)
OURS = "cab-cnn"
MASKED, UNIFORM, LARGE = "cab-cnn-masked", "uniform-attention", "one-large-classifier"
# The names of all networks, with what they are.
MODELS: dict[str, str] = {
    OURS: "CAB-CNN by the paper's recipe: each batch cut to its shortest clip",
    MASKED: "CAB-CNN, clips kept whole and masked exactly",
    **{name: named(rival) for name, rival in RIVALS.items()},
    UNIFORM: "CAB-CNN whose classifiers all count alike",
    LARGE: "one classifier as large as all forty and the attention",
    **{
        f"classifiers-{count}": f"CAB-CNN with {count} classifier{'' if count == 1 else 's'}"
        for count in COUNTS
    },
}
COMPARISON = (OURS, *RIVALS)  # the paper's Table 3
RIVALS_SECONDS = 30.0  # Table 3 compares at CAB-CNN's best T


class Cell(NamedTuple):
    """One model to train: a network, T in seconds, and the run, which is its seed."""

    model: str
    seconds: float
    run: int

    @property
    def name(self) -> str:
        return f"{self.model}-{self.seconds:g}s-{self.run}"


@dataclass(frozen=True)
class Grid:
    """All that is trained, on one split.

    `max_epochs` ends a training that patience would not; 1,000 leaves that to patience, as in
    the paper. Networks whose epochs cost unlike much may join a study with unlike caps: each
    result says which was its own. `split_seed` deals the clips out, the same for all runs, as in
    the paper.

    Raises CabcnnError for what can't be trained.
    """

    models: tuple[str, ...] = COMPARISON
    seconds: tuple[float, ...] = (5.0, 10.0, 30.0, 60.0)
    runs: int = 8
    protocol: Protocol = "paper"
    max_epochs: int = 1000
    split_seed: int = 0

    def __post_init__(self) -> None:
        if foreign := [name for name in self.models if name not in MODELS]:
            raise CabcnnError(f"There is no network {foreign[0]!r}, only {known_names()}.")
        if self.protocol not in PROTOCOLS:
            raise CabcnnError(
                f"{self.protocol!r} is no way to split; choose one of {', '.join(PROTOCOLS)}."
            )
        if not self.models or not self.seconds or self.runs < 1 or self.max_epochs < 1:
            raise CabcnnError("A study needs a network, a T, a run and an epoch at least.")
        for seconds in self.seconds:
            audio.check_seconds(seconds)

    def cells(self) -> list[Cell]:
        """The first run of everything, then the second: a study that is cut short has compared
        all networks. CAB-CNN at every T; the others at 30 s, or the T nearest to it."""
        only = min(self.seconds, key=lambda seconds: abs(seconds - RIVALS_SECONDS))
        return [
            Cell(model, seconds, run)
            for run in range(self.runs)
            for model in self.models
            for seconds in (self.seconds if model in (OURS, MASKED) else (only,))
        ]

    def as_dict(self) -> dict[str, Any]:
        return json.loads(json.dumps(asdict(self)))


def keep(grid: Grid, folder: Path, facts: Mapping[str, Any]) -> None:
    """Writes down what a folder's study is of, or checks that it is of this.

    `facts` are of the corpus: `corpus`, its name; `digest`, which tells one preparation of it
    from another; the report needs the rest, which `running.facts` tells.

    More runs, networks and T may join a study; what decides a cell's result may not change, but
    for `max_epochs`, which `running.run` checks network by network.

    Raises CabcnnError where the folder holds another study.
    """
    path = folder / FILE
    wanted = {**facts, **grid.as_dict()}
    if path.exists():
        try:
            there = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise CabcnnError(f"{path} is damaged ({error}); choose another folder.") from error
        for name in ("corpus", "digest", "protocol", "split_seed"):
            if there.get(name) != wanted[name]:
                raise CabcnnError(
                    f"{folder} holds a study whose {name.replace('_', ' ')} is "
                    f"{there.get(name)!r}, not {wanted[name]!r}; choose another folder."
                )
        wanted["models"] = _joined(there["models"], wanted["models"])
        wanted["seconds"] = sorted({*there["seconds"], *wanted["seconds"]})
        wanted["runs"] = max(there["runs"], wanted["runs"])
        wanted["max_epochs"] = max(there["max_epochs"], wanted["max_epochs"])
    files.write_json(path, wanted)


def known_names() -> str:
    """The names of all networks, the reconstructions told as such."""
    return ", ".join(
        f"{name} (reconstruction)" if is_reconstruction(name) else name for name in MODELS
    )


def is_reconstruction(name: str) -> bool:
    return name in RIVALS and RIVALS[name].reconstruction


def _joined(earlier: Sequence[str], later: Sequence[str]) -> list[str]:
    return [name for name in MODELS if name in {*earlier, *later}]


def count_of(model: str) -> int | None:
    """The number in the name of a CAB-CNN with another number of classifiers."""
    found = re.fullmatch(r"classifiers-(\d+)", model)
    return int(found[1]) if found else None
