"""The endpoints for programs: /explain, /classify, /export and /models."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gradio as gr
from gradio import events

from cabcnn import audio
from cabcnn.audio import Sound
from cabcnn.classifier import Classifier
from cabcnn.errors import AudioError, CabcnnError
from cabcnn.explanation import Explanation
from cabcnn.export import formats, tables
from cabcnn.ui.explore import LONGEST
from cabcnn.ui.models import Models
from cabcnn.ui.sounds import Sounds

# Two at a time, in a queue of their own: a program with many files delays no visitor.
LIMITS: dict[str, Any] = {"concurrency_id": "api", "concurrency_limit": 2}


def build(models: Models, sounds: Sounds) -> None:
    """Adds the endpoints to the page that is being built."""

    def explain(
        file: gr.FileData, model: str | None = None, seconds: float | None = None
    ) -> dict[str, Any]:
        """Classifies a sound and says why, with all numbers: a megabyte of them for 20 seconds.

        Parameters:
            file: a sound or a video, of any usual format
            model: the name of a model; null for the one that the page begins with
            seconds: hear the first so many, 60 at most; null for as many as the model's own T
        Returns:
            the label, the probability of each, and lists: times (p,), attention (p, n), votes
            (p, n, m) and interval_probabilities (p, m), for p intervals, n classifiers and m
            classes in the order of labels
        """
        with _in_one_sentence():
            x, _ = _explained(file, _chosen(models, model), seconds, sounds)
            return tables.as_dict(x)

    def classify(
        file: gr.FileData, model: str | None = None, seconds: float | None = None
    ) -> dict[str, Any]:
        """Classifies a sound, such as a recording of a voice: the verdict alone, in a few words.

        Parameters:
            file: a sound or a video, of any usual format
            model: the name of a model; null for the one that the page begins with
            seconds: hear the first so many, 60 at most; null for as many as the model's own T
        Returns:
            name, label, the probability of each label, seconds heard, notices, model, and how often
            it was measured to be right (score)
        """
        with _in_one_sentence():
            x, _ = _explained(file, _chosen(models, model), seconds, sounds)
            return {
                "name": x.name,
                "label": x.label,
                "probabilities": dict(zip(x.labels, x.probabilities.tolist(), strict=True)),
                "seconds": x.seconds,
                "notices": list(x.notices),
                "model": x.model,
                "score": x.score,
            }

    def export(
        file: gr.FileData,
        kind: str = "pdf",
        model: str | None = None,
        seconds: float | None = None,
        muted: list[int] | None = None,
        columns: int = 2,
        with_sound: bool = False,
    ) -> gr.FileData:
        """Explains a sound as a file: a figure for a paper, an interactive page (html), a table, or
        labels for Praat (TextGrid) or Audacity (txt).

        Parameters:
            file: a sound or a video, of any usual format
            kind: png, svg, pdf, html, csv, long.csv, json, npz, TextGrid, txt or classifiers.txt
            model: the name of a model; null for the one that the page begins with
            seconds: hear the first so many, 60 at most; null for as many as the model's own T
            muted: numbers of classifiers to be left out of the decision
            columns: how wide a figure is, in columns of a paper, 1 or 2
            with_sound: whether a page holds the sound too
        Returns:
            the file; it can be fetched for ten minutes
        """
        with _in_one_sentence():
            if f".{kind}" not in formats.KINDS:
                kinds = ", ".join(ending.removeprefix(".") for ending in formats.KINDS)
                raise CabcnnError(f"There is no kind of file {kind!r}, only {kinds}.")
            _check_numbers(muted)
            x, sound = _explained(file, _chosen(models, model), seconds, sounds)
            x = x.without(muted) if muted else x
            path = Path(tempfile.mkdtemp(dir=sounds.folder)) / f"{formats.stem(x)}.{kind}"
            heard = sound if with_sound else None
            formats.write(x, path, columns=columns, sound=heard)
            return gr.FileData(path=str(path), orig_name=path.name)

    def list_models() -> list[dict[str, Any]]:
        """Lists the models, each with what it tells apart and how often it is right.

        Returns:
            for each model: name, title, labels, seconds (T; null where it hears whole clips), and
            how often it was measured to be right (score)
        """
        return [
            {
                "name": name,
                "title": card.title,
                "labels": list(card.labels),
                "seconds": card.seconds,
                "score": card.score(),
            }
            for name, card in models.cards()
        ]

    # Gradio names a tool for MCP after its function, and tells of each parameter one line.
    events.api(explain, api_name="explain", **LIMITS)
    events.api(classify, api_name="classify", **LIMITS)
    events.api(export, api_name="export", **LIMITS)
    events.api(list_models, api_name="models", **LIMITS)


@contextmanager
def _in_one_sentence() -> Iterator[None]:
    """Hands what the caller can mend on as its sentence, without a trace in the server's log."""
    try:
        yield
    except CabcnnError as error:
        raise gr.Error(str(error), print_exception=False) from error


def _chosen(models: Models, name: str | None) -> Classifier:
    return models.get(name or models.first())


def _explained(
    file: Any, classifier: Classifier, seconds: float | None, sounds: Sounds
) -> tuple[Explanation, Sound]:
    """What an uploaded file made the model do, and what was heard of it; the file goes soon."""
    path = _uploaded(file, sounds.folder)
    try:
        wanted = _bounded(seconds or classifier.card.seconds)
        sound = audio.read(path, wanted)
        return classifier.explain(sound, wanted, name=_name(file, path)), sound
    finally:
        sounds.used(path)


def _uploaded(file: Any, folder: Path) -> Path:
    """The path of an uploaded file, and of nothing else: it is the client who sends it."""
    named = file.get("path") if isinstance(file, dict) else None
    path = Path(named).resolve() if isinstance(named, str) else None
    if path is None or not path.is_relative_to(folder):
        raise AudioError("Upload the file first; gradio_client does it for handle_file(path).")
    return path


def _bounded(seconds: float | None) -> float:
    """T, or the longest that is answered: matrices of hours as text would hold up everybody."""
    if seconds is None:
        return LONGEST
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise AudioError(f"{seconds!r} is no number of seconds.")
    if seconds > LONGEST:
        raise AudioError(f"Ask for {LONGEST:g} seconds at most, or use the Python package.")
    return seconds


def _check_numbers(muted: Any) -> None:
    if muted is None or (isinstance(muted, list) and all(type(i) is int for i in muted)):
        return
    raise CabcnnError(f"muted is {muted!r}; give a list of classifiers' numbers, such as [3, 17].")


def _name(file: Any, path: Path) -> str:
    return str(file.get("orig_name") or path.name)
