"""What the view of an atlas shows, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cabcnn.atlas import Atlas
from cabcnn.atlas.words import RARE, sentence
from cabcnn.corpora.layouts import BUILT_IN
from cabcnn.model import INTERVAL_SECONDS

OTHER_CLASSES = (
    "The model was trained on other classes than those of these clips. So the votes show what a "
    "classifier takes these voices for, not whether it is right."
)
SYNTHETIC = "All voices are synthetic: with real people, a classifier may behave differently."


def ready(
    atlas: Atlas,
    title: str,
    transcripts: Mapping[str, str] | None = None,
    *,
    name: str | None = None,
    explore: bool = True,
) -> str:
    """The atlas of a model with this `title`. `transcripts` are the words spoken in sounds, by the
    sounds' names; `name` is the model's name on the page (its file's) if its card has another;
    `explore` is whether there is an Explore tab in which to look a classifier up."""
    transcripts = transcripts or {}
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
            "moments": [
                [m.sound, m.time, m.weight, *_top_class(m.votes)] for m in atlas.moments[i]
            ],
        }
        for i in range(len(atlas.use))
    ]
    sounds = [
        [sound.label, sound.speaker, transcripts.get(sound.name, "")] for sound in atlas.sounds
    ]
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


def missing(title: str, clips: int, error: str = "") -> str:
    """A model has no atlas yet; `error` is what went wrong when one was computed."""
    return json.dumps({"state": "none", "title": title, "clips": clips, "trouble": error})


def busy(title: str, done: int, total: int) -> str:
    """An atlas is being computed."""
    return json.dumps({"state": "busy", "title": title, "done": done, "total": total})


def broken(error: str) -> str:
    """There is no such model, or it can't be used."""
    return json.dumps({"state": "broken", "trouble": error})


def about(atlas: Atlas) -> str:
    """What an atlas was computed from, in a sentence."""
    seconds = float(atlas.intervals.sum()) * INTERVAL_SECONDS
    minutes = seconds / 60
    length = f"{minutes:.0f} minutes" if minutes >= 9.5 else f"{minutes:.2g} minutes"
    speakers = f" of {atlas.speakers:,} voices" if atlas.speakers else ""
    source = "the built-in corpus" if atlas.corpus == BUILT_IN else atlas.corpus
    # If clips are much shorter than T, none was cut, and mentioning T would only confuse.
    cut = ""
    if atlas.seconds is not None and seconds / atlas.clips > atlas.seconds / 2:
        cut = f", the first {atlas.seconds:g} s of each"
    return (
        f"Computed on {atlas.date} from {atlas.clips:,} clips{speakers} in {source}: {length}{cut}."
    )


def _warning(atlas: Atlas) -> str:
    sentences = [SYNTHETIC] if atlas.corpus == BUILT_IN else []
    if not set(atlas.labels) & set(atlas.classes):
        sentences.append(OTHER_CLASSES)
    return " ".join(sentences)


def _top_class(votes: tuple[float, ...]) -> tuple[int, float]:
    """The class with the largest share of a vote, and that share."""
    k = max(range(len(votes)), key=votes.__getitem__)
    return k, round(votes[k], 3)


def parse_snippet_request(value: Any) -> tuple[str, int, int] | None:
    """A view's request for a moment's sound: the model's name, the classifier, and the moment's
    rank among that classifier's; None for anything else."""
    match value:
        case [str(model), int(classifier), int(rank)]:
            return model, classifier, rank
    return None
