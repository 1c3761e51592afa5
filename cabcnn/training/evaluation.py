"""How good a model is on clips that it did not learn from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from cabcnn.dataset.arrays import Arrays
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
from cabcnn.model import STACKED_VALUES, STRIDE, VALUES_PER_SECOND, CabCnn
from cabcnn.threads import ordered_map
from cabcnn.training.distributed import Processes
from cabcnn.training.excerpts import first_seconds
from cabcnn.training.loader import Staged, moved, staged, workers


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
    model: CabCnn,
    arrays: Arrays,
    clips: Sequence[int] | NDArray[np.int64],
    seconds: float | None,
    progress: Callable[[int], None] = lambda done: None,
    processes: Processes | None = None,
) -> Evaluation:
    """Classifies the first `seconds` of each clip; of several `processes` each does some.

    One clip at a time on a CPU, whose cache holds so much; many together on a GPU.
    """
    model.eval()
    device = next(model.parameters()).device
    processes = processes or Processes(device)
    answers = torch.zeros(len(clips), model.classes, dtype=torch.float64, device=device)
    attention = torch.zeros(model.n, dtype=torch.float64, device=device)
    lengths = arrays.values[np.asarray(clips)]
    if seconds is not None:
        lengths = np.minimum(lengths, round(seconds * VALUES_PER_SECOND))
    own = range(processes.rank, len(clips), processes.size)
    groups = _groups(own, lengths, 1 if device.type == "cpu" else STACKED_VALUES)

    def make(places: list[int]) -> Staged:
        return staged([first_seconds(arrays, int(clips[i]), seconds) for i in places], device)

    threads = workers(device)
    values = ordered_map(make, groups, threads, threads + 1)
    done = 0
    with torch.inference_mode():
        for places, part in zip(groups, values, strict=True):
            output = model(moved(part, device))
            answers[places] = output.probabilities.double()
            attention += output.attention.sum(0, dtype=torch.float64)
            done += len(places)
            progress(done)
    answers = processes.sum(answers).cpu().numpy()
    share = processes.sum(attention).cpu().numpy()
    return Evaluation(answers, arrays.labels[np.asarray(clips)], share / share.sum())


def _groups(places: Iterable[int], lengths: NDArray[np.int64], most: int) -> list[list[int]]:
    """Which clips to classify together: those that may share the trunk, up to `most` values."""
    groups: list[list[int]] = []
    room = 0
    for place in sorted(places, key=lambda i: (lengths[i] % STRIDE, lengths[i])):
        room -= int(lengths[place])
        if room < 0 or not groups:
            groups.append([])
            room = most - int(lengths[place])
        groups[-1].append(place)
    return groups
