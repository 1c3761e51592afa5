"""What training makes small."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

SMALLEST = 1e-7  # probability, as in Keras


def plain_loss(probabilities: Tensor, labels: Tensor) -> Tensor:
    """(B, m), (B,) -> (B,): the negative logarithm of each clip's probability of its label, in
    nats (Section 3.4)."""
    return F.nll_loss(probabilities.clamp_min(SMALLEST).log(), labels, reduction="none")


def sharpened_loss(probabilities: Tensor, labels: Tensor, sharpness: float) -> Tensor:
    """(B, m), (B,) -> (B,): the same of the probabilities raised to the power `sharpness` and
    normalised again. At 1 it is the plain loss.

    A clip's probabilities are means over its intervals, few of which tell anything. The plain loss
    is small only if every single interval is certain; this one, as soon as the label leads.
    """
    if sharpness == 1:
        return plain_loss(probabilities, labels)
    logarithms = probabilities.clamp_min(SMALLEST).log()
    return F.cross_entropy(sharpness * logarithms, labels, reduction="none")
