"""Training a model, and scoring it on clips that it did not learn from."""
