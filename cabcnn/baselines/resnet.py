"""ResNet18: eighteen layers with weights, in residual blocks.

He, Zhang, Ren, Sun: Deep residual learning for image recognition.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

WIDTHS = (64, 128, 256, 512)  # of its four stages of two blocks each (its Table 1)


class ResNet18(nn.Module):
    """(B, 3, 224, 224) -> logits (B, m). 11,689,512 parameters for 1,000 classes.

    `block(inputs, outputs, stride)` creates a block. Convolutions are initialised as by He et al.
    """

    def __init__(
        self, classes: int, block: Callable[[int, int, int], nn.Module] | None = None
    ) -> None:
        super().__init__()
        make = block or Block
        self.stem = nn.Sequential(
            nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2, padding=1),
        )
        blocks: list[nn.Module] = []
        channels = 64
        for stage, width in enumerate(WIDTHS):
            blocks += [make(channels, width, 1 if stage == 0 else 2), make(width, width, 1)]
            channels = width
        self.blocks = nn.Sequential(*blocks)
        self.last = nn.Linear(channels, classes)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images: Tensor) -> Tensor:
        return self.last(self.blocks(self.stem(images)).mean((2, 3)))


class Block(nn.Module):
    """Two 3 x 3 convolutions, added to the block's input (its Figure 2)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *convolution(inputs, outputs, stride),
            nn.ReLU(inplace=True),
            *convolution(outputs, outputs, 1),
        )
        self.skip = shortcut(inputs, outputs, stride)

    def forward(self, x: Tensor) -> Tensor:
        return (self.skip(x) + self.body(x)).relu_()


def convolution(inputs: int, outputs: int, stride: int) -> tuple[nn.Conv2d, nn.BatchNorm2d]:
    """A 3 x 3 convolution and its batch normalisation."""
    return (
        nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
    )


def shortcut(inputs: int, outputs: int, stride: int) -> nn.Module:
    """A block's shortcut: a 1 x 1 convolution if the shape changes, else the identity."""
    if inputs == outputs and stride == 1:
        return nn.Identity()
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs)
    )
