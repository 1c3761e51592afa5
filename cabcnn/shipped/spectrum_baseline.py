"""A baseline that hears the long-term spectrum only: a speaker's timbre, and the recording's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cabcnn.dataset.arrays import Arrays
from cabcnn.metrics import confusion_matrix, scores
from cabcnn.training.cross_validation import Split


def spectrum_recall(arrays: Arrays, splits: Sequence[Split]) -> float:
    """Mean unweighted recall of a logistic regression on the mean and standard deviation of each
    clip's log spectra. A model that does no better hears no more than timbre."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    spectra = [arrays.spectrum(i, 0, int(p)) for i, p in enumerate(arrays.intervals)]
    rows = np.array([np.concatenate([s.mean(0), s.std(0)]) for s in spectra])
    recalls = []
    for split in splits:
        model = make_pipeline(
            StandardScaler(), LogisticRegression(C=0.1, class_weight="balanced", max_iter=5000)
        ).fit(rows[split.learned], arrays.labels[split.learned])
        predicted = model.predict(rows[split.tested])
        matrix = confusion_matrix(arrays.labels[split.tested], predicted, len(arrays.label_names))
        recalls.append(scores(matrix).unweighted_recall)
    return float(np.mean(recalls))
