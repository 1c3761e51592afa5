"""What the view of the training runs shows: a list of all, and one of them with its curves."""

from __future__ import annotations

import base64
import json
import math
import time
import zlib
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from cabcnn import schema
from cabcnn.errors import CabcnnError
from cabcnn.runs.clips import CORPUS
from cabcnn.runs.journal import ATTENTION, EPOCHS
from cabcnn.runs.queue import Job, JobQueue, waiting
from cabcnn.runs.status import Status
from cabcnn.training.recipe import RECIPES

COLUMNS = ("epoch", "training_loss", "training_recall", "loss", "unweighted_recall")
# The fields of a recipe that a plan does not set itself.
RECIPE_FIELDS = sorted(RECIPES["paper"].as_dict().keys() - {"seconds", "seed"})
MOST_LINE = 1 << 20  # characters of an epoch's line
ALMOST = 0.95  # of an epoch: its end is not claimed before it has come
MAX_FRAMES = 60  # that are sent at once
FRAME_COLUMNS = 400  # a longer clip's intervals are averaged: a screen has no room for more
PARTS = {
    "speaker-disjoint": "tested on voices it never heard",
    "paper": "tested on a random split of the clips",
    "official": "tested on the corpus's own split",
}
STATES = {
    "queued": "waiting",
    "starting": "starting",
    "preparing": "reading",
    "training": "training",
    "scoring": "scoring",
    "finished": "finished",
    "stopped": "stopped early",
    "interrupted": "interrupted",
    "failed": "failed",
}


def shown_job(jobs: list[Job], name: str | None) -> Job | None:
    """The job of that name, else the one most worth watching: one that is running, else the
    newest."""
    named = next((job for job in jobs if job.name == name), None)
    running = next((job for job in jobs if job.running), None)
    return named or running or next(iter(jobs), None)


def payload(jobs: list[Job], name: str | None) -> str:
    """The view's value, as JSON: all `jobs`, and the one of that name in detail."""
    job = shown_job(jobs, name)
    queue = [one.name for one in waiting(jobs)]
    rows = [
        {"name": one.name, "state": one.state, "words": state_words(one, _position(queue, one))}
        for one in jobs
    ]
    detail = None if job is None else _detail(job, _position(queue, job))
    return json.dumps({"runs": rows, "run": detail})


def _position(queue: list[str], job: Job) -> int:
    """A job's position in the queue, from 1; 0 if it is not waiting."""
    return queue.index(job.name) + 1 if job.name in queue else 0


def any_active(jobs: list[Job]) -> bool:
    """Whether any job is running or waiting."""
    return any(job.running or job.state == "queued" for job in jobs)


def state_words(job: Job, position: int) -> str:
    """A job's state in two or three words; `position` is its position in the queue."""
    status = job.status
    if job.state == "queued":
        return f"waiting, place {position}"
    if job.state == "preparing":
        return f"reading {status.done} of {status.total}" if status.total else "reading"
    if job.state == "training":
        part, epoch = _part_number(job), min(status.done + 1, status.total)
        return f"epoch {epoch} of {status.total}{f', {part}' if part else ''}"
    return STATES[job.state]


def _part_number(job: Job) -> str:
    parts = job.status.parts
    if len(parts) < 2 or job.status.part not in parts:
        return ""
    return f"model {parts.index(job.status.part) + 1} of {len(parts)}"


def _detail(job: Job, position: int) -> dict[str, Any]:
    status, recipe = job.status, job.plan.full_recipe
    rows = _rows(job.folder / EPOCHS)
    started = dict.fromkeys(row["part"] for row in rows)
    parts = [part for part in status.parts or started if part in started]
    labels = _labels(job.folder / CORPUS)
    return {
        "name": job.name,
        "state": job.state,
        "short": STATES[job.state],
        "words": state_words(job, position),
        "sentence": _sentence(job, position),
        "asked": _settings(job),
        "share": _share(job, rows),
        "left": _time_left(job, rows),
        "classes": len(labels),
        "parts": [
            {"name": part, "title": _title(part), **_curves(rows, part, job.folder)}
            for part in parts
        ],
        "validation_clip": _read_json(job.folder / ATTENTION / "clip.json"),
        "frames": _frames(job.folder),
        "seconds": job.plan.seconds,
        "epochs": recipe.max_epochs,
        "actions": _actions(job),
    }


