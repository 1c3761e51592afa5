"""How far a model's answers depend on the recording: the same speakers under other conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cabcnn.dataset.arrays import Arrays
from cabcnn.metrics import confusion_matrix, scores

Rows = Sequence[Mapping]  # those of `run_split`, a row for each split


class Robustness(NamedTuple):
    """The answers to `clips` recordings under one condition, pooled over the splits' models.

    `reference_recall` is the unweighted recall on the same speakers without the condition,
    `agreement` the share of answers that are the same as there, and `shares` (m,) how often each
    class was answered.
    """

    clips: int
    unweighted_recall: float
    reference_recall: float
    agreement: float
    shares: tuple[float, ...]


def robustness(reference: Rows, rows: Rows, arrays: Arrays, changed: Arrays) -> Robustness:
    """Compares the same models' answers to the clips of `arrays` and to those `changed`, by
    speaker: each has one clip in both, or none in `changed`."""
    classes = len(arrays.label_names)
    labels, before, after = [], [], []
    for own, other in zip(reference, rows, strict=True):
        answered = dict(zip(arrays.speakers[own["clips"]], _answers(own), strict=True))
        labels += other["labels"]
        before += [answered[speaker] for speaker in changed.speakers[other["clips"]]]
        after += _answers(other).tolist()
    recall, reference_recall = (
        scores(confusion_matrix(labels, answers, classes)).unweighted_recall
        for answers in (after, before)
    )
    return Robustness(
        clips=len(after),
        unweighted_recall=recall,
        reference_recall=reference_recall,
        agreement=float(np.mean(np.equal(before, after))),
        shares=tuple((np.bincount(after, minlength=classes) / len(after)).tolist()),
    )


def robustness_note(measured: Mapping[str, Robustness]) -> str:
    """A card's sentences on all conditions."""
    told = [
        f"{name}: unweighted recall {one.unweighted_recall:.2f}, "
        f"{100 * (1 - one.agreement):.0f} % of the answers change"
        for name, one in measured.items()
    ]
    return f"Other recordings of the same speakers, heard by the same models: {'; '.join(told)}."


def robustness_table(measured: Mapping[str, Robustness], labels: Sequence[str]) -> str:
    """The same as a table in Markdown, with the share of each class among the answers."""
    lines = [
        f"| heard | recordings | recall | as copies | same answer | {' / '.join(labels)} |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, one in measured.items():
        shares = " / ".join(f"{share:.2f}" for share in one.shares)
        lines.append(
            f"| {name} | {one.clips} | {one.unweighted_recall:.2f} | {one.reference_recall:.2f} | "
            f"{one.agreement:.2f} | {shares} |"
        )
    return "\n".join(lines)


def _answers(row: Mapping) -> NDArray[np.int64]:
    return np.argmax(row["probabilities"], 1)
