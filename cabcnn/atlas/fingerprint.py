"""Identifies a model by its weights, whatever its file is called."""

from __future__ import annotations

import hashlib
import json

from cabcnn.classifier import Classifier


def fingerprint(classifier: Classifier) -> str:
    """A SHA-256 digest (64 hexadecimal digits) of a model's weights, classes and sample rate: all
    that its explanations depend on. The rest of the card may change."""
    card = classifier.card
    digest = hashlib.sha256(json.dumps([card.labels, card.rate]).encode())
    for name, tensor in sorted(classifier.model.state_dict().items()):
        digest.update(f"{name} {tuple(tensor.shape)}".encode())
        digest.update(tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
