"""What the view of a training run says of how far it is."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cabcnn.runs.plan import Plan
from cabcnn.runs.queue import Job
from cabcnn.runs.status import State, Status
from cabcnn.views.runs import payload

BOTH = ("speaker-disjoint", "paper")


def shown(
    folder: Path,
    seconds: list[float | None],
    done: int,
    total: int,
    part: str = "paper",
    parts: tuple[str, ...] = ("paper",),
    state: State = "training",
    updated: str = "",
) -> dict[str, Any]:
    """A run as the view has it, whose epochs so far took so many seconds each."""
    lines = [
        json.dumps({"part": part, "epoch": epoch, "seconds": took})
        for epoch, took in enumerate(seconds, 1)
    ]
    (folder / "epochs.jsonl").write_text("".join(f"{line}\n" for line in lines))
    status = Status(state, "Training", done, total, part, parts, updated=updated)
    job = Job(folder, Plan("built-in", "voices"), state, "", status, since=0.0)
    return json.loads(payload.payload([job], None))["run"]


@pytest.mark.parametrize(
    ("seconds", "done", "total", "left"),
    [
        ([], 0, 60, ""),  # nothing is known yet
        ([None], 1, 60, ""),  # a line of an older version
        ([0.1], 59, 60, "at most 10 s left"),
        ([4.0] * 5, 5, 10, "at most 20 s left"),
        ([4.0] * 5, 5, 11, "at most 30 s left"),  # 24, rounded up
        ([4.9] * 5, 5, 15, "at most 50 s left"),
        ([5.0] * 5, 5, 15, "at most 1 min left"),
        ([6.1] * 5, 5, 15, "at most 2 min left"),
        ([60.0] * 5, 5, 60, "at most 55 min left"),
        ([60.0] * 5, 0, 60, "at most 60 min left"),
        ([60.0] * 5, 0, 61, "at most 1.1 h left"),  # never less than it is
        ([60.0] * 5, 0, 1000, "at most 16.7 h left"),
        # The first epochs are slow, and one that was disturbed says nothing of the next.
        ([500.0] * 9 + [2.0] * 9 + [300.0], 19, 29, "at most 20 s left"),
    ],
)
def test_the_time_left_is_by_the_last_epochs(tmp_path, seconds, done, total, left):
    assert shown(tmp_path, seconds, done, total)["left"] == left


def test_the_time_left_counts_the_models_still_to_come(tmp_path):
    first = shown(tmp_path, [2.0] * 5, 5, 10, BOTH[0], BOTH)
    assert (first["left"], first["share"]) == ("at most 30 s left", 0.25)
    second = shown(tmp_path, [2.0] * 5, 5, 10, BOTH[1], BOTH)
    assert (second["left"], second["share"]) == ("at most 10 s left", 0.75)


@pytest.mark.parametrize("state", ["preparing", "scoring", "finished", "stopped", "interrupted"])
def test_no_time_is_left_where_nothing_is_learned(tmp_path, state):
    assert shown(tmp_path, [60.0] * 5, 5, 60, state=state)["left"] == ""


@pytest.mark.parametrize(("ago", "share"), [(0, 0.5), (30, 0.55), (900, 0.595), (-60, 0.5)])
def test_it_goes_on_within_an_epoch(tmp_path, ago, share):
    updated = (datetime.now(UTC) - timedelta(seconds=ago)).isoformat()
    found = shown(tmp_path, [60.0] * 5, 5, 10, updated=updated)
    assert found["share"] == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize("updated", ["", "yesterday", "9999-12-31T23:59:59"])
def test_a_damaged_time_is_no_progress(tmp_path, updated):
    assert shown(tmp_path, [60.0] * 5, 5, 10, updated=updated)["share"] == 0.5


def test_reading_shows_how_far_it_is(tmp_path):
    found = shown(tmp_path, [], 30, 120, state="preparing")
    assert (found["words"], found["share"], found["left"]) == ("reading 30 of 120", 0.25, "")
