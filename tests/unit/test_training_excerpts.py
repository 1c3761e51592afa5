"""Which part of a clip training shows, and what it does to it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from cabcnn import audio
from cabcnn.model import INTERVAL_SECONDS
from cabcnn.runs.clips import prepare_run
from cabcnn.runs.journal import Journal
from cabcnn.runs.plan import Plan
from cabcnn.training.batches import pending_batches
from cabcnn.training.excerpts import _gain, draw_excerpt, excerpt_values
from cabcnn.training.recipe import RECIPES, ROBUST, Recipe

TRAINING = range(16)
CLIP = 23  # the longest, 0.599 s


def shown(arrays, recipe: Recipe, seed: int, clip: int = CLIP):
    return excerpt_values(
        arrays, draw_excerpt(arrays, clip, recipe, np.random.default_rng(seed)), recipe
    )


def test_louder_intervals_are_those_of_a_louder_sound(short_arrays, short_clips):
    """Exactly: as if the recording itself had been louder there, then standardised."""
    random = np.random.default_rng(0)
    sound = audio.read(short_clips[CLIP].path)
    gain = random.uniform(0.3, 3, short_arrays.intervals[CLIP])
    samples = sound.samples * np.repeat(gain, round(INTERVAL_SECONDS * sound.rate))[
        : len(sound.samples)
    ].astype(np.float32)
    expected = audio.front_end(audio.Sound(samples, sound.rate), short_arrays.rate)
    found = short_arrays.excerpt(CLIP, gain=gain)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    part = short_arrays.excerpt(CLIP, 3, 5, gain[3:8])
    cut = samples[3 * 200 : 8 * 200]
    np.testing.assert_allclose(
        part, audio.front_end(audio.Sound(cut, sound.rate), short_arrays.rate), atol=1e-5
    )


def test_a_constant_gain_would_do_nothing(short_arrays):
    gain = np.full(short_arrays.intervals[CLIP], 7.0)
    np.testing.assert_allclose(
        short_arrays.excerpt(CLIP, gain=gain), short_arrays.excerpt(CLIP), atol=1e-5
    )


@pytest.mark.parametrize("intervals", [1, 39, 40, 41, 1200])
def test_loudness_wanders_slowly_and_not_too_far(intervals):
    widest = 0.0
    for seed in range(30):
        decibels = 20 * np.log10(_gain(intervals, 6.0, np.random.default_rng(seed)))
        assert decibels.shape == (intervals,)
        assert np.abs(decibels).max() <= 6
        assert np.abs(np.diff(decibels)).max(initial=0) <= 12 * INTERVAL_SECONDS + 1e-9
        widest = max(widest, np.ptp(decibels))
    assert intervals < 40 or widest > 4


def test_an_excerpt_may_come_from_beyond_t(short_arrays):
    first = Recipe(seconds=0.1)
    anywhere = dataclasses.replace(first, anywhere=True)
    starts = set()
    for seed in range(60):
        random = np.random.default_rng(seed)
        assert draw_excerpt(short_arrays, CLIP, first, random).start == 0
        excerpt = draw_excerpt(short_arrays, CLIP, anywhere, np.random.default_rng(seed))
        assert (excerpt.taken, excerpt.length) == (4, 400)
        starts.add(excerpt.start)
    assert min(starts) == 0
    assert max(starts) == int(short_arrays.values[CLIP]) // 100 - 4


@pytest.mark.parametrize("anywhere", [False, True])
def test_a_run_decodes_what_its_recipe_may_show(write_corpus, tmp_path, anywhere):
    corpus = write_corpus(tmp_path / "corpus")
    plan = Plan(str(corpus), "tones", seconds=0.1, recipe={"anywhere": anywhere})
    journal = Journal(tmp_path, lambda event: None)
    arrays, _, _ = prepare_run(plan, journal, tmp_path / "cache")
    assert arrays.values.max() == 2_520, "beyond T"
    again, _, _ = prepare_run(plan, journal, tmp_path / "cache")
    np.testing.assert_array_equal(again.values, arrays.values)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
@pytest.mark.parametrize("seconds", [0.025, 0.1, 0.4, 5.0, None])
def test_an_excerpt_is_as_long_as_was_decided(short_arrays, recipe, seconds):
    recipe = dataclasses.replace(recipe, seconds=seconds, crop_seconds=0.2)
    for clip in (0, 5, CLIP):
        for seed in range(40):
            excerpt = draw_excerpt(short_arrays, clip, recipe, np.random.default_rng(seed))
            values = excerpt_values(short_arrays, excerpt, recipe)
            assert len(values) == excerpt.length <= 800
            assert excerpt.length % 100 == 0, "whole intervals, which the trunk can stack"
            assert values.dtype == np.float32
            assert np.isfinite(values).all()


@pytest.mark.parametrize(
    "change", [{"gain": 6.0}, {"noise": 0.0}, {"spread": 0.01}, {"recalibrate": False}]
)
def test_a_switch_changes_only_what_it_says(short_arrays, change):
    """Else an ablation would measure other random numbers too."""
    recipe = dataclasses.replace(ROBUST, crop_seconds=0.2)
    other = dataclasses.replace(recipe, **change)
    for seed in range(20):
        one, two = (
            draw_excerpt(short_arrays, CLIP, r, np.random.default_rng(seed))
            for r in (recipe, other)
        )
        assert one[:-1] == two[:-1]
        if change.keys() & {"spread", "recalibrate"}:
            found = excerpt_values(short_arrays, two, other)
            np.testing.assert_array_equal(excerpt_values(short_arrays, one, recipe), found)


def test_noise_and_loudness_are_disturbances(short_arrays):
    plain = Recipe(seconds=None)
    noisy = dataclasses.replace(plain, noise=0.1)
    louder = dataclasses.replace(plain, gain=6.0)
    clean = shown(short_arrays, plain, 3)
    added = shown(short_arrays, noisy, 3) - clean
    assert 0 < added.std() <= 0.11
    assert abs(np.corrcoef(added[1:], added[:-1])[0, 1]) < 0.1
    moved = shown(short_arrays, louder, 3)
    assert np.abs(moved - clean).max() > 0
    assert np.corrcoef(moved, clean)[0, 1] > 0.8
    assert moved.std() == pytest.approx(clean.std(), rel=0.2), "standardised again"


def test_shares_of_a_batch_are_the_batch(short_arrays):
    """Whoever prepares them, in whichever order."""
    recipe = dataclasses.replace(ROBUST, seconds=None, crop_seconds=0.2, batch_size=5)
    for truncate in (False, True):
        recipe = dataclasses.replace(recipe, truncate=truncate, crop_seconds=None)
        whole = [make(map) for make in plans(short_arrays, recipe)]
        shares = [
            [make(map) for make in reversed(plans(short_arrays, recipe, rank, 3))][::-1]
            for rank in range(3)
        ]
        for number, batch in enumerate(whole):
            own = [share[number] for share in shares]
            assert sum(len(share.labels) for share in own) == batch.clips == len(batch.labels)
            assert all(share.clips == batch.clips for share in own)
            for place, values in enumerate(batch.values):
                share = own[place % 3]
                np.testing.assert_array_equal(share.values[place // 3], values)
                assert share.labels[place // 3] == batch.labels[place]
    assert [len(share[-1].labels) for share in shares] == [1, 0, 0]


def plans(arrays, recipe: Recipe, rank: int = 0, processes: int = 1):
    return list(
        pending_batches(arrays, TRAINING, recipe, np.random.default_rng(7), rank, processes)
    )
