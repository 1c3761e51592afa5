"""The trunk of the network on values that arrive in pieces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cabcnn.model import CACHED_VALUES, FEATURES, STAGES, STRIDE, CabCnn, Stage, same_padding


class Trunk:
    """`CabCnn.features` of one clip in pieces of any size, as if its length were a multiple of
    100 values.

    How "same" padding is divided between left and right depends on the length modulo 100
    (`same_padding`), and a sound that goes on has no length yet; `finish` pads its last interval
    with zeros, which makes the assumption true. Interval t is final once value 100 t + 300 has
    arrived.
    """

    def __init__(self, model: CabCnn) -> None:
        layers = [cast(nn.Conv1d, layer) for layer in model.trunk]
        self._stages = [_StageState(*pair) for pair in zip(STAGES, layers, strict=True)]
        self._values = 0
        self._pending = self._stages[0].inputs[:0].flatten()

    def push(self, values: Tensor) -> Tensor:
        """Values (L,) -> the features (k, 128) of the intervals that became final."""
        return push_batch([self], [values])[0]

    def finish(self) -> Tensor:
        """The features (k, 128) of the remaining intervals."""
        if not self._values:
            return self._pending.new_zeros(0, FEATURES)
        rest = F.pad(self._pending, (0, -self._values % STRIDE))
        return _run([self], rest.unsqueeze(0), last=True)[0]

    def _ready(self, values: Tensor) -> Tensor:
        """The values up to the last one that completes an interval. Those behind it wait, so that
        all trunks but new ones have states of the same shapes, and can run as a batch."""
        processed = self._values - len(self._pending)
        self._values += len(values)
        ready = max((self._values - 1) // STRIDE * STRIDE + 1 - processed, 0)
        values = torch.cat([self._pending, values])
        self._pending = values[ready:].clone()  # a view would keep all of `values` in memory
        return values[:ready]

    def _state_shape(self) -> tuple[int, ...]:
        return tuple(
            len(state)
            for stage in self._stages
            for state in (stage.inputs, stage.convolved, stage.maxima)
        )


def push_batch(trunks: Sequence[Trunk], pieces: Sequence[Tensor]) -> list[Tensor]:
    """`Trunk.push` of several trunks of one model, each once, with its piece. Trunks whose states
    and pieces have the same shapes are computed together."""
    ready = [trunk._ready(piece) for trunk, piece in zip(trunks, pieces, strict=True)]
    features = [values.new_zeros(0, FEATURES) for values in ready]
    groups: dict[tuple[int, ...], list[int]] = {}
    for index, (trunk, values) in enumerate(zip(trunks, ready, strict=True)):
        if len(values):
            groups.setdefault((len(values), *trunk._state_shape()), []).append(index)
    for (length, *_), indices in groups.items():
        most = max(CACHED_VALUES // length, 1)
        for start in range(0, len(indices), most):
            batch = indices[start : start + most]
            rows = _run([trunks[i] for i in batch], torch.stack([ready[i] for i in batch]), False)
            for index, row in zip(batch, rows, strict=True):
                features[index] = row
    return features


def _run(trunks: Sequence[Trunk], values: Tensor, last: bool) -> Tensor:
    """Values (B, L) of B trunks with states of the same shapes -> features (B, k, 128)."""
    rows = values.unsqueeze(2)
    for states in zip(*(trunk._stages for trunk in trunks), strict=True):
        rows = _push(states, rows, last)
    return rows


class _StageState:
    """A convolution and its max-pooling, with the rows that their next windows reach back to."""

    def __init__(self, stage: Stage, layer: nn.Conv1d) -> None:
        self.stage, self.layer = stage, layer
        # If a clip's length is a multiple of 100, each stage's is a multiple of its stride.
        before, self.after = same_padding(STRIDE, stage.kernel, 1)
        left, self.right = same_padding(STRIDE, 2 * stage.stride, stage.stride)
        self.inputs = layer.weight.new_zeros(before, layer.in_channels)
        self.convolved = layer.weight.new_zeros(left, stage.filters)  # zeros as in model.py
        self.maxima = layer.weight.new_zeros(0, stage.filters)  # of the last block


def _push(states: Sequence[_StageState], rows: Tensor, last: bool) -> Tensor:
    """Rows (B, k, in) of B clips -> the rows (B, j, filters) that are final by now."""
    one = states[0]
    inputs = torch.cat([torch.stack([state.inputs for state in states]), rows], 1)
    inputs = F.pad(inputs, (0, 0, 0, one.after if last else 0))
    windows = inputs.shape[1] - one.stage.kernel + 1
    convolved = torch.stack([state.convolved for state in states])
    if windows > 0:
        image = inputs.transpose(1, 2).unsqueeze(2)
        image = F.conv2d(image, one.layer.weight.unsqueeze(2), one.layer.bias)
        convolved = torch.cat([convolved, image.squeeze(2).transpose(1, 2)], 1)
        inputs = inputs[:, windows:]
    if last:
        convolved = F.pad(convolved, (0, 0, 0, one.right))
    stride = one.stage.stride
    complete = convolved.shape[1] // stride
    blocks = convolved[:, : complete * stride].unflatten(1, (complete, stride)).amax(2)
    maxima = torch.cat([torch.stack([state.maxima for state in states]), blocks], 1)
    # Clones: views would keep all earlier rows in memory.
    kept = inputs.clone(), convolved[:, complete * stride :].clone(), maxima[:, -1:].clone()
    for state, *tensors in zip(states, *(part.unbind() for part in kept), strict=True):
        state.inputs, state.convolved, state.maxima = tensors
    return torch.maximum(maxima[:, :-1], maxima[:, 1:]).relu()
