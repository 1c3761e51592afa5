"""AlexNet as its 2012 paper has it: grouped convolutions and local response normalisation.

Krizhevsky, Sutskever, Hinton: ImageNet classification with deep convolutional neural networks.
Its input is a crop of 227 x 227 pixels of a 256 x 256 image: random in training, central in tests.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

CROP = 227
# Layers whose biases are initialised to one, so that their ReLUs are active from the start.
ONES = (4, 10, 12)


class AlexNet(nn.Module):
    """(B, 3, 256, 256) -> logits (B, m). 60,965,224 parameters for 1,000 classes.

    Initial weights are normally distributed with standard deviation 0.01, biases 0 or 1 (its
    Section 5).
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 96, 11, stride=4),
            nn.ReLU(inplace=True),
            _response_norm(),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(96, 256, 5, padding=2, groups=2),
            nn.ReLU(inplace=True),
            _response_norm(),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(256, 384, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 384, 3, padding=1, groups=2),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, 3, padding=1, groups=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2),
        )
        self.classifier = nn.Sequential(
            nn.Dropout(0.5),
            nn.Linear(256 * 6 * 6, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(4096, 4096),
            nn.ReLU(inplace=True),
            nn.Linear(4096, classes),
        )
        for index, layer in enumerate(self.features):
            if isinstance(layer, nn.Conv2d):
                _initialise(layer, 1.0 if index in ONES else 0.0)
        *hidden, last = (layer for layer in self.classifier if isinstance(layer, nn.Linear))
        for layer in hidden:
            _initialise(layer, 1.0)
        _initialise(last, 0.0)

    def forward(self, images: Tensor) -> Tensor:
        return self.classifier(self.features(self._crop(images)).flatten(1))

    def _crop(self, images: Tensor) -> Tensor:
        room = images.shape[-1] - CROP
        top = left = room // 2
        if self.training and room:
            top, left = torch.randint(room + 1, (2,)).tolist()
        return images[:, :, top : top + CROP, left : left + CROP]


def _response_norm() -> nn.LocalResponseNorm:
    """Its Section 3.3: n = 5, alpha = 1e-4, beta = 0.75, k = 2. torch divides alpha by n, the
    paper does not."""
    return nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)


def _initialise(layer: nn.Conv2d | nn.Linear, bias: float) -> None:
    nn.init.normal_(layer.weight, std=0.01)
    assert layer.bias is not None
    nn.init.constant_(layer.bias, bias)
