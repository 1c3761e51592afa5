"""An atlas as a JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from cabcnn import files
from cabcnn.atlas.atlas import Atlas, Moment, Sound
from cabcnn.errors import CabcnnError

FORMAT = 1
KEY = "cabcnn-atlas"
DECIMALS = {"use": 6, "use_by_label": 6, "loudest": 6, "votes": 4, "specialisation": 4, "chance": 4}
CORRELATION_DECIMALS = 3
TOLERANCE = 1e-3  # of the sum of rounded shares
STRINGS = ("model", "weights", "corpus", "version", "date")
COUNTS = ("clips", "speakers")


class AtlasError(CabcnnError):
    """An atlas file that is missing, damaged, not an atlas or from a later version."""


def write(atlas: Atlas, path: Path) -> None:
    """Writes an atlas, atomically. Shares are rounded to six decimals, votes to four, r to three.

    Raises CabcnnError if the file can't be written.
    """
    files.make_folder(path.parent)
    lines = [f"{json.dumps(name)}: {_text(value)}" for name, value in _to_json(atlas).items()]
    files.write(path, "{\n" + ",\n".join(lines) + "\n}\n")


def read(path: Path) -> Atlas:
    """Raises AtlasError if the file is missing, damaged, not an atlas or from a later version."""
    try:
        facts = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise AtlasError(f"There is no atlas {path}.") from None
    except OSError as error:
        raise AtlasError(
            f"{path.name} can't be read ({error.strerror}); check its permissions."
        ) from error
    except (ValueError, RecursionError) as error:
        raise AtlasError(f"{path.name} is damaged; compute it again.") from error
    if not isinstance(facts, dict) or KEY not in facts:
        raise AtlasError(f"{path.name} is a JSON file, but not an atlas.")
    if facts[KEY] != FORMAT:
        raise AtlasError(
            f"{path.name} has format {facts[KEY]} and this program reads {FORMAT}; update cabcnn "
            "or compute it again."
        )
    try:
        return _atlas(facts)
    except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        raise AtlasError(f"{path.name} is damaged ({error}); compute it again.") from error


def _to_json(atlas: Atlas) -> dict[str, Any]:
    n = len(atlas.use)
    lower = np.tril_indices(n, -1)
    return {
        KEY: FORMAT,
        **{name: getattr(atlas, name) for name in (*STRINGS, *COUNTS, "seconds", "classes")},
        "labels": atlas.labels,
        "intervals": atlas.intervals.tolist(),
        **{name: _rounded(getattr(atlas, name), places) for name, places in DECIMALS.items()},
        "correlation": _rounded(atlas.correlation[lower], CORRELATION_DECIMALS),
        "order": atlas.order.tolist(),
        "sounds": atlas.sounds,
        "moments": [[_moment_row(moment) for moment in row] for row in atlas.moments],
        "left_out": atlas.left_out,
    }


def _moment_row(moment: Moment) -> list:
    votes = [round(vote, 4) for vote in moment.votes]
    return [moment.sound, round(moment.time, 4), round(moment.weight, 4), votes]


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _rounded(values: np.ndarray, places: int) -> list:
    return (np.round(values, places) + 0.0).tolist()  # + 0.0: no -0.0


def _atlas(facts: Mapping[str, Any]) -> Atlas:
    """Raises ValueError, KeyError or TypeError for content that is not an atlas."""
    strings: dict[str, Any] = {name: _string(facts[name]) for name in STRINGS}
    counts: dict[str, Any] = {name: _count(facts[name]) for name in COUNTS}
    classes, labels = (tuple(map(_string, facts[name])) for name in ("classes", "labels"))
    if len(classes) < 2 or not labels:
        raise ValueError("it has too few classes or labels")
    n, m, l = len(facts["use"]), len(classes), len(labels)  # noqa: E741
    shapes = {
        "use": (n,), "use_by_label": (n, l), "loudest": (n,), "votes": (n, m),
        "specialisation": (n,), "chance": (n,),
    }  # fmt: skip
    shares: dict[str, Any] = {name: _shares(facts[name], shape) for name, shape in shapes.items()}
    _check_sums(shares["use"][None], shares["use_by_label"].T, shares["votes"])
    intervals = np.array([_count(value) for value in facts["intervals"]], np.int64)
    order = np.array([_count(value) for value in facts["order"]], np.int64)
    if len(intervals) != l or sorted(order) != list(range(n)):
        raise ValueError("its counts do not fit")
    sounds = tuple(Sound(*map(_string, row)) for row in facts["sounds"])
    moments = tuple(
        tuple(_moment(row, m, len(sounds)) for row in rows) for rows in facts["moments"]
    )
    if len(moments) != n:
        raise ValueError("its moments do not fit")
    return Atlas(
        **strings,
        **counts,
        **shares,
        seconds=None if facts["seconds"] is None else _number(facts["seconds"]),
        classes=classes,
        labels=labels,
        intervals=intervals,
        correlation=_symmetric(facts["correlation"], n),
        order=order,
        sounds=sounds,
        moments=moments,
        left_out=tuple((_string(name), _string(reason)) for name, reason in facts["left_out"]),
    )


def _shares(values: Any, shape: tuple[int, ...]) -> np.ndarray:
    table = np.array(values, np.float64)
    if table.shape != shape or not ((table >= 0) & (table <= 1 + TOLERANCE)).all():
        raise ValueError("its numbers do not fit")
    return table


def _check_sums(*tables: np.ndarray) -> None:
    for table in tables:
        if not np.allclose(table.sum(1), 1, atol=TOLERANCE):
            raise ValueError("its shares do not add up")


def _symmetric(lower: Any, n: int) -> np.ndarray:
    matrix = np.eye(n)
    values = np.array(lower, np.float64)
    if values.shape != (n * (n - 1) // 2,) or not (np.abs(values) <= 1).all():
        raise ValueError("its correlations do not fit")
    rows, columns = np.tril_indices(n, -1)
    matrix[rows, columns] = matrix[columns, rows] = values
    return matrix


def _moment(row: Any, classes: int, sounds: int) -> Moment:
    sound, time, weight, votes = row
    votes = tuple(map(_number, votes))
    if not 0 <= _count(sound) < sounds or len(votes) != classes:
        raise ValueError("a moment does not fit")
    return Moment(sound, _number(time), _number(weight), votes)


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a string is missing")
    return value


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError("a count is missing")
    return value


def _number(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < 1e6:
        raise TypeError("a number is missing")
    return float(value)
