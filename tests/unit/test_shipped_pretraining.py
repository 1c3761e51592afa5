"""Pretraining: alignment, speaker augmentation, the pretext task, the block alone."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from cabcnn.dataset.arrays import Arrays, prepare
from cabcnn.errors import CorpusError
from cabcnn.model import CabCnn
from cabcnn.shipped.pretraining import pretext
from cabcnn.shipped.pretraining.alignment import SpeechUnits, align, speech_units
from cabcnn.shipped.pretraining.classifier_block import BlockRecipe, extract_features, train_block
from cabcnn.shipped.pretraining.pretext import pretrain
from cabcnn.shipped.pretraining.speaker_augmentation import augmented_speaker
from cabcnn.shipped.recording_conditions import with_noise, with_pauses
from cabcnn.training.evaluation import evaluate
from cabcnn.training.recipe import Recipe

pytestmark = pytest.mark.usefixtures("one_thread")

RATE = 8_000
PRETEXT = Recipe(crop_seconds=0.1, batch_size=6, learning_rate=3e-3, max_epochs=10)


@pytest.fixture(scope="module")
def corpus_arrays(short_clips) -> Arrays:
    return prepare(short_clips, RATE, spectra=True)


@pytest.fixture(scope="module")
def units(corpus_arrays) -> SpeechUnits:
    return speech_units(corpus_arrays, range(len(corpus_arrays)), 0, 4, 6)


def test_a_sequence_is_aligned_with_its_slowed_copy():
    one = np.random.default_rng(0).standard_normal((40, 6)).astype(np.float32)
    path, cost = align(one, np.repeat(one, 2, 0))
    assert path[0].tolist() == [0, 0]
    assert path[-1].tolist() == [39, 79]
    np.testing.assert_array_equal(path[:, 0], path[:, 1] // 2)
    assert cost < align(one, np.repeat(one[::-1], 2, 0))[1]


def test_paths_go_on_without_jumps():
    random = np.random.default_rng(1)
    path, _ = align(*(random.standard_normal((n, 3)).astype(np.float32) for n in (23, 31)))
    steps = np.diff(path, axis=0)
    assert set(map(tuple, steps.tolist())) <= {(0, 1), (1, 0), (1, 1)}


def test_every_interval_has_a_unit(corpus_arrays, units):
    for clip, intervals in enumerate(corpus_arrays.intervals):
        for own, most in ((units.coarse[clip], 4), (units.fine[clip], 6)):
            assert own.shape == (intervals,)
            assert own.min() >= 0
            assert own.max() < most


def test_readings_of_one_text_have_its_units_in_turn(tone, tmp_path):
    """Three tones in one order, at different tempos: each is one sound in every reading."""
    import soundfile

    from cabcnn.corpora.table import Clip

    clips = []
    for number, tempo in enumerate((1.0, 1.3, 0.8)):
        parts = [tone(0.5 * tempo, RATE, hertz) for hertz in (300, 900, 2500)]
        noise = np.random.default_rng(number).standard_normal(sum(map(len, parts)))
        path = tmp_path / f"{number}.wav"
        soundfile.write(path, np.concatenate(parts) + 0.01 * noise, RATE)
        clips.append(Clip(path, "ab"[number % 2], str(number)))
    arrays = prepare(clips, RATE, spectra=True)
    own = speech_units(arrays, range(3), 0, 3, 3).coarse
    for part in range(3):
        units_there = {
            int(unit)
            for clip in range(3)
            for unit in own[clip][round((part + 0.25) * len(own[clip]) / 3) :][:4]
        }
        assert len(units_there) == 1
    assert len({int(own[0][round((part + 0.3) * len(own[0]) / 3)]) for part in range(3)}) == 3


def test_speaker_augmentation_changes_tempo_and_timbre_a_little(babble):
    sound = babble(2.0, RATE, 0)
    lengths = set()
    for seed in range(5):
        other = augmented_speaker(sound, RATE, np.random.default_rng(seed))
        lengths.add(len(other))
        assert other.dtype == np.float32
        assert np.isfinite(other).all()
        assert abs(len(other) / len(sound) - 1) <= 0.081
    assert len(lengths) > 1
    again = augmented_speaker(sound, RATE, np.random.default_rng(0))
    np.testing.assert_array_equal(again, augmented_speaker(sound, RATE, np.random.default_rng(0)))


def test_a_change_is_made_before_anything_is_measured(short_clips):
    changed = prepare(short_clips[:4], RATE, change=lambda samples: samples[: len(samples) // 2])
    whole = prepare(short_clips[:4], RATE)
    assert (changed.values < whole.values).all()


def test_pretraining_learns_and_leaves_the_classifiers_alone(corpus_arrays, units):
    rows = []
    weights = pretrain(
        [corpus_arrays, corpus_arrays],
        range(len(corpus_arrays)),
        units,
        PRETEXT,
        on_epoch=lambda epoch, numbers: rows.append(numbers),
    )
    assert len(rows) == PRETEXT.max_epochs
    assert rows[-1]["entropy"] < rows[0]["entropy"]
    assert rows[-1]["error"] < rows[0]["error"]
    assert rows[-1]["right"] > 1 / 4
    with torch.random.fork_rng():
        torch.manual_seed(PRETEXT.seed)
        fresh = CabCnn(len(corpus_arrays.label_names)).state_dict()
    for name, value in fresh.items():
        assert torch.equal(value, weights[name]) == name.startswith("classifiers"), name


def test_the_network_can_hear_other_recordings_than_it_predicts(corpus_arrays, units, short_clips):
    """Pauses are digital silence in the clean copy, of the quietest unit, and move no other one."""
    draws = [np.random.default_rng(1) for _ in range(2)]
    noise = np.random.default_rng(2)

    def clean(random, samples):
        return with_pauses(samples, RATE, random, 0.3)

    copy = prepare(short_clips, RATE, spectra=True, change=partial(clean, draws[0]))
    heard = prepare(
        short_clips, RATE, change=lambda x: with_noise(clean(draws[1], x), RATE, noise, 10.0)
    )
    quiet = pretext._quietest(corpus_arrays, units, range(len(corpus_arrays)))
    targets = pretext._Targets(copy, heard, units, quiet, [3])
    speech = copy.energies(3) > 0
    assert 0.2 < 1 - speech.mean() < 0.4
    coarse, _ = targets.units[3]
    assert set(coarse[~speech]) == {quiet[0]}
    np.testing.assert_array_equal(coarse[speech], units.coarse[3])
    values, *_ = targets.excerpt(3, 4, np.random.default_rng(0))
    assert not any((values == copy.excerpt(3, k, 4)).all() for k in range(1, 9))
    copies = [corpus_arrays, copy]
    recipe = replace(PRETEXT, max_epochs=1)
    first = [
        pretrain(copies, range(len(copy)), units, recipe, heard=sounds)["trunk.0.weight"]
        for sounds in ([corpus_arrays, heard], copies, ())
    ]
    assert not torch.equal(first[0], first[1])
    assert torch.equal(first[1], first[2])


def test_pretraining_needs_spectra_and_clips_that_are_long_enough(
    corpus_arrays, units, short_clips
):
    with pytest.raises(CorpusError, match="no spectra"):
        pretrain([prepare(short_clips, RATE)], [0, 1], units, PRETEXT)
    with pytest.raises(CorpusError, match="too short"):
        pretrain([corpus_arrays], [0, 1], units, replace(PRETEXT, crop_seconds=100.0))


def test_the_block_learns_on_a_trunk_that_stays(corpus_arrays):
    torch.manual_seed(0)
    model = CabCnn(len(corpus_arrays.label_names)).eval()
    start = {name: value.clone() for name, value in model.state_dict().items()}
    copies = [extract_features(model, corpus_arrays, range(len(corpus_arrays)), None)]
    losses = []
    clips = np.arange(len(corpus_arrays))
    recipe = BlockRecipe(seconds=None, epochs=30, batch_size=4, intervals=20, learning_rate=1e-2)
    learned = train_block(
        start,
        copies,
        corpus_arrays.labels,
        clips,
        recipe,
        on_epoch=lambda epoch, loss: losses.append(loss),
    )
    assert np.mean(losses[-5:]) < 0.8 * losses[0]
    for name, value in learned.state_dict().items():
        if name.startswith(("trunk", "norm")):
            assert torch.equal(value, start[name]), name
    guessing = 1 / len(corpus_arrays.label_names)
    assert evaluate(learned, corpus_arrays, clips, None).scores.unweighted_recall > guessing
    again = train_block(start, copies, corpus_arrays.labels, clips, recipe)
    for name, value in again.state_dict().items():
        assert torch.equal(value, learned.state_dict()[name]), name


def test_a_clip_that_some_copies_lack_is_drawn_from_the_others(corpus_arrays):
    model = CabCnn(len(corpus_arrays.label_names)).eval()
    clips = np.arange(len(corpus_arrays))
    whole = extract_features(model, corpus_arrays, clips, None)
    some = {clip: rows for clip, rows in whole.items() if clip % 2}
    recipe = BlockRecipe(seconds=None, epochs=1, intervals=5)
    start = model.state_dict()
    learned = train_block(start, [whole, some], corpus_arrays.labels, clips, recipe)
    assert all(value.isfinite().all() for value in learned.state_dict().values())
