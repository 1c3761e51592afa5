"""Training: recipe, ready-made arrays, trainer, scores on held-out speakers."""
