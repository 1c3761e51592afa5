"""What an epoch shows the network."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from cabcnn.dataset.arrays import Arrays
from cabcnn.training.batches import balanced, epoch_batches
from cabcnn.training.recipe import PAPER, Recipe

TRAINING = range(16)


def batches(arrays: Arrays, recipe: Recipe, seed: int = 0, clips: Sequence[int] = TRAINING):
    return list(epoch_batches(arrays, clips, recipe, np.random.default_rng(seed)))


def test_an_epoch_shows_every_clip_once(short_arrays):
    shown = batches(short_arrays, Recipe(seconds=None, batch_size=5))
    assert [len(labels) for _, labels, _ in shown] == [5, 5, 5, 1]
    lengths = sorted(len(part) for values, _, _ in shown for part in values)
    assert lengths == sorted(int(short_arrays.values[i]) // 100 * 100 for i in TRAINING)
    for values, labels, _ in shown:
        for part, label in zip(values, labels, strict=True):
            (number,) = [
                i for i in TRAINING if np.array_equal(part, short_arrays.excerpt(i)[: len(part)])
            ]
            assert short_arrays.labels[number] == label


def test_batches_cut_to_their_shortest_clip(short_arrays):
    """The paper's way."""
    assert PAPER.truncate
    assert (PAPER.batch_size, PAPER.learning_rate, PAPER.patience) == (128, 1e-3, 15)
    recipe = Recipe(seconds=None, batch_size=5)
    whole = batches(short_arrays, recipe)
    cut = batches(short_arrays, dataclasses.replace(recipe, truncate=True))
    for (values, labels, _), (short, same, _) in zip(whole, cut, strict=True):
        shortest = min(map(len, values))
        np.testing.assert_array_equal(labels, same)
        for part, beginning in zip(values, short, strict=True):
            np.testing.assert_array_equal(beginning, part[:shortest])


def test_t_and_crops(short_arrays):
    for values, _, _ in batches(short_arrays, Recipe(seconds=0.25)):
        assert {len(part) for part in values} == {1_000}
    starts = set()
    for seed in range(20):
        (values, _, _), *_ = batches(short_arrays, Recipe(seconds=0.3, crop_seconds=0.1), seed, [7])
        assert len(values[0]) == 400
        matches = [
            start
            for start in range(12)
            if np.array_equal(values[0], short_arrays.excerpt(7, start, 4))
        ]
        assert len(matches) == 1, "an excerpt standardised by itself"
        assert matches[0] <= 8, "within the first 0.3 s"
        starts.add(matches[0])
    assert len(starts) > 4


def test_classes_drawn_equally_often(short_arrays):
    uneven = [i for i in TRAINING if short_arrays.labels[i] == 0 or i < 4]  # 8 noises, 2 tones
    shown = batches(short_arrays, Recipe(seconds=0.25, balance=True), clips=uneven)
    labels = np.concatenate([labels for _, labels, _ in shown])
    assert len(labels) == len(uneven) == 10
    assert sorted(np.bincount(labels).tolist()) == [5, 5]


def test_a_balanced_draw_takes_turns_over_all_clips_of_a_class():
    labels = np.repeat([0, 1, 2], [9, 3, 6])
    clips = np.flatnonzero(labels != 2)
    for seed in range(20):
        drawn = balanced(clips, labels, np.random.default_rng(seed))
        assert len(drawn) == len(clips)
        assert np.bincount(labels[drawn]).tolist() == [6, 6]
        counts = np.bincount(drawn, minlength=len(labels))
        assert counts[:9].max() == 1, "of a large class, each once or not at all"
        assert counts[9:12].tolist() == [2, 2, 2], "of a small one, each equally often"


def test_augmented_clips(short_arrays):
    plain, *_ = batches(short_arrays, Recipe(seconds=0.25), 1)[0]
    noisy, *_ = batches(short_arrays, Recipe(seconds=0.25, noise=0.1), 1)[0]
    fast, *_ = batches(short_arrays, Recipe(seconds=0.25, speed=0.2), 1)[0]
    for part in (*noisy, *fast):
        assert part.dtype == np.float32
        assert len(part) % 100 == 0
    assert len(plain) == len(noisy) == len(fast)
    assert {len(part) for part in fast} != {1_000}
    assert all(800 <= len(part) <= 1_300 for part in fast)
