"""The network of the paper's Table 2: trunk, classifier block, and their weighted sum.

Shapes use the paper's letters: p intervals of 25 ms, n classifiers, m classes. Everything is
laid out for one clip at a time on a CPU: channels last, and max-pooling before ReLU, which is
monotone and so commutes with the maximum but then runs on two to five times fewer values.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from cabcnn.errors import CabcnnError

VALUES_PER_SECOND = 4000
STRIDE = 100  # values from one interval to the next: 2 * 2 * 5 * 5
INTERVAL_SECONDS = STRIDE / VALUES_PER_SECOND
CACHED_VALUES = 40_000  # of clips stacked on a CPU: their activations stay in its cache
STACKED_VALUES = 1 << 22  # of clips stacked on a GPU: keeps it busy, for some GB of activations
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
    """The network's output for a batch of B clips.

    `attention` (P, n), `votes` (P, n, m) and `interval_probabilities` (P, m) are those of all
    intervals, concatenated clip by clip; `intervals` (B,) is the number of each clip, and P their
    sum. `probabilities` (B, m) are the means over each clip's intervals.
    """

    probabilities: Tensor
    interval_probabilities: Tensor
    attention: Tensor
    votes: Tensor
    intervals: list[int]


def check_finite(probabilities: Any) -> None:
    """Raises CabcnnError if probabilities, a tensor or an array, hold NaN: any weight or feature
    that overflows ends up there, and `argmax` would call it class 0."""
    if not math.isfinite(probabilities.sum()):
        raise CabcnnError(
            "The model's answers are not numbers: its weights are damaged, or its training "
            "diverged; download it again, or train it with a lower learning rate."
        )


def interval_count(values: int) -> int:
    """The number p of intervals of a clip of `values` front-end values: one per 100, rounded up."""
    return -(-values // STRIDE)


def same_padding(length: int, kernel: int, stride: int) -> tuple[int, int]:
    """Keras's "same" padding (left, right), for ceil(length / stride) outputs.

    If the total is odd, the right gets one more. With a stride it depends on the length, so clips
    of different lengths are padded differently, even on their left.
    """
    total = max((-(-length // stride) - 1) * stride + kernel - length, 0)
    return total // 2, total - total // 2


class BatchNorm(nn.Module):
    """Batch normalisation over rows (N, channels), with Keras's constants.

    torch's own module updates its running variance with the unbiased estimate, Keras with the
    biased one.
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
            var, mean = self.moments(rows)
            with torch.no_grad():
                self.running_mean.lerp_(mean.to(self.running_mean.dtype), 1 - self.momentum)
                self.running_var.lerp_(var.to(self.running_var.dtype), 1 - self.momentum)
        else:
            mean, var = self.running_mean, self.running_var
        scale = self.weight * torch.rsqrt(var + self.eps)
        return torch.addcmul(self.bias - mean * scale, rows, scale)

    def moments(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Variance and mean (channels,) of a training batch."""
        return torch.var_mean(rows, 0, correction=0)


class ParallelLinear(nn.Module):
    """n separate dense layers as one batched product: weight (n, in, out), bias (n, out)."""

    def __init__(self, n: int, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n, inputs, outputs))
        self.bias = nn.Parameter(torch.zeros(n, outputs))
        limit = math.sqrt(6 / (inputs + outputs))
        nn.init.uniform_(self.weight, -limit, limit)

    def forward(self, x: Tensor) -> Tensor:
        """(n, in, P) -> (n, out, P): the intervals last, contiguous in memory."""
        return torch.baddbmm(self.bias.unsqueeze(2), self.weight.transpose(1, 2), x)


class CabCnn(nn.Module):
    """CAB-CNN (Section 3, Table 2): 133,856 parameters for three classes.

    Weights are initialised as in Keras: Glorot uniform, zero biases.

    Raises ValueError for fewer than two classes or one classifier.
    """

    def __init__(self, classes: int, classifiers: int = CLASSIFIERS) -> None:
        super().__init__()
        if classes < 2 or classifiers < 1:
            raise ValueError(f"cannot classify {classes} classes with {classifiers} classifiers")
        self.classes, self.n = classes, classifiers
        filters = [1, *(stage.filters for stage in STAGES)]
        trunk = [
            nn.Conv1d(filters[i], stage.filters, stage.kernel) for i, stage in enumerate(STAGES)
        ]
        widths = (FEATURES, *ATTENTION_WIDTHS, classifiers)
        attention = [nn.Linear(a, b) for a, b in itertools.pairwise(widths)]
        for layer in (*trunk, *attention):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)  # pyright: ignore[reportArgumentType]
        widths = (FEATURES, *CLASSIFIER_WIDTHS, classes)
        self.trunk = nn.ModuleList(trunk)
        self.norm = BatchNorm(FEATURES)
        self.attention = nn.ModuleList(attention)
        self.classifiers = nn.ModuleList(
            ParallelLinear(classifiers, a, b) for a, b in itertools.pairwise(widths)
        )

    @property
    def device(self) -> torch.device:
        """The device that the weights are on."""
        return self.norm.weight.device

    def forward(self, clips: list[Tensor]) -> Output:
        """Classifies B `clips` of any lengths, tensors (length,) of front-end values.

        Each clip's result is what it would be alone: only clips with the same padding are stacked
        in the trunk, and the classifier block sees single intervals.
        """
        return self.classify(
            self.extract_features(clips), [interval_count(len(clip)) for clip in clips]
        )

    def classify(self, features: Tensor, intervals: list[int]) -> Output:
        """The classifier block and the sum (Section 3) on the trunk's features (P, 128) of B clips
        with `intervals` rows each; always in the precision of the weights."""
        with torch.autocast(features.device.type, enabled=False):
            attention, votes = self.block(self.norm(features.to(self.norm.weight.dtype)))
        interval_probabilities = (attention.unsqueeze(1) * votes).sum(0).T
        means = [part.mean(0) for part in interval_probabilities.split(intervals)]
        return Output(
            torch.stack(means) if means else interval_probabilities,
            interval_probabilities,
            attention.T,
            votes.permute(2, 0, 1),
            intervals,
        )

    def extract_features(
        self, clips: list[Tensor], trunk: Callable[[Tensor, list[int]], Tensor] | None = None
    ) -> Tensor:
        """The trunk's features of all intervals of B clips, concatenated: (P, 128).

        `trunk` replaces `features`, to compute the same in another way.
        """
        rows: list[Tensor] = [clips[0]] * len(clips)
        most = CACHED_VALUES if clips[0].device.type == "cpu" else STACKED_VALUES
        for indices in _stacks([len(clip) for clip in clips], most):
            lengths = [len(clips[i]) for i in indices]
            stacked = pad_sequence([clips[i] for i in indices], batch_first=True)
            stack_features = (trunk or self.features)(stacked, lengths)
            for i, features in zip(indices, stack_features, strict=True):
                rows[i] = features[: interval_count(len(clips[i]))]
        return torch.cat(rows)

    def features(self, values: Tensor, lengths: list[int] | None = None) -> Tensor:
        """The trunk (Table 2): values (B, length) -> features (B, p, 128).

        Clips shorter than the stack are padded with zeros beyond their `lengths`, which must be
        equal modulo 100: only then does "same" pad them equally at every stage.
        """
        length = values.shape[1]
        ragged = lengths is not None and min(lengths) < length
        ends = torch.tensor(lengths).to(values.device, non_blocking=True) if ragged else None
        values = values.to(self.norm.weight.dtype)
        x = F.pad(values, _margins(length, STAGES[0])).unsqueeze(2)
        for stage, following, layer in zip(STAGES, (*STAGES[1:], None), self.trunk, strict=True):
            x = _convolve(x, length, stage, cast(nn.Conv1d, layer), ends)
            length = -(-length // stage.stride)
            margins = _margins(length, following) if following else (0, 0)
            x = _pool(x, stage.stride, margins)
            if ends is not None:
                ends = torch.ceil(ends / stage.stride).long()
                x = x * _mask(x, margins[0] + ends)
            x = F.dropout(x, stage.dropout, self.training)
        return x

    def block(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """The classifier block (Figure 2): (P, 128) -> attention (n, P) and votes (n, m, P).

        The first layers of all classifiers and of the attention have the same input, so they are
        computed as one product.
        """
        first, second, third = cast(list[ParallelLinear], list(self.classifiers))
        start, *middle, last = cast(list[nn.Linear], list(self.attention))
        hidden = first.weight.shape[2]
        weight = torch.cat([first.weight.transpose(1, 2).flatten(0, 1), start.weight])
        bias = torch.cat([first.bias.flatten(), start.bias])
        both = torch.addmm(bias.unsqueeze(1), weight, features.T).relu_()
        x, y = both.split([self.n * hidden, ATTENTION_WIDTHS[0]])
        votes = third(second(x.view(self.n, hidden, -1)).relu_()).softmax(1)
        for layer in middle:
            y = torch.addmm(layer.bias.unsqueeze(1), layer.weight, y).relu_()
        return torch.addmm(last.bias.unsqueeze(1), last.weight, y).softmax(0), votes


def _margins(length: int, stage: Stage) -> tuple[int, int]:
    """Zeros (left, right) to pad a stage's input with, for its convolution and its pooling at
    once."""
    before, after = same_padding(length, stage.kernel, 1)
    left, right = same_padding(length, 2 * stage.stride, stage.stride)
    return before + left, after + right


def _stacks(lengths: list[int], most: int) -> Iterator[list[int]]:
    """Groups of indices of clips to stack: with equal padding, similar lengths and at most `most`
    values, or one clip."""
    order = sorted(range(len(lengths)), key=lambda i: (lengths[i] % STRIDE, lengths[i]))
    for _, group in itertools.groupby(order, key=lambda i: lengths[i] % STRIDE):
        stack: list[int] = []
        for i in group:
            if stack and lengths[i] * (len(stack) + 1) > most:
                yield stack
                stack = []
            stack.append(i)
        yield stack


def _mask(x: Tensor, ends: Tensor) -> Tensor:
    """Which rows of x (B, k, C) are before each clip's end: (B, k, 1)."""
    return (torch.arange(x.shape[1], device=x.device) < ends.unsqueeze(1)).unsqueeze(2)


def _convolve(
    x: Tensor, length: int, stage: Stage, layer: nn.Conv1d, ends: Tensor | None
) -> Tensor:
    """One stage's convolution, channels last: (B, length + margins, in) -> (B, k, filters).

    k is what the pooling covers. Beyond the clip's ends there are zeros where Keras has minus
    infinity, which makes no difference after the ReLU that follows.
    """
    weight = layer.weight.unsqueeze(2).contiguous(memory_format=torch.channels_last)
    x = F.conv2d(x.transpose(1, 2).unsqueeze(2), weight, layer.bias).squeeze(2).transpose(1, 2)
    left, right = same_padding(length, 2 * stage.stride, stage.stride)
    x[:, :left] = 0
    x[:, x.shape[1] - right :] = 0
    return x if ends is None else x * _mask(x, left + ends)


def _pool(x: Tensor, stride: int, margins: tuple[int, int]) -> Tensor:
    """Max-pooling over windows of twice the stride, ReLU, and the next stage's zero padding:
    (B, (p + 1) * stride, C) -> (B, before + p + after, C).

    Without gradients, computed as the maximum of adjacent blocks; with gradients, by torch's
    pooling, whose backward pass is one scatter instead of many masks.
    """
    before, after = margins
    if x.requires_grad:
        image = x.transpose(1, 2).unsqueeze(2)
        pooled = F.max_pool2d(image, (1, 2 * stride), (1, stride))
        return F.pad(pooled.squeeze(2).transpose(1, 2).relu(), (0, 0, before, after))
    blocks = x.unflatten(1, (-1, stride))
    maxima = torch.maximum(blocks[:, :, 0], blocks[:, :, 1])
    for i in range(2, stride):
        torch.maximum(maxima, blocks[:, :, i], out=maxima)
    pooled = x.new_zeros(x.shape[0], before + maxima.shape[1] - 1 + after, x.shape[2])
    inner = pooled[:, before : pooled.shape[1] - after]
    torch.maximum(maxima[:, :-1], maxima[:, 1:], out=inner)
    inner.relu_()
    return pooled
