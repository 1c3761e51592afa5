"""GatedResNet, a reconstruction.

Zeng, Mao, Peng, Yi: Spectrogram based multi-task audio classification. Only its abstract was
available: "two multiplied convolutional layers are used to replace two feed-forward convolution
layers in the ResNets". It gives no depth, widths or gating function. Here: ResNet18's skeleton; a
block is relu(skip(x) + BN(conv_a(x)) * sigmoid(BN(conv_b(x)))), both 3 x 3.
"""

from __future__ import annotations

from torch import Tensor, nn

from cabcnn.baselines.resnet import ResNet18, convolution, shortcut


class GatedResNet(ResNet18):
    """(B, 3, 256, 256) -> logits (B, m). A reconstruction from an abstract."""

    def __init__(self, classes: int) -> None:
        super().__init__(classes, GatedBlock)


class GatedBlock(nn.Module):
    """A convolution gated by a second one, with a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(*convolution(inputs, outputs, stride))
        self.gate = nn.Sequential(*convolution(inputs, outputs, stride), nn.Sigmoid())
        self.skip = shortcut(inputs, outputs, stride)

    def forward(self, x: Tensor) -> Tensor:
        return (self.skip(x) + self.body(x) * self.gate(x)).relu_()
