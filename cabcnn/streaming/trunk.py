"""The trunk of the network on values that come in pieces."""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cabcnn.model import FEATURES, STAGES, STRIDE, CabCnn, Stage, same_padding


class Trunk:
    """`CabCnn.features` of one clip in pieces of any size, as if its length were a multiple of
    100 values.

    Where "same" padding begins depends on a clip's length over 100 (`same_padding`), and a sound
    that goes on has no length yet; `finish` fills its last interval up with zeros, so that the
    assumption comes true. Interval t is certain once value 100 t + 300 has come.
    """

    def __init__(self, model: CabCnn) -> None:
        layers = [cast(nn.Conv1d, layer) for layer in model.trunk]
        self._stages = [_Stage(*pair) for pair in zip(STAGES, layers, strict=True)]
        self._values = 0

    def push(self, values: Tensor) -> Tensor:
        """Values (L,) -> the features (k, 128) of the intervals that became certain."""
        self._values += len(values)
        return self._run(values, last=False)

    def finish(self) -> Tensor:
        """The features (k, 128) of the intervals that are left."""
        if not self._values:
            return self._stages[0].nothing().new_zeros(0, FEATURES)
        missing = -self._values % STRIDE
        return self._run(self._stages[0].nothing().new_zeros(missing), last=True)

    def _run(self, values: Tensor, last: bool) -> Tensor:
        rows = values.unsqueeze(1)
        for stage in self._stages:
            rows = stage.push(rows, last)
        return rows


class _Stage:
    """A convolution and its max-pool, which remember what their next windows reach back to."""

    def __init__(self, stage: Stage, layer: nn.Conv1d) -> None:
        self.stage, self.layer = stage, layer
        # The lengths of all stages are multiples of their strides where the clip's is one of 100.
        before, self.after = same_padding(STRIDE, stage.kernel, 1)
        left, self.right = same_padding(STRIDE, 2 * stage.stride, stage.stride)
        self.inputs = layer.weight.new_zeros(before, layer.in_channels)
        self.convolved = layer.weight.new_zeros(left, stage.filters)  # zeros as in `_convolve`
        self.highest = layer.weight.new_zeros(0, stage.filters)  # of the last block

    def nothing(self) -> Tensor:
        return self.inputs[:0]

    def push(self, rows: Tensor, last: bool) -> Tensor:
        """Rows (k, in) -> the rows (j, filters) that are certain by now."""
        inputs = F.pad(torch.cat([self.inputs, rows]), (0, 0, 0, self.after if last else 0))
        found = len(inputs) - self.stage.kernel + 1
        convolved = self.convolved
        if found > 0:
            weight = self.layer.weight.unsqueeze(2)
            image = F.conv2d(inputs.T[None, :, None], weight, self.layer.bias)
            convolved = torch.cat([convolved, image[0, :, 0].T])
            inputs = inputs[found:]
        self.inputs = inputs.clone()  # not a view: what came before it can go
        if last:
            convolved = F.pad(convolved, (0, 0, 0, self.right))
        stride = self.stage.stride
        whole = len(convolved) // stride
        blocks = convolved[: whole * stride].unflatten(0, (whole, stride)).amax(1)
        self.convolved = convolved[whole * stride :].clone()
        highest = torch.cat([self.highest, blocks])
        self.highest = highest[-1:].clone()
        return torch.maximum(highest[:-1], highest[1:]).relu()
