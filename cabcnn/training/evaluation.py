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
    perplexity,
    scores,
)
from cabcnn.model import STACKED_VALUES, STRIDE, VALUES_PER_SECOND, CabCnn, check_finite
from cabcnn.threads import ordered_map
from cabcnn.training.distributed import Processes
from cabcnn.training.excerpts import first_seconds
from cabcnn.training.loader import Staged, stage, to_device, workers


class Evaluation(NamedTuple):
    """The `probabilities` (N, m) of N clips, their `labels` (N,), and the scores that follow.

    `attention` (n,) is each classifier's mean share over all intervals.
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
        """The mean of the classes' mean losses: each class counts the same."""
        return float(np.mean([self.losses[self.labels == k].mean() for k in set(self.labels)]))

    @property
    def calibration(self) -> Calibration:
        return calibration(self.probabilities, self.labels)

    def intervals(self, speakers: Sequence[str]) -> dict[str, Interval] | None:
        """95 % intervals of the scores over the clips' speakers (N,), by `metrics.bootstrap`."""
        classes = self.probabilities.shape[1]
        return bootstrap(self.labels, self.probabilities.argmax(1), speakers, classes)

    @property
    def effective_classifiers(self) -> float:
        return perplexity(self.attention)


def evaluate(
    model: CabCnn,
    arrays: Arrays,
    clips: Sequence[int] | NDArray[np.int64],
    seconds: float | None,
    progress: Callable[[int], None] = lambda done: None,
    processes: Processes | None = None,
) -> Evaluation:
    """Classifies the first `seconds` of each clip; several `processes` share the work.

    One clip at a time on a CPU, whose cache holds no more; many at once on a GPU. `progress` is
    called with the number of clips done. Raises CabcnnError if the answers are not numbers.
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
        return stage([first_seconds(arrays, int(clips[i]), seconds) for i in places], device)

    threads = workers(device)
    values = ordered_map(make, groups, threads, threads + 1)
    done = 0
    with torch.inference_mode():
        for places, part in zip(groups, values, strict=True):
            output = model(to_device(part, device))
            answers[places] = output.probabilities.double()
            attention += output.attention.sum(0, dtype=torch.float64)
            done += len(places)
            progress(done)
    answers = processes.sum(answers).cpu().numpy()
    check_finite(answers)
    share = processes.sum(attention).cpu().numpy()
    return Evaluation(answers, arrays.labels[np.asarray(clips)], share / share.sum())


def _groups(places: Iterable[int], lengths: NDArray[np.int64], most: int) -> list[list[int]]:
    """Clips to classify together, up to `most` values: those that can be stacked for the trunk."""
    groups: list[list[int]] = []
    room = 0
    for place in sorted(places, key=lambda i: (lengths[i] % STRIDE, lengths[i])):
        room -= int(lengths[place])
        if room < 0 or not groups:
            groups.append([])
            room = most - int(lengths[place])
        groups[-1].append(place)
    return groups
