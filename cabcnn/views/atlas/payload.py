"""What the view of an atlas shows, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cabcnn.atlas import Atlas
from cabcnn.atlas.words import RARE, sentence
from cabcnn.corpora.layouts import BUILT_IN
from cabcnn.model import INTERVAL_SECONDS

NOT_ITS_TASK = (
    "None of these clips is of a class that the model knows, so what a classifier votes tells what "
    "it takes these voices for, and nothing of whether that is right."
)
SYNTHETIC = (
    "Every voice is synthetic, made by rule: what a classifier does with people may be another."
)


def ready(
    atlas: Atlas,
    title: str,
    said: Mapping[str, str] | None = None,
    *,
    name: str | None = None,
    explore: bool = True,
) -> str:
    """A whole atlas of the model called `title`. `said` are the words of sounds, by their names;
    `name` what the page knows the model by, its file's, where that is not its card's; `explore`
    whether there is an Explore tab to look a classifier up in."""
    said = said or {}
    spread = atlas.spread.round(4).tolist()
    rows = [
        {
            "use": round(float(atlas.use[i]), 5),
            "loudest": round(float(atlas.loudest[i]), 5),
            "votes": atlas.votes[i].round(4).tolist(),
            "spread": spread[i],
            "special": round(float(atlas.specialisation[i]), 3),
            "chance": round(float(atlas.chance[i]), 3),
            "sentence": sentence(atlas, i),
            "moments": [[m.sound, m.time, m.weight, *_first(m.votes)] for m in atlas.moments[i]],
        }
        for i in range(len(atlas.use))
    ]
    sounds = [[one.label, one.speaker, said.get(one.name, "")] for one in atlas.sounds]
    return json.dumps(
        {
            "state": "ready",
            "model": name or atlas.model,
            "weights": atlas.weights,
            "title": title,
            "about": about(atlas),
            "warning": _warning(atlas),
            "classes": atlas.classes,
            "labels": atlas.labels,
            "rows": rows,
            "sounds": sounds,
            "correlation": atlas.correlation.round(3).ravel().tolist(),
            "order": atlas.order.tolist(),
            "rare": RARE,
            "explore": explore,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def waiting(title: str, clips: int, trouble: str = "") -> str:
    """That a model has no atlas, how it gets one, and what went wrong when that was tried."""
    return json.dumps({"state": "none", "title": title, "clips": clips, "trouble": trouble})


def busy(title: str, done: int, total: int) -> str:
    """That an atlas is being computed."""
    return json.dumps({"state": "busy", "title": title, "done": done, "total": total})


def broken(reason: str) -> str:
    """That there is no such model, or none that can be used."""
    return json.dumps({"state": "broken", "trouble": reason})


def about(atlas: Atlas) -> str:
    """What it was computed from, in a sentence."""
    seconds = float(atlas.intervals.sum()) * INTERVAL_SECONDS
    minutes = seconds / 60
    length = f"{minutes:.0f} minutes" if minutes >= 9.5 else f"{minutes:.2g} minutes"
    who = f" of {atlas.speakers:,} voices" if atlas.speakers else ""
    source = "the built-in corpus" if atlas.corpus == BUILT_IN else atlas.corpus
    # Where clips are much shorter than T, nothing was cut off, and T only puzzles.
    cut = ""
    if atlas.seconds is not None and seconds / atlas.clips > atlas.seconds / 2:
        cut = f", of each the first {atlas.seconds:g} s"
    return f"Computed on {atlas.date} from {atlas.clips:,} clips{who} in {source}: {length}{cut}."


def _warning(atlas: Atlas) -> str:
    words = [SYNTHETIC] if atlas.corpus == BUILT_IN else []
    if not set(atlas.labels) & set(atlas.classes):
        words.append(NOT_ITS_TASK)
    return " ".join(words)


def _first(votes: tuple[float, ...]) -> tuple[int, float]:
    """The class that has most of a vote, and how much."""
    k = max(range(len(votes)), key=votes.__getitem__)
    return k, round(votes[k], 3)


def asked(value: Any) -> tuple[str, int, int] | None:
    """A view's question for a sound: the model's name, a classifier, the place of its moment;
    None for what no view asks."""
    match value:
        case [str(model), int(classifier), int(place)]:
            return model, classifier, place
    return None