def _title(part: str) -> str:
    """What the model of a part is tested on."""
    fold = part.removeprefix("fold-")
    return PARTS.get(part, f"tested on fold {fold}, voices it never heard")


def _sentence(job: Job, position: int) -> str:
    """What a job is doing, or how it ended."""
    if job.state == "queued":
        return (
            "It starts as soon as the run before it is finished."
            if position <= 1
            else f"{position - 1} others start before it."
        )
    if job.state == "starting":
        return "Starting; this takes a few seconds."
    if job.stopping and job.running:
        return "Stopping after this epoch; the best model so far is kept and scored."
    if job.state == "finished":
        return ""  # the report is below
    if job.state == "stopped":
        return "It was stopped early; the best model so far was kept."
    if job.state == "interrupted":
        return "It was interrupted. Resume it, and it goes on after its last finished epoch."
    text = job.message or ("It failed without an error message." if job.state == "failed" else "")
    # Visitors know the names of their files, not the server's folders.
    for path, name in ((job.plan.corpus, Path(job.plan.corpus).name), (job.folder, job.name)):
        text = text.replace(f"{path}/", "").replace(str(path), name)
    return text


def _settings(job: Job) -> str:
    """The corpus, T, the recipe and the time of a run, in a line."""
    plan = job.plan
    recipe = job.plan.full_recipe.as_dict()
    changes = {
        name: [field for field in RECIPE_FIELDS if recipe[field] != getattr(known, field)]
        for name, known in RECIPES.items()
    }
    nearest = min(changes, key=lambda name: len(changes[name]))
    length = "whole clips" if plan.seconds is None else f"the first {plan.seconds:g} s"
    corpus = "built-in voices" if plan.corpus == "built-in" else Path(plan.corpus).name
    recipe_name = f"{nearest} recipe{', changed' if changes[nearest] else ''}"
    submitted = datetime.fromtimestamp(job.since, UTC).strftime("%d %b %Y, %H:%M UTC")
    return f"{corpus} · {length} · {recipe_name} · submitted {submitted}"


def _share(job: Job, rows: list[dict[str, Any]]) -> float | None:
    """How much of the whole run is done, or of reading its recordings; None if that is unknown."""
    status = job.status
    if job.state in ("finished", "stopped"):
        return 1.0
    if job.state == "preparing" and status.total:  # of the reading
        return status.done / status.total
    if job.state != "training" or not status.total:
        return None
    parts = max(len(status.parts), 1)
    finished = status.parts.index(status.part) if status.part in status.parts else 0
    done = min(status.done + _within_epoch(status, rows), status.total)
    return (finished + done / status.total) / parts


def _within_epoch(status: Status, rows: list[dict[str, Any]]) -> float:
    """How much of the epoch that goes on is done, by how long the last ones took."""
    duration = _epoch_seconds(rows)
    try:
        passed = time.time() - datetime.fromisoformat(status.updated).timestamp()
    except (ValueError, OverflowError):  # never updated, or damaged
        return 0.0
    return min(max(passed / duration, 0.0), ALMOST) if duration else 0.0


def _epoch_seconds(rows: list[dict[str, Any]]) -> float | None:
    """The median duration of the last epochs; None if nothing is known yet."""
    durations = [row["seconds"] for row in rows[-10:] if row.get("seconds")]
    return float(np.median(durations)) if durations else None


def _time_left(job: Job, rows: list[dict[str, Any]]) -> str:
    """How long a run may still take, at most: training may end before all epochs are done."""
    duration, share = _epoch_seconds(rows), _share(job, rows)
    if job.state != "training" or not duration or share is None:
        return ""
    status = job.status
    parts = max(len(status.parts), 1)
    seconds = round(duration * (1 - share) * status.total * parts, 3)
    if seconds < 50:
        return f"at most {math.ceil(seconds / 10) * 10 or 10:.0f} s left"
    if seconds <= 3600:
        return f"at most {math.ceil(seconds / 60)} min left"
    return f"at most {math.ceil(seconds / 360) / 10:.1f} h left"


