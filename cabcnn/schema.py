"""Records read from files: dataclasses whose fields are checked against their annotations.

    @dataclass(frozen=True)
    class Card:
        rate: Annotated[int, Between(4_000, 192_000)]
        labels: Annotated[tuple[str, ...], Length(2, 250)]

        def __post_init__(self) -> None:
            schema.check(self, CheckpointError)

pydantic is not used because training, and loading a model, must also work on machines that have
only torch, numpy and safetensors, and a file that one machine refuses must not pass on another.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from numbers import Integral, Real
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from cabcnn.errors import CabcnnError

T = TypeVar("T")
Reader = Callable[[Any], Any]  # returns the value in its declared type or raises _InvalidError
SHOWN = 60  # characters of a wrong value that an error message repeats
DEPTH = 6  # levels of nesting in a mapping of free content
# Characters that UTF-8 or XML can't carry, and all control characters but tab and line feed.
UNUSABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Between(NamedTuple):
    """Bounds of a number, both included. NaN is within none."""

    low: float
    high: float

    def holds(self, value: Any) -> bool:
        return self.low <= value <= self.high

    def __str__(self) -> str:
        return f"from {self.low:,.12g} to {self.high:,.12g}"


class Length(NamedTuple):
    """Bounds of how many characters a text has, or entries a list; both included."""

    low: int
    high: int

    def holds(self, value: Any) -> bool:
        return self.low <= len(value) <= self.high

    def __str__(self) -> str:
        return f"of {self.low:,} to {self.high:,}"


class Without(NamedTuple):
    """Text in which a regular expression finds nothing; `what` is what it looks for, in words."""

    pattern: re.Pattern[str]
    what: str

    def holds(self, value: Any) -> bool:
        return self.pattern.search(value) is None

    def __str__(self) -> str:
        return f"without {self.what}"


Rule = Between | Length | Without
PRINTABLE = Without(UNUSABLE, "control characters")
NO_NUL = Without(re.compile("\0"), "zero bytes")
Seconds = Annotated[float, Between(0.025, 3_600)]  # of a clip, at least one interval
SCALARS = {
    bool: (bool, "true or false"),
    int: (Integral, "a whole number"),
    float: (Real, "a number"),
    str: (str, "text"),
}


def check(record: Any, error: type[CabcnnError] = CabcnnError) -> None:
    """Checks all fields of a dataclass and stores them in their declared types (a list becomes
    the tuple that the annotation asks for, numpy's numbers become Python's).

    Raises `error`, naming the field, its value and what it must be.
    """
    with _raised_as(error):
        for name, read in _readers(type(record)).items():
            value = _at(name, read, getattr(record, name))
            object.__setattr__(record, name, value)  # the dataclass may be frozen


def build(kind: type[T], values: Any, error: type[CabcnnError] = CabcnnError) -> T:
    """A dataclass from the decoded JSON of one. Names that it does not have are ignored.

    Raises `error`, naming the field that is missing or wrong.
    """
    with _raised_as(error):
        return _record(kind)(values)


def checked(value: Any, hint: Any, name: str, error: type[CabcnnError] = CabcnnError) -> Any:
    """A single value, checked as a field called `name` with the annotation `hint` would be."""
    with _raised_as(error):
        return _at(name, _reader(hint), value)


def parse(text: str | bytes, limit: int) -> dict[str, Any]:
    """The JSON object in `text`.

    Raises ValueError, saying why, if it is longer than `limit` characters or bytes, nested too
    deeply or not a JSON object.
    """
    if len(text) > limit:
        raise ValueError(f"it is longer than {limit:,} characters")
    try:
        values = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(values, dict):
        raise ValueError("it is not a JSON object")
    return values


def read(path: Path, advice: str, limit: int = 1 << 30) -> dict[str, Any]:
    """The JSON object in a file that this program wrote.

    Raises CabcnnError, ending in `advice`, if it is damaged or can't be read, and
    FileNotFoundError if it is not there.
    """
    try:
        return parse(path.read_bytes(), limit)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise CabcnnError(f"{path} can't be read ({error.strerror}); {advice}.") from error
    except ValueError as error:
        raise CabcnnError(f"{path} is damaged ({error}); {advice}.") from error


def shown(value: Any) -> str:
    """A value as an error message repeats it: short, on one line."""
    try:
        text = repr(value)
    except ValueError:  # an integer of more digits than Python converts
        return "a number of thousands of digits"
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


class _InvalidError(Exception):
    """The value at `path` inside a record breaks the rule that `complaint` states."""

    def __init__(self, complaint: str, path: str = "") -> None:
        self.complaint, self.path = complaint, path

    def __str__(self) -> str:
        return f"{self.path} {self.complaint}."


def _wrong(value: Any, demand: str) -> _InvalidError:
    return _InvalidError(f"is {shown(value)} and must be {demand}")


@contextmanager
def _raised_as(error: type[CabcnnError]) -> Iterator[None]:
    try:
        yield
    except _InvalidError as wrong:
        raise error(str(wrong)) from None


def _at(place: str, read: Reader, value: Any) -> Any:
    try:
        return read(value)
    except _InvalidError as wrong:
        dot = "." if wrong.path and not wrong.path.startswith("[") else ""
        raise _InvalidError(wrong.complaint, f"{place}{dot}{wrong.path}") from None


@cache
def _readers(kind: Any) -> dict[str, Reader]:
    """The readers of the fields of a dataclass or TypedDict."""
    hints = get_type_hints(kind, include_extras=True)
    return {name: _reader(hint) for name, hint in hints.items()}


def _reader(hint: Any, rules: tuple[Rule, ...] = ()) -> Reader:
    """What reads a value of a type; one case for each kind of annotation that is in use."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _reader(inner[0], (*inner[1:], *rules))
    if origin in (Union, UnionType):
        (hint,) = (one for one in inner if one is not NoneType)
        read = _reader(hint, rules)
        return lambda value: None if value is None else read(value)
    if hint in SCALARS:
        return _scalar(hint, rules)
    if origin is Literal:
        return _choice(inner)
    if origin is tuple and Ellipsis not in inner:
        return _fixed_tuple([_reader(one) for one in inner])
    if origin in (tuple, list):
        return _sequence(origin, _reader(inner[0]), rules)
    if origin is Mapping:
        return _free_mapping
    return _options(hint) if is_typeddict(hint) else _record(hint)


