"""AttentionCNN, a reconstruction.

Wu, Mao, Yi: Audio classification using attention-augmented convolutional neural network. Only its
abstract was available: the spectrogram is split along frequency into bands, convolutions extract
features of each band, and an attention enhances certain bands. It gives no number of bands, depth
or widths. Here: eight bands of 32 x 256 pixels; 3 x 3 convolutions of 32, 64 and 128
filters that all bands share, each with ReLU and 2 x 2 max-pooling; the mean of each filter over
its band; softmax(v . tanh(W h)) over the bands; their weighted sum; one dense layer.
"""

from __future__ import annotations

import itertools

from torch import Tensor, nn

BANDS = 8
FILTERS = (1, 32, 64, 128)


class AttentionCnn(nn.Module):
    """(B, 1, 256, 256), low frequencies at the bottom -> logits (B, m). A reconstruction from an
    abstract."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inputs, outputs in itertools.pairwise(FILTERS):
            layers += [
                nn.Conv2d(inputs, outputs, 3, padding=1),
                nn.ReLU(inplace=True),
                nn.MaxPool2d(2),
            ]
        self.features = nn.Sequential(*layers)
        width = FILTERS[-1]
        self.attention = nn.Sequential(
            nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1, bias=False)
        )
        self.last = nn.Linear(width, classes)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                assert layer.bias is not None
                nn.init.zeros_(layer.bias)

    def forward(self, images: Tensor) -> Tensor:
        bands, _ = self.attend(images)
        return self.last(bands)

    def attend(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """The last layer's input (B, 128), and the weight of each band (B, 8), the lowest last."""
        count, _, height, width = images.shape
        bands = images.reshape(count * BANDS, 1, height // BANDS, width)
        features = self.features(bands).mean((2, 3)).view(count, BANDS, -1)
        weights = self.attention(features).softmax(1)
        return (weights * features).sum(1), weights.squeeze(2)
