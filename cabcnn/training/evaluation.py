"""How good a model is on clips that it did not learn from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from cabcnn.metrics import (
    Calibration,
    Interval,
    Scores,
    bootstrap,
    calibration,
    confusion_matrix,
    log_losses,
    scores,
)
from cabcnn.model import CabCnn
from cabcnn.training.arrays import Arrays
from cabcnn.training.batches import first_seconds


class Evaluation(NamedTuple):
    """`probabilities` (N, m) and `labels` (N,) of N clips, and what follows from them.

    `attention` (n,) is each classifier's mean share over all intervals; its perplexity is
    the `effective_classifiers`: n where all are used equally, 1 where one does everything.
    """

    probabilities: NDArray[np.float64]
    labels: NDArray[np.int64]
    attention: NDArray[np.float64]

    @property
    def confusion(self) -> NDArray[np.int64]:
        classes = self.probabilities.shape[1]
        return confusion_matrix(self.labels, self.probabilities.argmax(1), classes)

    @property
    def scores(self) -> Scores:
        return scores(self.confusion)

    @property
    def losses(self) -> NDArray[np.float64]:
        return log_losses(self.probabilities, self.labels)

    @property
    def loss(self) -> float:
        return float(self.losses.mean())

    @property
    def balanced_loss(self) -> float:
        """Mean over the classes of each class's mean loss."""
        return float(np.mean([self.losses[self.labels == k].mean() for k in set(self.labels)]))

    @property
    def calibration(self) -> Calibration:
        return calibration(self.probabilities, self.labels)

    def intervals(self, speakers: Sequence[str]) -> dict[str, Interval] | None:
        """95 % intervals of the scores over the clips' speakers (N,), as `metrics.bootstrap`."""
        classes = self.probabilities.shape[1]
        return bootstrap(self.labels, self.probabilities.argmax(1), speakers, classes)

    @property
    def effective_classifiers(self) -> float:
        share = self.attention[self.attention > 0]
        return float(np.exp(-(share * np.log(share)).sum()))


def evaluate(
    model: CabCnn, arrays: Arrays, clips: Sequence[int] | NDArray[np.int64], seconds: float | None
) -> Evaluation:
    """Classifies the first `seconds` of each clip, one clip at a time."""
    model.eval()
    device = next(model.parameters()).device
    probabilities, attention, intervals = [], np.zeros(model.n), 0
    with torch.inference_mode():
        for clip in clips:
            output = model([torch.from_numpy(first_seconds(arrays, clip, seconds)).to(device)])
            probabilities.append(output.probabilities[0].double().cpu().numpy())
            attention += output.attention.double().sum(0).cpu().numpy()
            intervals += len(output.attention)
    labels = arrays.labels[np.asarray(clips)]
    return Evaluation(np.stack(probabilities), labels, attention / intervals)