def _demand(kind: str, rules: tuple[Rule, ...], unit: str) -> str:
    """What a value must be, in words: "text of 1 to 80 characters, without control characters"."""
    for rule in rules:
        kind += f", {rule}" if isinstance(rule, Without) else f" {rule}"
        kind += f" {unit}" if isinstance(rule, Length) else ""
    return kind


def _scalar(kind: type, rules: tuple[Rule, ...]) -> Reader:
    accepted, words = SCALARS[kind]
    demand = _demand(words, rules, "characters")

    def read(value: Any) -> Any:
        right = isinstance(value, accepted) and (kind is bool or not isinstance(value, bool))
        if not right or not all(rule.holds(value) for rule in rules):
            raise _wrong(value, demand)
        return kind(value)

    return read


def _choice(choices: tuple[Any, ...]) -> Reader:
    def read(value: Any) -> Any:
        if not isinstance(value, str) or value not in choices:
            raise _wrong(value, f"one of {', '.join(choices)}")
        return value

    return read


def _sequence(kind: type, read_entry: Reader, rules: tuple[Rule, ...]) -> Reader:
    demand = _demand("a list", rules, "entries")

    def read(values: Any) -> Any:
        if not isinstance(values, list | tuple) or not all(rule.holds(values) for rule in rules):
            raise _wrong(values, demand)
        return kind(_at(f"[{i}]", read_entry, value) for i, value in enumerate(values))

    return read


def _fixed_tuple(readers: list[Reader]) -> Reader:
    def read(values: Any) -> tuple[Any, ...]:
        if not isinstance(values, list | tuple) or len(values) != len(readers):
            raise _wrong(values, f"a list of {len(readers)} entries")
        return tuple(_at(f"[{i}]", read, values[i]) for i, read in enumerate(readers))

    return read


def _record(kind: type) -> Reader:
    def read(values: Any) -> Any:
        if isinstance(values, kind):
            return values
        if not isinstance(values, Mapping):
            raise _wrong(values, "a JSON object")
        given = {}
        for field in dataclasses.fields(kind):  # type: ignore[arg-type]
            if field.name in values:
                read = _readers(kind)[field.name]
                given[field.name] = _at(field.name, read, values[field.name])
            elif field.default is field.default_factory is dataclasses.MISSING:
                raise _InvalidError("is missing", field.name)
        return kind(**given)

    return read


def _options(kind: Any) -> Reader:
    """A TypedDict of which every entry may be absent."""

    def read(values: Any) -> dict[str, Any]:
        if not isinstance(values, Mapping):
            raise _wrong(values, "a JSON object")
        readers = _readers(kind)
        if unknown := sorted(set(map(str, values)) - readers.keys()):
            raise _InvalidError(f"has no {shown(unknown[0])}; it has {', '.join(readers)}")
        return {name: _at(name, readers[name], value) for name, value in values.items()}

    return read


def _free_mapping(values: Any, depth: int = 1) -> dict[str, Any]:
    """A mapping whose content nobody fixed beforehand: anything that JSON holds, with bounds."""
    if not isinstance(values, Mapping):
        raise _wrong(values, "a JSON object")
    return {_TEXT(name): _at(name, lambda x: _free(x, depth), x) for name, x in values.items()}


def _free(value: Any, depth: int) -> Any:
    if depth > DEPTH:
        raise _wrong(value, f"nested in at most {DEPTH} levels")
    if isinstance(value, Mapping):
        return _free_mapping(value, depth + 1)
    if isinstance(value, list | tuple):
        return [_free(one, depth + 1) for one in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _TEXT(value)
    return (_INTEGER if isinstance(value, Integral) else _NUMBER)(value)


_INTEGER = _scalar(int, (Between(-(2**53), 2**53),))  # what JavaScript holds exactly
_NUMBER = _scalar(float, (Between(-1e308, 1e308),))
_TEXT = _scalar(str, (Length(0, 10_000), PRINTABLE))
