"""The folds that the shipped accents model is measured on."""

from __future__ import annotations

import numpy as np
import pytest

from cabcnn.dataset.arrays import prepare
from cabcnn.errors import CorpusError
from cabcnn.shipped import accents


def test_a_recording_of_two_speakers_is_refused_before_accents_are_measured(
    short_clips, monkeypatch
):
    monkeypatch.setattr(accents, "FOLDS", 3)
    made = object.__new__(accents.Accents)  # all but what takes hours: only who is in the corpus
    made.members = np.arange(4, 24)
    clips = list(short_clips)
    made.arrays = prepare(clips, 8_000)
    splits = made.folds(2)
    assert [split.name for split in splits] == ["2-fold-0", "2-fold-1", "2-fold-2"]
    assert sorted(np.concatenate([split.tested for split in splits])) == made.members.tolist()
    clips[6] = clips[6]._replace(path=clips[4].path)
    made.arrays = prepare(clips, 8_000)
    with pytest.raises(CorpusError, match="are the same recording of two speakers"):
        made.folds(2)
