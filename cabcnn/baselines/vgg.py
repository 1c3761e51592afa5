"""VGG's configuration A: eleven layers with weights, no batch normalisation.

Simonyan, Zisserman: Very deep convolutional networks for large-scale image recognition.
"""

from __future__ import annotations

from torch import Tensor, nn

# Filters of each 3 x 3 convolution; None is a 2 x 2 max-pooling (its Table 1, column A).
LAYERS = (64, None, 128, None, 256, 256, None, 512, 512, None, 512, 512, None)


class Vgg11(nn.Module):
    """(B, 3, 224, 224) -> logits (B, m). 132,863,336 parameters for 1,000 classes.

    Weights are initialised as by Glorot and Bengio, with which, the authors note, the deeper
    configurations need no pretraining.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 3
        for filters in LAYERS:
            if filters is None:
                layers.append(nn.MaxPool2d(2))
            else:
                layers += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU(inplace=True)]
                channels = filters
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(4096, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(4096, classes),
        )
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.xavier_uniform_(layer.weight)
                assert layer.bias is not None
                nn.init.zeros_(layer.bias)

    def forward(self, images: Tensor) -> Tensor:
        return self.classifier(self.features(images).flatten(1))
