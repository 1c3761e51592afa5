"""The network of the paper's Table 2: trunk, classifier block, and the sum they end in.

Shapes use the paper's letters: p intervals of 25 ms, n classifiers, m classes. Everything is
laid out for one clip at a time on a CPU: channels last, so that a convolution is a plain
matrix product, and max-pooling before bias and ReLU, which are monotone and so commute with
the maximum but then run on two to five times fewer values.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

VALUES_PER_SECOND = 4000
STRIDE = 100  # values from one interval to the next: 2 * 2 * 5 * 5
INTERVAL_SECONDS = STRIDE / VALUES_PER_SECOND
CACHED_VALUES = 40_000  # of clips sharing the trunk on a CPU: activations stay in its cache
RECEPTIVE_FIELD = 451  # values that one interval can see: 112.75 ms
FEATURES = 128
CLASSIFIERS = 40


class Stage(NamedTuple):
    """One row pair of Table 2: a convolution, then a max-pool of twice its stride."""

    filters: int
    kernel: int
    stride: int
    dropout: float


STAGES = (
    Stage(16, 4, 2, 0.15),
    Stage(32, 4, 2, 0.15),
    Stage(32, 10, 5, 0.10),
    Stage(FEATURES, 10, 5, 0.0),
)
CLASSIFIER_WIDTHS = (8, 4)
ATTENTION_WIDTHS = (160, 80)


class Output(NamedTuple):
    """What the network says of a batch of B clips; the intervals of all clips in one row.

    `attention` (P, n), `votes` (P, n, m) and `interval_probabilities` (P, m) hold the clips'
    intervals one clip after the other, P = sum of `intervals`; `intervals` (B,) says how many
    are whose, and `probabilities` (B, m) is each clip's mean over its own.
    """

    probabilities: Tensor
    interval_probabilities: Tensor
    attention: Tensor
    votes: Tensor
    intervals: list[int]


def interval_count(values: int) -> int:
    """Intervals p of a clip of `values` front-end values: one for each 100 begun."""
    return -(-values // STRIDE)


def same_padding(length: int, kernel: int, stride: int) -> tuple[int, int]:
    """Padding (left, right) that Keras calls "same": ceil(length / stride) outputs.

    The odd one goes right. With a stride, it depends on the length, so clips of different
    lengths are padded differently even on their left.
    """
    total = max((-(-length // stride) - 1) * stride + kernel - length, 0)
    return total // 2, total - total // 2


class BatchNorm(nn.Module):
    """Batch normalisation over rows (N, channels), with Keras's constants.

    torch's own module would update its running variance with the unbiased estimate; Keras
    takes the biased one.
    """

    weight: nn.Parameter
    bias: nn.Parameter
    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int, eps: float = 1e-3, momentum: float = 0.99) -> None:
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, rows: Tensor) -> Tensor:
        if self.training:
            var, mean = torch.var_mean(rows, 0, correction=0)
            with torch.no_grad():
                self.running_mean.lerp_(mean.to(self.running_mean.dtype), 1 - self.momentum)
                self.running_var.lerp_(var.to(self.running_var.dtype), 1 - self.momentum)
        else:
            mean, var = self.running_mean, self.running_var
        scale = self.weight * torch.rsqrt(var + self.eps)
        return torch.addcmul(self.bias - mean * scale, rows, scale)


class ParallelLinear(nn.Module):
    """n separate dense layers as one batched product: weight (n, in, out), bias (n, out)."""

    def __init__(self, n: int, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n, inputs, outputs))
        self.bias = nn.Parameter(torch.zeros(n, outputs))
        limit = math.sqrt(6 / (inputs + outputs))
        nn.init.uniform_(self.weight, -limit, limit)

    def forward(self, x: Tensor) -> Tensor:
        """(n, in, P) -> (n, out, P): the intervals last, where they lie close in memory."""
        return torch.baddbmm(self.bias.unsqueeze(2), self.weight.transpose(1, 2), x)


class CabCnn(nn.Module):
    """CAB-CNN (Section 3, Table 2): 133,856 parameters for three classes.

    Weights start as Keras starts them (Glorot uniform, zero biases).
    """

    def __init__(self, classes: int, classifiers: int = CLASSIFIERS) -> None:
        super().__init__()
        if classes < 2 or classifiers < 1:
            raise ValueError(f"cannot classify {classes} classes with {classifiers} classifiers")
        self.classes, self.n = classes, classifiers
        filters = [1, *(stage.filters for stage in STAGES)]
        self.trunk = nn.ModuleList(
            nn.Conv1d(filters[i], stage.filters, stage.kernel) for i, stage in enumerate(STAGES)
        )
        self.norm = BatchNorm(FEATURES)
        widths = (FEATURES, *ATTENTION_WIDTHS, classifiers)
        self.attention = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:]))
        widths = (FEATURES, *CLASSIFIER_WIDTHS, classes)
        self.classifiers = nn.ModuleList(
            ParallelLinear(classifiers, a, b) for a, b in zip(widths, widths[1:])
        )
        for layer in (*self.trunk, *self.attention):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, clips: list[Tensor]) -> Output:
        """Classifies clips of any lengths, each exactly as if it were alone.

        `clips` holds B tensors (length,) of front-end values. Clips of one length share the
        trunk's work; different lengths never meet before the classifier block, which sees
        single intervals, so that no padding has to be masked out. On a CPU every clip goes
        alone, or with a few as short: their activations then stay in the cache.
        """
        features = torch.cat(self._trunk_rows(clips)).float()
        with torch.autocast(features.device.type, enabled=False):
            attention, votes = self.block(self.norm(features))
        interval_probabilities = torch.einsum("np,nmp->pm", attention, votes)
        intervals = [interval_count(len(clip)) for clip in clips]
        parts = interval_probabilities.split(intervals)
        return Output(
            torch.stack([part.mean(0) for part in parts]),
            interval_probabilities,
            attention.T,
            votes.permute(2, 0, 1),
            intervals,
        )

    def _trunk_rows(self, clips: list[Tensor]) -> list[Tensor]:
        rows: dict[int, Tensor] = {}
        for length in sorted({len(clip) for clip in clips}):
            places = [i for i, clip in enumerate(clips) if len(clip) == length]
            together = len(places)
            if clips[0].device.type == "cpu":
                together = max(CACHED_VALUES // length, 1)
            for first in range(0, len(places), together):
                some = places[first : first + together]
                features = self.features(torch.stack([clips[i] for i in some]))
                rows.update(zip(some, features, strict=True))
        return [rows[i] for i in range(len(clips))]

    def features(self, values: Tensor) -> Tensor:
        """The trunk: values (B, length) of clips of one length -> features (B, p, 128)."""
        x = values.unsqueeze(2)
        for stage, layer in zip(STAGES, self.trunk, strict=True):
            x = F.dropout(_convolve_and_pool(x, stage, layer), stage.dropout, self.training)
        return x

    def block(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """The classifier block (Figure 2): (P, 128) -> attention (n, P) and votes (n, m, P).

        The first layers of all classifiers and of the attention read the same features, so
        they are one product.
        """
        first, second, third = self.classifiers
        hidden = first.weight.shape[2]
        weight = torch.cat([first.weight.transpose(1, 2).flatten(0, 1), self.attention[0].weight])
        bias = torch.cat([first.bias.flatten(), self.attention[0].bias])
        both = F.relu(torch.addmm(bias.unsqueeze(1), weight, features.T))
        x, y = both.split([self.n * hidden, ATTENTION_WIDTHS[0]])
        votes = third(F.relu(second(x.view(self.n, hidden, -1)))).softmax(1)
        for layer in list(self.attention)[1:-1]:
            y = F.relu(torch.addmm(layer.bias.unsqueeze(1), layer.weight, y))
        last = self.attention[-1]
        return torch.addmm(last.bias.unsqueeze(1), last.weight, y).softmax(0), votes


def _convolve_and_pool(x: Tensor, stage: Stage, layer: nn.Module) -> Tensor:
    """One stage, channels last: (B, length, in) -> (B, ceil(length / stride), filters).

    The input is padded for the convolution and for the pooling at once; what the convolution
    then computes beyond the clip's ends is overwritten by minus infinity.
    """
    length = x.shape[1]
    left, right = same_padding(length, 2 * stage.stride, stage.stride)
    before, after = same_padding(length, stage.kernel, 1)
    x = F.pad(x, (0, 0, before + left, after + right))
    if x.shape[2] == 1:
        # one input channel: a strided view times a small matrix
        x = x.squeeze(2).unfold(1, stage.kernel, 1) @ layer.weight.squeeze(1).T
    else:
        x = F.conv2d(x.transpose(1, 2).unsqueeze(2), layer.weight.unsqueeze(2))
        x = x.squeeze(2).transpose(1, 2)
    if left:
        x[:, :left] = -torch.inf
    if right:
        x[:, x.shape[1] - right :] = -torch.inf
    return F.relu(_pool(x, stage.stride) + layer.bias.to(x.dtype))


def _pool(x: Tensor, stride: int) -> Tensor:
    """Maxima over windows of twice the stride: (B, (p + 1) * stride, C) -> (B, p, C).

    Without gradients, as the maximum of neighbouring blocks; with them, by torch's own
    pooling, whose backward pass is a scatter where that of many maxima would be many masks.
    """
    if x.requires_grad:
        image = x.transpose(1, 2).unsqueeze(2)
        pooled = F.max_pool2d(image, (1, 2 * stride), (1, stride))
        return pooled.squeeze(2).transpose(1, 2)
    blocks = x.unflatten(1, (-1, stride))
    highest = blocks[:, :, 0]
    for i in range(1, stride):
        highest = torch.maximum(highest, blocks[:, :, i])
    return torch.maximum(highest[:, :-1], highest[:, 1:])
