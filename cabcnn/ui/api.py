"""The endpoint `/explain`, for programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from gradio import events

from cabcnn.errors import AudioError, CabcnnError
from cabcnn.figures import tables
from cabcnn.ui.explore import LONGEST
from cabcnn.ui.models import Models
from cabcnn.ui.sounds import Sounds


def build(models: Models, sounds: Sounds) -> None:
    """Adds the endpoint to the page that is being built."""

    def explain(
        file: gr.FileData, model: str | None = None, seconds: float | None = None
    ) -> dict[str, Any]:
        """Classifies a sound and says why.

        Parameters:
            file: a sound or a video, of any usual format
            model: the name of a model; null for the one that the page begins with
            seconds: hear the first so many seconds; null for as many as the model's own T
        Returns:
            the label, the probability of each, and lists: times (p,), attention (p, n), votes
            (p, n, m) and interval_probabilities (p, m), for p intervals, n classifiers and m
            classes in the order of labels
        """
        try:
            path = _uploaded(file, sounds.folder)
            try:
                classifier = models.get(model or models.first())
                x = classifier.explain(
                    path, _bounded(seconds or classifier.card.seconds), name=_name(file, path)
                )
            finally:
                sounds.used(path)
        except CabcnnError as error:
            raise gr.Error(str(error), print_exception=False) from error
        return tables.as_dict(x)

    # Two at a time, in a queue of their own: a program with many files delays no visitor.
    events.api(explain, api_name="explain", concurrency_id="api", concurrency_limit=2)


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
    if seconds > LONGEST:
        raise AudioError(f"Ask for {LONGEST:g} seconds at most, or use the Python package.")
    return seconds


def _name(file: Any, path: Path) -> str:
    return str(file.get("orig_name") or path.name)
