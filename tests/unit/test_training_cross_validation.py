"""Scores over splits: who is tested, what is kept, how results are summed up."""

from __future__ import annotations

import json

import numpy as np
import pytest

from cabcnn.dataset.arrays import prepare
from cabcnn.errors import CabcnnError, CorpusError
from cabcnn.model import CabCnn
from cabcnn.training.cross_validation import (
    Split,
    checked,
    fold_splits,
    measurement,
    run_split,
    speaker_splits,
)
from cabcnn.training.evaluation import Evaluation, evaluate


def test_folds_test_everyone_once_and_no_speaker_twice(short_arrays):
    splits = fold_splits(short_arrays, 2)
    tested = np.concatenate([split.tested for split in splits])
    assert sorted(tested) == list(range(len(short_arrays)))
    for split in splits:
        learned = set(short_arrays.speakers[split.learned])
        assert learned.isdisjoint(short_arrays.speakers[split.tested])
        assert len(split.learned) + len(split.tested) == len(short_arrays)


def test_each_speaker_is_left_out_in_turn(short_arrays):
    splits = speaker_splits(short_arrays)
    assert [split.name for split in splits] == sorted(set(short_arrays.speakers))
    for split in splits:
        assert set(short_arrays.speakers[split.tested]) == {split.name}
        assert split.name not in short_arrays.speakers[split.learned]


def test_one_recording_on_both_sides_is_refused(short_clips):
    """The same sound under the names of two speakers."""
    clips = list(short_clips)
    clips[2] = clips[2]._replace(path=clips[0].path)
    leaking = prepare(clips, 8_000)
    for make in (speaker_splits, lambda arrays: fold_splits(arrays, 3)):
        with pytest.raises(CorpusError, match=r"clip \d and clip \d are the same recording"):
            make(leaking)


def test_folds_of_some_clips_are_of_these_alone(short_arrays):
    clips = np.flatnonzero(np.arange(len(short_arrays)) % 4 != 1)
    splits = fold_splits(short_arrays, 2, seed=3, clips=clips)
    assert sorted(np.concatenate([split.tested for split in splits])) == clips.tolist()
    for split in splits:
        assert sorted([*split.learned, *split.tested]) == clips.tolist()
        learned = set(short_arrays.speakers[split.learned])
        assert learned.isdisjoint(short_arrays.speakers[split.tested])


def test_one_recording_on_both_sides_of_some_clips_is_refused(short_clips):
    clips = list(short_clips)
    clips[2] = clips[2]._replace(path=clips[0].path)
    leaking = prepare(clips, 8_000)
    with pytest.raises(CorpusError, match=r"clip 1 and clip 3 are the same|clip 3 and clip 1 are"):
        fold_splits(leaking, 3, clips=np.arange(12))
    assert fold_splits(leaking, 3, clips=np.setdiff1d(np.arange(12), [2]))  # without it, they may
    with pytest.raises(CorpusError, match="the same recording"):
        checked(leaking, [Split("hearing", np.array([0, 1]), np.array([2, 3]))])


def evaluation(predicted: list[int], labels: list[int], attention: list[float]) -> Evaluation:
    return Evaluation(np.eye(2)[predicted], np.array(labels), np.array(attention))


def test_a_finished_split_is_not_trained_again(tmp_path):
    split = Split("fold-0", np.array([0, 1]), np.array([2, 3, 4]))
    calls = []

    def learn(learned, tested, state):
        calls.append((learned.tolist(), tested.tolist(), state.name))
        return evaluation([0, 1, 1], [0, 1, 0], [0.5, 0.5])

    first = run_split(split, learn, tmp_path / "work", {"epochs": 2})
    again = run_split(split, learn, tmp_path / "work", {"epochs": 2})
    assert first == again == json.loads((tmp_path / "work" / "fold-0.json").read_text())
    assert calls == [([0, 1], [2, 3, 4], "fold-0.state")]
    assert first["accuracy"] == pytest.approx(2 / 3)
    assert first["effective_classifiers"] == pytest.approx(2)
    with pytest.raises(CabcnnError, match="other settings"):
        run_split(split, learn, tmp_path / "work", {"epochs": 3})


def test_a_measurement_is_the_mean_of_the_models_with_their_spread(short_arrays, tmp_path):
    rows = [
        run_split(
            Split(f"part-{k}", np.array([0]), np.arange(4) + 4 * k),
            lambda learned, tested, state, k=k: evaluation(
                [0, 1, k, 1], [0, 1, 0, 1], [1.0, 0.0] if k else [0.5, 0.5]
            ),
            tmp_path,
            {},
        )
        for k in (0, 1)
    ]
    result = measurement(rows, short_arrays, "two parts", unseen_speakers=True)
    assert result.unweighted_recall == pytest.approx((1 + 0.75) / 2)
    assert result.spread == pytest.approx(np.std([1, 0.75], ddof=1), abs=1e-4)
    assert result.confusion == [[3, 1], [0, 4]]
    assert (result.models, result.clips) == (2, 8)
    assert result.effective_classifiers == pytest.approx(1.5)
    assert measurement(rows[:1], short_arrays, "one", True).spread == 0


def test_a_kept_result_of_other_clips_is_not_believed(short_arrays, tmp_path):
    first, second = fold_splits(short_arrays, 2)

    def learn(learned, tested, state):
        return evaluate(CabCnn(2), short_arrays, tested, None)

    row = run_split(first, learn, tmp_path, {})
    assert run_split(first, learn, tmp_path, {}) == row
    with pytest.raises(CabcnnError, match="other settings or clips"):
        run_split(second._replace(name=first.name), learn, tmp_path, {})
