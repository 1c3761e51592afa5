"""Splits in which nobody is heard on both sides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cabcnn.errors import CorpusError


def speaker_folds(
    labels: Sequence[str], speakers: Sequence[str], folds: int, seed: int = 0
) -> NDArray[np.int64]:
    """The fold 0..folds-1 of each clip: no speaker in two folds, labels spread evenly.

    Raises CorpusError where a label has fewer speakers than there are folds.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    for label in sorted(set(labels)):
        voices = {s for s, own in zip(speakers, labels, strict=True) if own == label}
        if len(voices) < folds:
            raise CorpusError(
                f"{label} has {len(voices)} speaker(s), too few for {folds} speaker-disjoint "
                "folds; bring more speakers or ask for fewer folds."
            )
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    fold = np.full(len(labels), -1)
    for number, (_, places) in enumerate(splitter.split(labels, labels, speakers)):
        fold[places] = number
    return fold
