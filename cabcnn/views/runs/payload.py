"""What the view of the training runs shows: all of them by name, and one with its curves."""

from __future__ import annotations

import base64
import json
import math
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from cabcnn.errors import CabcnnError
from cabcnn.runs.clips import CORPUS
from cabcnn.runs.journal import ATTENTION, EPOCHS
from cabcnn.runs.queue import Job, JobQueue
from cabcnn.training.recipe import RECIPES

COLUMNS = ("epoch", "training_loss", "training_recall", "loss", "unweighted_recall")
NOT_THE_PLANS = sorted(RECIPES["paper"].as_dict().keys() - {"seconds", "seed"})
FRAMES_AT_ONCE = 60
FRAME_COLUMNS = 400  # a longer clip's intervals are averaged: screens have no more to show
PARTS = {
    "speaker-disjoint": "tested on voices it never heard",
    "paper": "tested on a mix of clips",
    "official": "tested on the corpus's own split",
}
SHORT = {
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


def default(jobs: list[Job]) -> Job | None:
    """The job most worth watching: one at work, else the last that was asked for."""
    return next((job for job in jobs if job.at_work), jobs[0] if jobs else None)


def chosen(jobs: list[Job], name: str | None) -> Job | None:
    return next((job for job in jobs if job.name == name), None) or default(jobs)


def payload(jobs: list[Job], name: str | None) -> str:
    """The view's value, as JSON: all `jobs`, and the one of that name in detail."""
    job = chosen(jobs, name)
    queue = [one.name for one in reversed(jobs) if one.state == "queued"]
    rows = [
        {"name": one.name, "state": one.state, "words": words(one, _place(queue, one))}
        for one in jobs
    ]
    detail = None if job is None else _detail(job, _place(queue, job))
    return json.dumps({"runs": rows, "run": detail})


def _place(queue: list[str], job: Job) -> int:
    return queue.index(job.name) + 1 if job.name in queue else 0


def going_on(jobs: list[Job]) -> bool:
    """Whether anything may change by itself."""
    return any(job.at_work or job.state == "queued" for job in jobs)


def words(job: Job, place: int) -> str:
    """Where a job stands, in two or three words; `place` is its in the queue."""
    status = job.status
    if job.state == "queued":
        return f"waiting, place {place}"
    if job.state == "preparing":
        return f"reading {status.done} of {status.total}" if status.total else "reading"
    if job.state == "training":
        part, now = _numbered(job), min(status.done + 1, status.total)
        return f"epoch {now} of {status.total}{f', {part}' if part else ''}"
    return SHORT[job.state]


def _numbered(job: Job) -> str:
    parts = job.status.parts
    if len(parts) < 2 or job.status.part not in parts:
        return ""
    return f"model {parts.index(job.status.part) + 1} of {len(parts)}"


def _detail(job: Job, place: int) -> dict[str, Any]:
    status, recipe = job.status, job.plan.full_recipe
    rows = _rows(job.folder / EPOCHS)
    seen = dict.fromkeys(row["part"] for row in rows)
    parts = [part for part in status.parts or seen if part in seen]
    labels = _labels(job.folder / CORPUS)
    return {
        "name": job.name,
        "state": job.state,
        "short": SHORT[job.state],
        "words": words(job, place),
        "sentence": _sentence(job, place),
        "asked": _asked(job),
        "share": _share(job),
        "left": _left(job, rows),
        "classes": len(labels),
        "parts": [
            {"name": part, "title": _title(part), **_curves(rows, part, job)} for part in parts
        ],
        "watched": _read_json(job.folder / ATTENTION / "clip.json"),
        "frames": _frames(job.folder),
        "seconds": job.plan.seconds,
        "epochs": recipe.max_epochs,
        "actions": _actions(job),
    }


def _title(part: str) -> str:
    """What a person is told of the model of a split."""
    fold = part.removeprefix("fold-")
    return PARTS.get(part, f"tested on fold {fold}, voices it never heard")


def _sentence(job: Job, place: int) -> str:
    """What is going on, or what came of it, for a person."""
    if job.state == "queued":
        return (
            "It starts as soon as the run before it is done."
            if place <= 1
            else f"{place - 1} others start before it."
        )
    if job.state == "starting":
        return "Starting; this takes some seconds."
    if job.stopping and job.at_work:
        return "Stopping after this epoch; the best model so far is kept and scored."
    if job.state == "finished":
        return ""  # what it is worth stands below
    if job.state == "stopped":
        return "It was stopped early; the best model by then was kept."
    if job.state == "interrupted":
        return "It was interrupted. Nothing is lost up to its last epoch: resume it and it goes on."
    text = job.message or ("It failed without a word." if job.state == "failed" else "")
    # Those who read it know what they brought, not where the server keeps it.
    for kept, called in ((job.plan.corpus, Path(job.plan.corpus).name), (job.folder, job.name)):
        text = text.replace(f"{kept}/", "").replace(str(kept), called)
    return text


def _asked(job: Job) -> str:
    """What the run was asked to do, in a line."""
    plan = job.plan
    recipe = job.plan.full_recipe.as_dict()
    changes = {
        name: [field for field in NOT_THE_PLANS if recipe[field] != getattr(known, field)]
        for name, known in RECIPES.items()
    }
    name = min(changes, key=lambda known: len(changes[known]))
    heard = "whole clips" if plan.seconds is None else f"the first {plan.seconds:g} s"
    source = "built-in voices" if plan.corpus == "built-in" else Path(plan.corpus).name
    named = f"{name} recipe{', changed' if changes[name] else ''}"
    asked = datetime.fromtimestamp(job.since, UTC).strftime("%d %b %Y, %H:%M UTC")
    return f"{source} · {heard} · {named} · asked for {asked}"


def _share(job: Job) -> float | None:
    """How much of the whole is done, None where nobody can tell."""
    status = job.status
    if job.state in ("finished", "stopped"):
        return 1.0
    if job.state != "training" or not status.total:
        return None
    parts = max(len(status.parts), 1)
    behind = status.parts.index(status.part) if status.part in status.parts else 0
    return (behind + status.done / status.total) / parts


def _left(job: Job, rows: list[dict[str, Any]]) -> str:
    """How long it may still take, in words; training may end before all epochs are done."""
    took = [row["seconds"] for row in rows[-10:] if row.get("seconds")]
    share = _share(job)
    if job.state != "training" or not took or share is None:
        return ""
    status = job.status
    parts = max(len(status.parts), 1)
    seconds = round(float(np.median(took)) * (1 - share) * status.total * parts, 3)
    if seconds < 50:
        return f"at most {math.ceil(seconds / 10) * 10 or 10:.0f} s left"
    if seconds <= 3600:
        return f"at most {math.ceil(seconds / 60)} min left"
    return f"at most {math.ceil(seconds / 360) / 10:.1f} h left"


def _rows(path: Path) -> list[dict[str, Any]]:
    """The epochs so far; a line that is just being written is left out."""
    rows = []
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        return []
    for line in lines:
        try:
            rows.append(json.loads(line))
        except ValueError:
            continue
    return rows


def _curves(rows: list[dict[str, Any]], part: str, job: Job) -> dict[str, Any]:
    own = [row for row in rows if row["part"] == part]
    columns = {name: [_rounded(row.get(name)) for row in own] for name in COLUMNS}
    used = [_rounded(row.get("effective_classifiers")) for row in own]
    return {**columns, "used": used, "best": _best(own, job)}


def _rounded(value: Any) -> float | None:
    return round(value, 4) if isinstance(value, int | float) and math.isfinite(value) else None


def _best(rows: list[dict[str, Any]], job: Job) -> int | None:
    """The epoch whose weights are kept, as the trainer chooses it."""
    recipe = job.plan.full_recipe
    if not rows or "loss" not in rows[-1]:
        return None
    if recipe.monitor == "unweighted_recall":
        scores = [row["unweighted_recall"] - 1e-6 * row["balanced_loss"] for row in rows]
    elif recipe.monitor == "loss":
        scores = [-row["balanced_loss" if recipe.balance else "loss"] for row in rows]
    else:
        return rows[-1]["epoch"]
    return rows[int(np.argmax(scores))]["epoch"]


def _labels(path: Path) -> list[str]:
    found = _read_json(path) or {}
    return [row["label"] for row in found.get("labels", ())]


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def _actions(job: Job) -> list[str]:
    if job.state == "queued":
        return ["cancel"]
    if job.state in ("starting", "preparing"):
        return ["cancel"]
    if job.at_work:
        return [] if job.stopping else ["stop"]
    offered = ["use", "model", "report"] if job.has_model else []
    return [*offered, *(["resume"] if job.resumable else []), "remove"]


def _frames(folder: Path) -> list[int]:
    """The epochs whose attention was kept."""
    kept = (folder / ATTENTION).glob("[0-9]*.npy")
    return sorted(int(path.stem) for path in kept if path.stem.isdigit())


def frames(jobs: JobQueue, name: Any, epochs: Any) -> dict[str, Any]:
    """Attention after some epochs for the view: {epochs, n, columns, p, data}, the data being
    base64 of deflated uint8 (epochs, n, columns), 255 for a weight of 1.

    Raises CabcnnError where there is no such run.
    """
    wanted = [int(e) for e in epochs if isinstance(e, int | float)] if _is_list(epochs) else []
    folder = jobs.get(name if isinstance(name, str) else None).folder / ATTENTION
    found: dict[int, np.ndarray] = {}
    p = 0
    for epoch in wanted[:FRAMES_AT_ONCE]:
        try:
            levels = np.load(folder / f"{epoch:04d}.npy", allow_pickle=False)
        except (OSError, ValueError):
            continue
        p = levels.shape[1]
        found[epoch] = _narrowed(levels)
    if not found:
        raise CabcnnError(f"{name} has no picture of these epochs.")
    cells = np.stack(list(found.values()))
    _, n, columns = cells.shape
    data = base64.b64encode(zlib.compress(cells.tobytes(), 6)).decode("ascii")
    return {"epochs": list(found), "n": n, "columns": columns, "p": p, "data": data}


def _narrowed(levels: np.ndarray) -> np.ndarray:
    """Levels (n, p) with neighbouring intervals averaged to at most so many columns."""
    p = levels.shape[1]
    if p <= FRAME_COLUMNS:
        return levels
    edges = np.linspace(0, p, FRAME_COLUMNS + 1).astype(int)
    sums = np.add.reduceat(levels.astype(np.float64), edges[:-1], axis=1)
    return (sums / np.diff(edges)).round().astype(np.uint8)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)