def _rows(path: Path) -> list[dict[str, Any]]:
    """The epochs so far, as far as they can be read."""
    rows = []
    try:
        lines = path.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return []
    for line in lines:
        with suppress(ValueError):  # damaged, or just being written
            rows.append(schema.parse(line, MOST_LINE))
    return [row for row in rows if isinstance(row.get("part"), str)]


def _curves(rows: list[dict[str, Any]], part: str, folder: Path) -> dict[str, Any]:
    own = [row for row in rows if row["part"] == part]
    columns = {name: [_rounded(row.get(name)) for row in own] for name in COLUMNS}
    used = [_rounded(row.get("effective_classifiers")) for row in own]
    best = own[-1].get("best") if own else None
    return {**columns, "used": used, "best": best or _best_of_report(folder, part)}


def _best_of_report(folder: Path, part: str) -> int | None:
    """The best epoch of a run of version 0.1.0, which recorded it in its report only."""
    report = _read_json(folder / "report" / "scores.json")
    splits = report.get("splits") if isinstance(report, dict) else None
    rows = [row for row in splits or () if isinstance(row, dict) and row.get("name") == part]
    best = rows[0].get("best_epoch") if rows else None
    return best if isinstance(best, int) else None


def _rounded(value: Any) -> float | None:
    return round(value, 4) if isinstance(value, int | float) and math.isfinite(value) else None


def _labels(path: Path) -> list[str]:
    corpus = _read_json(path) or {}
    return [row["label"] for row in corpus.get("labels", ())]


def _read_json(path: Path) -> dict[str, Any]:
    """Nothing, if it is missing or damaged: the page shows the rest."""
    try:
        return schema.read(path, "")
    except (OSError, CabcnnError):
        return {}


def _actions(job: Job) -> list[str]:
    if job.state in ("queued", "starting", "preparing"):
        return ["cancel"]
    if job.running:
        return [] if job.stopping else ["stop"]
    result_actions = ["use", "model", "report"] if job.has_model else []
    return [*result_actions, *(["resume"] if job.resumable else []), "remove"]


def _frames(folder: Path) -> list[int]:
    """The epochs whose attention was recorded."""
    paths = (folder / ATTENTION).glob("[0-9]*.npy")
    return sorted(int(path.stem) for path in paths if path.stem.isdigit())


def frames(jobs: JobQueue, name: Any, epochs: Any) -> dict[str, Any]:
    """The attention after some epochs: {epochs, n, columns, p, data}, the data being base64 of
    deflated uint8 (epochs, n, columns), 255 for a weight of 1.

    `name` and `epochs` come from the browser and may be anything. Raises CabcnnError if there is
    no such run, or no such epoch.
    """
    if not isinstance(epochs, list):
        epochs = []
    numbers = [int(epoch) for epoch in epochs if isinstance(epoch, int | float)]
    folder = jobs.get(name if isinstance(name, str) else None).folder / ATTENTION
    frames: dict[int, np.ndarray] = {}
    p = 0
    for epoch in numbers[:MAX_FRAMES]:
        try:
            levels = np.load(folder / f"{epoch:04d}.npy", allow_pickle=False)
        except (OSError, ValueError):
            continue
        p = levels.shape[1]
        frames[epoch] = _narrow(levels)
    if not frames:
        raise CabcnnError(f"{name} has no picture of these epochs.")
    cells = np.stack(list(frames.values()))
    _, n, columns = cells.shape
    data = base64.b64encode(zlib.compress(cells.tobytes(), 6)).decode("ascii")
    return {"epochs": list(frames), "n": n, "columns": columns, "p": p, "data": data}


def _narrow(levels: np.ndarray) -> np.ndarray:
    """Levels (n, p) with neighbouring intervals averaged to at most FRAME_COLUMNS columns."""
    p = levels.shape[1]
    if p <= FRAME_COLUMNS:
        return levels
    edges = np.linspace(0, p, FRAME_COLUMNS + 1).astype(int)
    sums = np.add.reduceat(levels.astype(np.float64), edges[:-1], axis=1)
    return (sums / np.diff(edges)).round().astype(np.uint8)
