"""An explanation as numbers: csv, json and npz."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from cabcnn.explanation import Explanation
from cabcnn.export.spans import edges, predicted
from cabcnn.model import INTERVAL_SECONDS

DECIMALS = 7  # a float32 carries no more
DIGITS = 9  # significant, of numbers that are added up by the thousand


def as_dict(explanation: Explanation) -> dict[str, Any]:
    """Everything as plain lists, ready for JSON: the verdict, then the matrices behind it.

    `probabilities` maps each label to its probability; `times` (p,) are the intervals'
    centres in seconds; `attention` (p, n), `votes` (p, n, m) and `interval_probabilities`
    (p, m) have their classes in the order of `labels`. Matrices are rounded to 7 decimals.
    `score` is the sentence on the model's measured accuracy, `lead` how far the first class leads
    the second, `sure` what `sureness` returns; `muted` lists the numbers of the
    muted classifiers.
    """
    x = explanation
    return {
        "name": x.name,
        "model": x.model,
        "label": x.label,
        "probabilities": dict(zip(x.labels, x.probabilities.tolist(), strict=True)),
        "labels": list(x.labels),
        "seconds": x.seconds,
        "notices": list(x.notices),
        "score": x.score,
        "lead": x.lead,
        "sure": sureness(x),
        "muted": list(x.muted),
        "effective_classifiers": x.effective_classifiers,
        "interval_seconds": INTERVAL_SECONDS,
        "times": np.round(x.times, DECIMALS).tolist(),
        "selected": x.selected.tolist(),
        "attention": np.round(x.attention, DECIMALS).tolist(),
        "votes": np.round(x.votes, DECIMALS).tolist(),
        "interval_probabilities": np.round(x.interval_probabilities, DECIMALS).tolist(),
    }


def sureness(x: Explanation) -> dict[str, Any] | None:
    """How often answers like this one were right on clips that the model did not learn from: the
    share, its 95 % interval, the number of clips, and a sentence. None where nobody measured it."""
    step = x.sure
    if step is None:
        return None
    interval = [round(edge, 4) for edge in step.interval]
    known = {"right": step.right, "interval": interval, "clips": step.clips}
    return {**known, "sentence": x.sure_sentence}


def to_csv(explanation: Explanation) -> bytes:
    """One row per interval, for a spreadsheet or a statistics program.

    Columns: clip and model; the interval's number, start and end in seconds; its predicted class;
    the selected classifier, its attention weight and its votes (`vote US`, ...); the interval's
    probabilities (`interval US`, ...); the clip's probabilities up to there (`so far US`, ...),
    whose last row is the verdict; and the numbers of the muted classifiers. Tables of several
    clips can be concatenated.
    """
    x = explanation
    rows = np.arange(len(x.times))
    by_class = np.hstack(
        [x.votes[rows, x.selected], x.interval_probabilities, x.verdict_so_far]
    ).round(DECIMALS)
    head = ["clip", "model", "interval", "start", "end", "label", "classifier", "attention"]
    head += [f"{what} {label}" for what in ("vote", "interval", "so far") for label in x.labels]
    labels, times = predicted(x), edges(x).round(DECIMALS).tolist()
    weights = x.attention[rows, x.selected].round(DECIMALS).tolist()
    muted = " ".join(map(str, x.muted))
    return _table(
        [*head, "muted"],
        (
            [
                *(x.name, x.model, t, times[t], times[t + 1], labels[t], selected),
                *(weights[t], *by_class[t].tolist(), muted),
            ]
            for t, selected in enumerate(x.selected.tolist())
        ),
    )


def to_long_csv(explanation: Explanation) -> bytes:
    """One row per interval and classifier: every term of the sum.

    Columns: clip and model; the interval's number, start and end in seconds; the classifier, its
    attention weight and its votes (`vote US`, ...); its shares (`share US`, ...), which add up to
    the clip's probabilities; and whether it was muted (1) or not (0).
    """
    x = explanation
    times = edges(x).round(DECIMALS).tolist()
    head = ["clip", "model", "interval", "start", "end", "classifier", "attention"]
    head += [f"{what} {label}" for what in ("vote", "share") for label in x.labels]
    muted = [int(i in x.muted) for i in range(x.attention.shape[1])]
    numbers = np.concatenate([x.attention[:, :, None], x.votes, x.shares], 2)
    return _table(
        [*head, "muted"],
        (
            [x.name, x.model, t, times[t], times[t + 1], i, *map(_significant, row), muted[i]]
            for t, rows in enumerate(numbers.tolist())
            for i, row in enumerate(rows)
        ),
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue().encode()


def _significant(number: float) -> str:
    return f"{number:.{DIGITS}g}"


def to_json(explanation: Explanation) -> bytes:
    """`as_dict` as a JSON object."""
    return json.dumps(as_dict(explanation), ensure_ascii=False).encode()


def to_npz(explanation: Explanation) -> bytes:
    """All matrices at full precision, for `numpy.load`, without pickle."""
    x, file = explanation, io.BytesIO()
    np.savez_compressed(
        file,
        name=np.array(x.name),
        model=np.array(x.model),
        score=np.array(x.score),
        label=np.array(x.label),
        labels=np.array(x.labels),
        notices=np.array(x.notices, np.str_),
        muted=np.array(x.muted, np.int64),
        seconds=np.array(x.seconds),
        probabilities=x.probabilities,
        times=x.times,
        selected=x.selected,
        attention=x.attention,
        votes=x.votes,
        interval_probabilities=x.interval_probabilities,
        shares=x.shares,
    )
    return file.getvalue()
