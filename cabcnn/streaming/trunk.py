"""The trunk of the network on values that come in pieces."""

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

    Where "same" padding begins depends on a clip's length over 100 (`same_padding`), and a sound
    that goes on has no length yet; `finish` fills its last interval up with zeros, so that the
    assumption comes true. Interval t is certain once value 100 t + 300 has come.
    """

    def __init__(self, model: CabCnn) -> None:
        layers = [cast(nn.Conv1d, layer) for layer in model.trunk]
        self._stages = [_Stage(*pair) for pair in zip(STAGES, layers, strict=True)]
        self._values = 0
        self._waiting = self._stages[0].nothing().flatten()

    def push(self, values: Tensor) -> Tensor:
        """Values (L,) -> the features (k, 128) of the intervals that became certain."""
        return push_together([self], [values])[0]

    def finish(self) -> Tensor:
        """The features (k, 128) of the intervals that are left."""
        if not self._values:
            return self._waiting.new_zeros(0, FEATURES)
        rest = F.pad(self._waiting, (0, -self._values % STRIDE))
        return _run([self], rest.unsqueeze(0), last=True)[0]

    def _taken(self, values: Tensor) -> Tensor:
        """The values up to the last one that decides an interval; those behind it wait, so that
        all trunks but new ones remember equally much, and can be run together."""
        known = self._values - len(self._waiting)  # by the stages
        self._values += len(values)
        ready = max((self._values - 1) // STRIDE * STRIDE + 1 - known, 0)
        whole = torch.cat([self._waiting, values])
        self._waiting = whole[ready:].clone()  # not a view: what came before it can go
        return whole[:ready]

    def _shapes(self) -> tuple[int, ...]:
        return tuple(len(kept) for s in self._stages for kept in (s.inputs, s.convolved, s.highest))


def push_together(trunks: Sequence[Trunk], pieces: Sequence[Tensor]) -> list[Tensor]:
    """`Trunk.push` of several trunks of one model, none of them twice, each with its piece; those
    that remember alike and get equally much share the work."""
    ready = [trunk._taken(piece) for trunk, piece in zip(trunks, pieces, strict=True)]
    found = [values.new_zeros(0, FEATURES) for values in ready]
    groups: dict[tuple[int, ...], list[int]] = {}
    for place, (trunk, values) in enumerate(zip(trunks, ready, strict=True)):
        if len(values):
            groups.setdefault((len(values), *trunk._shapes()), []).append(place)
    for (length, *_), places in groups.items():
        most = max(CACHED_VALUES // length, 1)
        for start in range(0, len(places), most):
            part = places[start : start + most]
            rows = _run([trunks[i] for i in part], torch.stack([ready[i] for i in part]), False)
            for place, features in zip(part, rows, strict=True):
                found[place] = features
    return found


def _run(trunks: Sequence[Trunk], values: Tensor, last: bool) -> Tensor:
    """Values (B, L) of B trunks that remember alike -> features (B, k, 128)."""
    rows = values.unsqueeze(2)
    for stages in zip(*(trunk._stages for trunk in trunks), strict=True):
        rows = _push(stages, rows, last)
    return rows


class _Stage:
    """A convolution and its max-pool, and what their next windows reach back to."""

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


def _push(stages: Sequence[_Stage], rows: Tensor, last: bool) -> Tensor:
    """Rows (B, k, in) of B clips -> the rows (B, j, filters) that are certain by now."""
    one = stages[0]
    inputs = torch.cat([torch.stack([stage.inputs for stage in stages]), rows], 1)
    inputs = F.pad(inputs, (0, 0, 0, one.after if last else 0))
    found = inputs.shape[1] - one.stage.kernel + 1
    convolved = torch.stack([stage.convolved for stage in stages])
    if found > 0:
        image = inputs.transpose(1, 2).unsqueeze(2)
        image = F.conv2d(image, one.layer.weight.unsqueeze(2), one.layer.bias)
        convolved = torch.cat([convolved, image.squeeze(2).transpose(1, 2)], 1)
        inputs = inputs[:, found:]
    if last:
        convolved = F.pad(convolved, (0, 0, 0, one.right))
    stride = one.stage.stride
    whole = convolved.shape[1] // stride
    blocks = convolved[:, : whole * stride].unflatten(1, (whole, stride)).amax(2)
    highest = torch.cat([torch.stack([stage.highest for stage in stages]), blocks], 1)
    # Clones: views would keep all that came before.
    kept = inputs.clone(), convolved[:, whole * stride :].clone(), highest[:, -1:].clone()
    for stage, *own in zip(stages, *(part.unbind() for part in kept), strict=True):
        stage.inputs, stage.convolved, stage.highest = own
    return torch.maximum(highest[:, :-1], highest[:, 1:]).relu()
