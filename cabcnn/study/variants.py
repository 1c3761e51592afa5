"""Ablations: CAB-CNN with one thing changed."""

from __future__ import annotations

import itertools
from functools import partial

import torch
from torch import Tensor, nn

from cabcnn.model import CLASSIFIERS, FEATURES, CabCnn

COUNTS = (1, 5, 10, 20, 80)  # of classifiers, besides forty
# Gives one classifier as many parameters as forty with their attention: for three classes 80,087
# and 80,080.
ONE_LARGE_WIDTHS = (244, 196)


class UniformAttention(CabCnn):
    """All classifiers have the same weight in every interval; there is no attention to train."""

    def __init__(self, classes: int, classifiers: int = CLASSIFIERS) -> None:
        super().__init__(classes, classifiers)
        self.attention.requires_grad_(False)

    def block(self, features: Tensor) -> tuple[Tensor, Tensor]:
        attention, votes = super().block(features)
        return torch.full_like(attention, 1 / self.n), votes


class OneLarge(CabCnn):
    """One classifier as large as the whole classifier block, without attention."""

    def __init__(self, classes: int) -> None:
        super().__init__(classes, 1)
        self.attention.requires_grad_(False)
        self.classifiers.requires_grad_(False)
        widths = (FEATURES, *ONE_LARGE_WIDTHS, classes)
        self.large = nn.ModuleList(nn.Linear(a, b) for a, b in itertools.pairwise(widths))
        for layer in self.large:
            assert isinstance(layer, nn.Linear)
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def block(self, features: Tensor) -> tuple[Tensor, Tensor]:
        x = features
        for layer in list(self.large)[:-1]:
            x = layer(x).relu_()
        votes = self.large[-1](x).softmax(1)
        return votes.new_ones(1, len(votes)), votes.T.unsqueeze(0)


def with_classifiers(count: int) -> partial[CabCnn]:
    """CAB-CNN with `count` classifiers."""
    return partial(CabCnn, classifiers=count)


def trainable_parameters(model: nn.Module) -> int:
    """The number of parameters that are trained."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
