"""The endpoints for programs: /explain, /classify, /export and /models."""

from __future__ import annotations

import tempfile
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
from cabcnn.ui.explore import MAX_SECONDS
from cabcnn.ui.messages import gradio_errors
from cabcnn.ui.models import Models
from cabcnn.ui.sounds import Sounds

# Two at a time, in a queue of their own: a program with many files does not hold up visitors.
LIMITS: dict[str, Any] = {"concurrency_id": "api", "concurrency_limit": 2}


def build(models: Models, sounds: Sounds) -> None:
    """Adds the endpoints to the page that is being built."""

    def explain(
        file: gr.FileData, model: str | None = None, seconds: float | None = None
    ) -> dict[str, Any]:
        """Classifies a sound and explains the result with all its numbers: 1 MB for 20 seconds.

        Parameters:
            file: a sound or a video in any common format
            model: the name of a model; null for the one that the page begins with
            seconds: how many seconds to analyse, from the start, 60 at most; null for the model's T
        Returns:
            the label, the probability of each label, and lists: times (p,), attention (p, n), votes
            (p, n, m) and interval_probabilities (p, m), for p intervals, n classifiers and m
            classes in the order of labels
        """
        with gradio_errors():
            x, _ = _explain(file, _classifier(models, model), seconds, sounds)
            return tables.as_dict(x)

    def classify(
        file: gr.FileData, model: str | None = None, seconds: float | None = None
    ) -> dict[str, Any]:
        """Classifies a sound, such as a recording of a voice, without explaining it.

        Parameters:
            file: a sound or a video in any common format
            model: the name of a model; null for the one that the page begins with
            seconds: how many seconds to analyse, from the start, 60 at most; null for the model's T
        Returns:
            name, label, the probability of each label, the seconds analysed, notices, model, and
            how often that model was measured to be right (score)
        """
        with gradio_errors():
            x, _ = _explain(file, _classifier(models, model), seconds, sounds)
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
            file: a sound or a video in any common format
            kind: png, svg, pdf, html, csv, long.csv, json, npz, TextGrid, txt or classifiers.txt
            model: the name of a model; null for the one that the page begins with
            seconds: how many seconds to analyse, from the start, 60 at most; null for the model's T
            muted: the numbers of classifiers to leave out of the decision
            columns: the width of a figure, in columns of a paper, 1 or 2
            with_sound: whether an interactive page contains the sound
        Returns:
            the file; it can be downloaded for ten minutes
        """
        with gradio_errors():
            if f".{kind}" not in formats.KINDS:
                kinds = ", ".join(ending.removeprefix(".") for ending in formats.KINDS)
                raise CabcnnError(f"There is no kind of file {kind!r}, only {kinds}.")
            _check_numbers(muted)
            x, sound = _explain(file, _classifier(models, model), seconds, sounds)
            x = x.without(muted) if muted else x
            path = Path(tempfile.mkdtemp(dir=sounds.folder)) / f"{formats.stem(x)}.{kind}"
            formats.write(x, path, columns=columns, sound=sound if with_sound else None)
            return gr.FileData(path=str(path), orig_name=path.name)

    def list_models() -> list[dict[str, Any]]:
        """Lists the models, each with the labels it chooses among and how often it is right.

        Returns:
            for each model: name, title, labels, seconds (T; null if it analyses whole clips), and
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

    # Gradio names an MCP tool after its function and shows one line for each parameter.
    events.api(explain, api_name="explain", **LIMITS)
    events.api(classify, api_name="classify", **LIMITS)
    events.api(export, api_name="export", **LIMITS)
    events.api(list_models, api_name="models", **LIMITS)


def _classifier(models: Models, name: str | None) -> Classifier:
    return models.get(name or models.first())


def _explain(
    file: Any, classifier: Classifier, seconds: float | None, sounds: Sounds
) -> tuple[Explanation, Sound]:
    """The explanation of an uploaded file and the sound that was analysed. The file is removed
    soon."""
    path = _uploaded(file, sounds.folder)
    try:
        seconds = _bounded(seconds or classifier.card.seconds)
        sound = audio.read(path, seconds)
        return classifier.explain(sound, seconds, name=_name(file, path)), sound
    finally:
        sounds.release(path)


def _uploaded(file: Any, folder: Path) -> Path:
    """The path of an uploaded file. It comes from the client, which may send any other."""
    name = file.get("path") if isinstance(file, dict) else None
    path = Path(name).resolve() if isinstance(name, str) else None
    if path is None or not path.is_relative_to(folder):
        raise AudioError("Upload the file first; gradio_client does it for handle_file(path).")
    return path


def _bounded(seconds: float | None) -> float:
    """T, at most MAX_SECONDS: the matrices of an hour, as text, would hold up everybody."""
    if seconds is None:
        return MAX_SECONDS
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise AudioError(f"{seconds!r} is not a number of seconds.")
    if seconds > MAX_SECONDS:
        raise AudioError(f"Ask for {MAX_SECONDS:g} seconds at most, or use the Python package.")
    return seconds


def _check_numbers(muted: Any) -> None:
    if muted is None or (isinstance(muted, list) and all(type(i) is int for i in muted)):
        return
    raise CabcnnError(f"muted is {muted!r}; give a list of classifier numbers, such as [3, 17].")


def _name(file: Any, path: Path) -> str:
    return str(file.get("orig_name") or path.name)
