"""Batches prepared ahead: the same ones, in the same order, while somebody else works."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from cabcnn.errors import CabcnnError
from cabcnn.threads import ordered_map
from cabcnn.training.batches import pending_batches
from cabcnn.training.loader import load_batches, stage, to_device, workers
from cabcnn.training.recipe import ROBUST

CPU = torch.device("cpu")
SMALL = replace(ROBUST, batch_size=3)


@pytest.mark.parametrize("threads", [None, 1, 4])
def test_batches_are_the_same_in_the_same_order(short_arrays, threads):
    def plans():
        return pending_batches(short_arrays, range(16), SMALL, np.random.default_rng(3))

    assert len(list(plans())) == 6
    for found, plan in zip(load_batches(plans(), CPU, threads), plans(), strict=True):
        expected = plan(map)
        assert found.clips == expected.clips
        np.testing.assert_array_equal(found.labels, expected.labels)
        for one, other in zip(found.values, expected.values, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("threads", [1, 4])
def test_results_come_in_turn_whoever_is_first(threads):
    def make(number: int) -> int:
        time.sleep(0.002 * (number % 3))
        return number

    assert list(ordered_map(make, range(30), threads, 5)) == list(range(30))
    assert list(ordered_map(make, [], threads, 5)) == []


def test_the_next_are_made_meanwhile_but_not_all():
    made = [threading.Event() for _ in range(10)]
    batches = ordered_map(lambda event: event.set(), made, 2, 3)
    next(batches)
    assert all(event.wait(10) for event in made[1:4])
    assert not any(event.is_set() for event in made[4:])
    del batches


def test_what_goes_wrong_there_is_told_here():
    def work(number: int) -> int:
        if number == 2:
            raise CabcnnError("The disk is gone.")
        return number

    batches = ordered_map(work, [1, 2, 3], 1, 2)
    assert next(batches) == 1
    with pytest.raises(CabcnnError, match="disk is gone"):
        next(batches)
    left = [t for t in threading.enumerate() if t.name.startswith("prefetch")]
    assert not left


def test_several_threads_share_a_batch_and_end_with_it(short_arrays):
    seen = set()

    def slowly(work, clips):
        def noted(clip):
            time.sleep(0.01)
            seen.add(threading.current_thread().name)
            return work(clip)

        return noted, clips

    def shared(plan):
        return lambda each: plan(lambda work, clips: each(*slowly(work, clips)))

    plans = pending_batches(short_arrays, range(16), SMALL, np.random.default_rng(3))
    batches = load_batches(map(shared, plans), CPU, 4)
    assert len(next(batches).values) == 3
    batches.close()  # while the next are being made
    assert len(seen) > 1
    assert all(name.startswith("clips") for name in seen)
    assert not [t for t in threading.enumerate() if t.name.startswith(("prefetch", "clips"))]


def test_one_thread_feeds_a_cpu_and_several_a_gpu():
    assert workers(CPU) == 1
    assert 1 <= workers(torch.device("cuda")) <= 8


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("lengths", [[], [3], [3, 1, 2]])
def test_clips_move_to_a_device_as_they_are(device, lengths):
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("needs a GPU")
    values = [np.arange(n, dtype=np.float32) + n for n in lengths]
    there = to_device(stage(values, torch.device(device)), torch.device(device))
    assert len(there) == len(values)
    for one, other in zip(there, values):
        np.testing.assert_array_equal(one.cpu(), other)
