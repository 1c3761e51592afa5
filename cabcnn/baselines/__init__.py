"""The paper's five baselines (Section 4, Table 3), which classify spectrograms as images.

AlexNet, VGG11-A and ResNet18 are the published networks with another last layer. Of the papers on
GatedResNet and AttentionCNN only the abstracts were available: these two are reconstructions, and
are labelled as such wherever they appear.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from torch import nn

from cabcnn.baselines.alexnet import AlexNet
from cabcnn.baselines.attention_cnn import AttentionCnn
from cabcnn.baselines.gated_resnet import GatedResNet
from cabcnn.baselines.images import ImageFormat
from cabcnn.baselines.resnet import ResNet18
from cabcnn.baselines.vgg import Vgg11

__all__ = ["BASELINES", "AlexNet", "AttentionCnn", "Baseline", "GatedResNet", "ResNet18", "Vgg11"]


class Baseline(NamedTuple):
    """A network to compare with; `build(classes)` creates it with random weights."""

    title: str
    build: Callable[[int], nn.Module]
    image_format: ImageFormat  # of its input
    reconstruction: bool  # from an abstract; the rest is guessed


# By the names used in commands and tables, in the order of the paper's Table 3.
BASELINES = {
    "gated-resnet": Baseline("GatedResNet", GatedResNet, ImageFormat(256, True), True),
    "alexnet": Baseline("AlexNet", AlexNet, ImageFormat(256, True), False),
    "vgg11-a": Baseline("VGG11-A", Vgg11, ImageFormat(224, True), False),
    "resnet18": Baseline("ResNet18", ResNet18, ImageFormat(224, True), False),
    "attention-cnn": Baseline("AttentionCNN", AttentionCnn, ImageFormat(256, False), True),
}
