"""The paper's five rivals (Section 4, Table 3), each a plain image classifier, and the
spectrogram images that they read.

AlexNet, VGG11-A and ResNet18 are the published networks with another last layer. The texts
behind GatedResNet and AttentionCNN were not to be had beyond their abstracts: those two are
reconstructions, and say so wherever they appear.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from torch import nn

from cabcnn.baselines.alexnet import AlexNet
from cabcnn.baselines.attention_cnn import AttentionCnn
from cabcnn.baselines.gated_resnet import GatedResNet
from cabcnn.baselines.images import Picture
from cabcnn.baselines.resnet import ResNet18
from cabcnn.baselines.vgg import Vgg11

__all__ = ["RIVALS", "AlexNet", "AttentionCnn", "GatedResNet", "ResNet18", "Rival", "Vgg11"]


class Rival(NamedTuple):
    """One network to compare with: `build(classes)` makes it with random weights."""

    title: str
    build: Callable[[int], nn.Module]
    picture: Picture  # that it reads
    reconstruction: bool  # from an abstract: the rest is guessed


# By the names that commands and tables use, in the order of the paper's Table 3.
RIVALS = {
    "gated-resnet": Rival("GatedResNet", GatedResNet, Picture(256, True), True),
    "alexnet": Rival("AlexNet", AlexNet, Picture(256, True), False),
    "vgg11-a": Rival("VGG11-A", Vgg11, Picture(224, True), False),
    "resnet18": Rival("ResNet18", ResNet18, Picture(224, True), False),
    "attention-cnn": Rival("AttentionCNN", AttentionCnn, Picture(256, False), True),
}
