"""The paper's Table 2 written in the obvious way, layer by layer: the reference for `cabcnn.model`.

It is simple on purpose: padding is a separate operation, ReLU comes before pooling as in the table,
and the 40 classifiers are 40 small networks called in a loop. The tests compare `cabcnn.model` with
its results, `benchmarks/explain.py` with its time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

# Filters, kernel, pool stride, dropout; every pool is twice as wide as its stride.
STAGES = ((16, 4, 2, 0.15), (32, 4, 2, 0.15), (32, 10, 5, 0.1), (128, 10, 5, 0.0))


def pad_same(x: Tensor, kernel: int, stride: int, fill: float) -> Tensor:
    """Pads x (B, channels, length) as Keras's "same" does: the odd element goes to the right."""
    length = x.shape[-1]
    total = max((math.ceil(length / stride) - 1) * stride + kernel - length, 0)
    return F.pad(x, (total // 2, total - total // 2), value=fill)


class KerasStyle(nn.Module):
    """Table 2 for `classes` classes (m) and `classifiers` classifiers (n).

    Initialised as Keras does: Glorot uniform weights, zero biases.
    """

    def __init__(self, classes: int = 3, classifiers: int = 40) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList()
        channels = 1
        for filters, kernel, _, _ in STAGES:
            self.convolutions.append(nn.Conv1d(channels, filters, kernel))
            channels = filters
        self.norm = nn.BatchNorm1d(channels, eps=1e-3, momentum=0.01)  # Keras's 0.99
        self.classifiers = nn.ModuleList(
            nn.Sequential(
                nn.Linear(channels, 8),
                nn.ReLU(),
                nn.Linear(8, 4),
                nn.ReLU(),
                nn.Linear(4, classes),
                nn.Softmax(dim=-1),
            )
            for _ in range(classifiers)
        )
        self.attention = nn.Sequential(
            nn.Linear(channels, 160),
            nn.ReLU(),
            nn.Linear(160, 80),
            nn.ReLU(),
            nn.Linear(80, classifiers),
            nn.Softmax(dim=-1),
        )
        for module in self.modules():
            if isinstance(module, nn.Conv1d | nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, values: Tensor) -> Tensor:
        """Values (B, length), 4,000 a second, to clip probabilities (B, m)."""
        x = values.unsqueeze(1)
        for convolution, (_, kernel, stride, dropout) in zip(
            self.convolutions, STAGES, strict=True
        ):
            x = F.relu(convolution(pad_same(x, kernel, 1, 0.0)))
            x = F.max_pool1d(pad_same(x, 2 * stride, stride, -math.inf), 2 * stride, stride)
            x = F.dropout(x, dropout, self.training)
        features = self.norm(x).transpose(1, 2)  # (B, p, 128)
        votes = torch.stack([classifier(features) for classifier in self.classifiers], dim=2)
        attention = self.attention(features)  # (B, p, n)
        intervals = (attention.unsqueeze(-1) * votes).sum(dim=2)  # (B, p, m), the paper's c_t
        return intervals.mean(dim=1)

    def load_from(self, parameters: Mapping[str, Tensor]) -> None:
        """Loads the parameters of a `cabcnn` checkpoint.

        In it, layer k of all classifiers is one tensor, weights (n, in, out) and biases (n, out);
        everything else has torch's layout.
        """
        own: dict[str, Tensor] = {}
        for stage in range(len(STAGES)):
            for kind in ("weight", "bias"):
                own[f"convolutions.{stage}.{kind}"] = parameters[f"trunk.{stage}.{kind}"]
        for kind in ("weight", "bias", "running_mean", "running_var"):
            own[f"norm.{kind}"] = parameters[f"norm.{kind}"]
        own["norm.num_batches_tracked"] = torch.tensor(0)
        for layer in range(3):
            place = 2 * layer  # there is a ReLU between any two layers
            for kind in ("weight", "bias"):
                own[f"attention.{place}.{kind}"] = parameters[f"attention.{layer}.{kind}"]
            weights = parameters[f"classifiers.{layer}.weight"]
            biases = parameters[f"classifiers.{layer}.bias"]
            for i in range(len(self.classifiers)):
                own[f"classifiers.{i}.{place}.weight"] = weights[i].T
                own[f"classifiers.{i}.{place}.bias"] = biases[i]
        self.load_state_dict(own)
