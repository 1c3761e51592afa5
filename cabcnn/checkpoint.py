"""A model in one file: safetensors weights, and a card in JSON in the file's metadata.

Both are checked whole when they are read, so that whatever uses a model may rely on its card.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as as_bytes

from cabcnn import files, paths, schema
from cabcnn.errors import CheckpointError
from cabcnn.model import CLASSIFIERS, VALUES_PER_SECOND, CabCnn
from cabcnn.schema import PRINTABLE, Between, Length, Seconds, Without
from cabcnn.sureness import Step

FORMAT = 1
KEY = "cabcnn"
SUFFIX = ".safetensors"
OLDER_NAMES = {"familiar": "novelty_threshold", "usual": "median_seconds"}
AGAIN = "download or train the model again"
FLOATS = ("F16", "BF16", "F32", "F64")  # as safetensors calls them

# Bounds on all that steers how much memory and time a model takes, wherever its file comes from.
MOST_CARD_CHARACTERS = 4 << 20
MOST_LABELS = 250
MOST_CLASSIFIERS = 1_000
MOST_VOTES = 10_000  # labels x classifiers: what an interval of 25 ms gives
MOST_SAMPLES = 60_000_000  # seconds x rate: an hour at 16 kHz

Rate = Annotated[int, Between(VALUES_PER_SECOND, 192_000)]  # Hz
Text = Annotated[str, Length(0, 10_000), PRINTABLE]
Label = Annotated[str, Length(1, 200), PRINTABLE, Without(re.compile(r"[\t\n]"), "line breaks")]
NOT_IN_NAMES = re.compile(
    r'^\.|^\s*$|[^\S ]|[/\\:*?"<>|]|[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]'
)
Name = Annotated[  # of a model, and so of a file
    str,
    Length(1, 80),
    PRINTABLE,
    Without(NOT_IN_NAMES, 'a leading dot, line breaks or any of / \\ : * ? " < > |'),
]
Count = Annotated[int, Between(0, 10**9)]
Share = Annotated[float, Between(0, 1)]


@dataclass(frozen=True)
class Measurement:
    """Scores of a recipe under one protocol, over several trained models.

    Each score is the mean over the models; `spread` is the standard deviation of their
    unweighted recalls. `confusion` (m, m) adds up their counts, rows actual, columns predicted.
    `interval` is the 95 % confidence interval of the unweighted recall over other test speakers.
    `speakers` is 0 where they are unknown. Fields with a default are absent from older cards.

    Raises CheckpointError, naming the field, if one is of the wrong type or out of bounds.
    """

    protocol: Text
    unseen_speakers: bool
    models: Annotated[int, Between(1, 10_000)]
    clips: Count
    speakers: Count
    unweighted_recall: Share
    spread: Share
    accuracy: Share
    macro_f1: Share
    effective_classifiers: Annotated[float, Between(0, MOST_CLASSIFIERS + 1)]
    confusion: Annotated[
        list[Annotated[list[Count], Length(2, MOST_LABELS)]], Length(2, MOST_LABELS)
    ]
    log_loss: Annotated[float, Between(0, 1_000)] | None = None  # nats
    calibration_error: Share | None = None
    interval: tuple[Share, Share] | None = None

    def __post_init__(self) -> None:
        schema.check(self, CheckpointError)
        if self.interval is not None and self.interval[0] > self.interval[1]:
            raise CheckpointError("interval ends before it begins.")


@dataclass(frozen=True)
class Card:
    """What a person must know about a model before trusting it.

    `measurements` begins with the one to quote first: on speakers not in the training set,
    if there is one. `seconds` is T, None for whole clips; `rate` is in Hz. `novelty_threshold` is
    the `familiarity.distance` beyond which a clip counts as unlike the training clips, and
    `median_seconds` the median length of the clips of the first measurement, cut at T. Both are
    None if nobody measured them, as in older cards. `sureness` says how often answers were right
    on clips that the model did not learn from, by their lead (sureness.py).

    Raises CheckpointError, naming the field, if one is of the wrong type or out of bounds.
    """

    name: Name
    title: Annotated[str, Length(1, 10_000), PRINTABLE]
    labels: Annotated[tuple[Label, ...], Length(2, MOST_LABELS)]
    rate: Rate
    seconds: Seconds | None
    data: Text
    source: Text
    licence: Text
    caution: Text
    recipe: Mapping[str, Any]
    measurements: Annotated[tuple[Measurement, ...], Length(0, 100)]
    device: Text
    date: Text
    classifiers: Annotated[int, Between(1, MOST_CLASSIFIERS)] = CLASSIFIERS
    parameters: Annotated[int, Between(0, 10**12)] = 0
    notes: Annotated[tuple[Text, ...], Length(0, 10_000)] = ()
    novelty_threshold: Annotated[float, Between(1e-9, 1e9)] | None = None
    median_seconds: Annotated[float, Between(1e-3, 1e6)] | None = None
    sureness: Annotated[tuple[Step, ...], Length(0, 10_000)] = ()

    def __post_init__(self) -> None:
        schema.check(self, CheckpointError)
        m = len(self.labels)
        if len(set(self.labels)) < m:
            raise CheckpointError("labels has an entry twice; each class needs its own label.")
        if m * self.classifiers > MOST_VOTES:
            raise CheckpointError(
                f"classifiers is {self.classifiers:,} and must be at most {MOST_VOTES // m:,} for "
                f"{m} labels."
            )
        if (self.seconds or 0) * self.rate > MOST_SAMPLES:
            raise CheckpointError(
                f"seconds is {self.seconds:g} and must be at most {MOST_SAMPLES // self.rate:,} at "
                f"{self.rate:,} Hz."
            )
        for i, one in enumerate(self.measurements):
            if {len(one.confusion), *map(len, one.confusion)} != {m}:
                raise CheckpointError(
                    f"measurements[{i}].confusion does not fit the labels and must have {m} rows "
                    f"of {m} counts."
                )

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
            likely = f", 95 % interval: {low} to {high} %"
        return (
            f"Of 10 clips of {who}, it places about {10 * best.unweighted_recall:.0f} right "
            f"({100 * best.unweighted_recall:.0f}{several} %{likely}; each class counted alike, "
            f"guessing: {100 / len(self.labels):.0f} %), by {heard}."
        )

    def to_json(self) -> str:
        return json.dumps(
            {"format": FORMAT, "values_per_second": VALUES_PER_SECOND, **asdict(self)}
        )

    @classmethod
    def from_json(cls, text: str) -> Card:
        """The card in `text`. Fields of an older version are read under the names of today.

        Fields that this version does not know are ignored: a later version may add some without
        a new format, as long as a card can be used without them.

        Raises CheckpointError, saying what is wrong and what to do, for a card of a later format,
        one that is damaged, or one with a field missing or wrong.
        """
        try:
            values = schema.parse(text, MOST_CARD_CHARACTERS)
        except ValueError as error:
            raise CheckpointError(f"its card is damaged ({error}); {AGAIN}.") from error
        version = values.get("format")
        if type(version) is not int or version < 1:
            raise CheckpointError(f"its card has no format; {AGAIN}.")
        if version > FORMAT:
            raise CheckpointError(
                f"its format is {version} and this program reads up to {FORMAT}; update cabcnn."
            )
        if (rate := values.get("values_per_second")) != VALUES_PER_SECOND:
            raise CheckpointError(
                f"its card's values_per_second is {schema.shown(rate)} and must be "
                f"{VALUES_PER_SECOND}; {AGAIN}."
            )
        for older, name in OLDER_NAMES.items():
            if older in values:
                values.setdefault(name, values.pop(older))
        try:
            return schema.build(cls, values, CheckpointError)
        except CheckpointError as error:
            raise CheckpointError(f"its card's {str(error)[:-1]}; {AGAIN}.") from error


def save(path: str | Path, model: CabCnn, card: Card) -> None:
    """Writes the file, replacing an older one only once the new one is complete.

    Raises CabcnnError if it can't be written.
    """
    path = Path(path)
    tensors = {k: v.detach().cpu().contiguous() for k, v in model.state_dict().items()}
    files.make_folder(path.parent)
    files.write(path, as_bytes(tensors, {KEY: card.to_json()}))


def update_card(path: str | Path, **changes: Any) -> Card:
    """Changes fields of the card in a file and nothing else: the weights stay, bit by bit.

    Raises CheckpointError if the file is no checkpoint or a changed field is wrong, CabcnnError
    if it can't be written.
    """
    model, card = load(path)
    changed = replace(card, **changes)
    save(path, model, changed)
    return changed


def load(path: str | Path) -> tuple[CabCnn, Card]:
    """Reads a model, ready to classify, and its card.

    Raises CheckpointError if the file is missing, damaged, not a CAB-CNN model or from a later
    version, if a field of its card is wrong, or if its weights do not fit the card or are not
    finite.
    """
    path = Path(path)
    if not _is_file(path):
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
            if text is None:
                raise CheckpointError(
                    "it is a safetensors file, but not of a CAB-CNN model; choose another."
                )
            card = Card.from_json(text)
            with torch.device("meta"):  # shapes only: nothing is allocated yet
                model = CabCnn(len(card.labels), card.classifiers)
            _check_tensors(file, model)
            tensors = {  # copied, since the file may change while it is mapped
                name: file.get_tensor(name).to(torch.float32, copy=True)
                for name in model.state_dict()
            }
        _check_weights(tensors)
    except (SafetensorError, OSError, UnicodeError) as error:
        raise CheckpointError(
            f"{path.name} is not a complete checkpoint ({error}); {AGAIN}."
        ) from error
    except CheckpointError as error:
        raise CheckpointError(f"{path.name} can't be used: {error}") from error
    model.load_state_dict(tensors, assign=True)
    return model.eval(), card


def _check_tensors(file: Any, model: CabCnn) -> None:
    """Raises CheckpointError unless an open safetensors file holds the weights of `model`."""
    expected = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    given = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
    actual = {name: tuple(tensor.get_shape()) for name, tensor in given.items()}
    for name in sorted(expected.keys() | actual.keys()):
        if expected.get(name) != actual.get(name):
            raise CheckpointError(
                f"it does not fit its card: {name} should be {expected.get(name, 'absent')} and "
                f"is {actual.get(name, 'absent')}; {AGAIN}."
            )
        if given[name].get_dtype() not in FLOATS:
            raise CheckpointError(
                f"{name} is of type {given[name].get_dtype()} and must be one of "
                f"{', '.join(FLOATS)}; save it as one of these."
            )


def _check_weights(tensors: Mapping[str, torch.Tensor]) -> None:
    for name, values in tensors.items():
        if not values.isfinite().all():
            raise CheckpointError(f"{name} holds values that are not finite numbers; {AGAIN}.")
    if (tensors["norm.running_var"] < 0).any():
        raise CheckpointError(f"norm.running_var is a variance but has negative values; {AGAIN}.")


def folder() -> Path:
    """Where the models are that came with the program."""
    return paths.bundled("checkpoints")


def own_folder() -> Path:
    """Where the models are that were trained or added on this machine."""
    return paths.folder() / "models"


def keep(path: Path, name: str) -> None:
    """Copies a model's file to those that can be used by name, under `name`.

    Raises CabcnnError if the disk does not take it.
    """
    target = own_folder() / f"{name}{SUFFIX}"
    files.make_folder(target.parent)
    with files.atomic(target) as part:
        shutil.copyfile(path, part)


def folders() -> tuple[Path, ...]:
    """Where models are looked for by name, in this order."""
    return folder(), own_folder()


def names() -> list[str]:
    """The names of those models, sorted."""
    return sorted({path.stem for place in folders() for path in place.glob(f"*{SUFFIX}")})


def find(name: str | Path) -> Path:
    """The file of a model, given its name or its path.

    Raises CheckpointError, listing the names there are, if there is no such model.
    """
    if str(name) in names():
        return next(path for place in folders() if (path := place / f"{name}{SUFFIX}").exists())
    if _is_file(Path(name)):
        return Path(name)
    known = ", ".join(names()) or "none"
    raise CheckpointError(f"There is no checkpoint {str(name)!r}; by name there are: {known}.")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # such as a name that is too long
        return False
