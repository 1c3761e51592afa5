"""Pretraining the trunk and the attention, for corpora in which all speakers read one text."""
