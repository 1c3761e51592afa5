"""Which model an atlas is of: told by its weights, whatever its file is called."""

from __future__ import annotations

import hashlib
import json

from cabcnn.classifier import Classifier


def fingerprint(classifier: Classifier) -> str:
    """A number (SHA-256, 64 hexadecimal digits) of a model's weights, its classes and its sample
    rate: all that its explanation of a clip depends on. The rest of its card may change."""
    card = classifier.card
    known = hashlib.sha256(json.dumps([card.labels, card.rate]).encode())
    for name, tensor in sorted(classifier.model.state_dict().items()):
        known.update(f"{name} {tuple(tensor.shape)}".encode())
        known.update(tensor.cpu().contiguous().numpy().tobytes())
    return known.hexdigest()
