"""The endpoints for programs: /explain, /classify, /export and /models."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import gradio as gr
from gradio.components.api_component import Api
from gradio.utils import get_function_description, get_function_params, get_return_types
from gradio_client.utils import is_http_url_like, python_type_to_json_schema
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from cabcnn import audio, schema
from cabcnn.audio import Sound
from cabcnn.classifier import Classifier
from cabcnn.errors import AudioError, CabcnnError
from cabcnn.explanation import Explanation
from cabcnn.export import formats, tables
from cabcnn.schema import Between, Length
from cabcnn.ui import examples
from cabcnn.ui.explore import MAX_SECONDS
from cabcnn.ui.messages import gradio_errors
from cabcnn.ui.models import Models
from cabcnn.ui.sounds import Sounds

# Two at a time, in a queue of their own: a program with many files does not hold up visitors.
LIMITS: dict[str, Any] = {"concurrency_id": "api", "concurrency_limit": 2}
MOST_MODELS = 10  # that are asked about a sound at once
LONGEST_QUOTE = 300  # characters of an address that an error message quotes
# What the arguments are; bounds that depend on the model or the sound are checked later.
TEXT = Annotated[str, Length(0, 200)]
OPTIONAL = Annotated[str | None, Length(0, 200)]
KINDS: dict[str, Any] = {
    "kind": TEXT,
    "model": OPTIONAL,
    "actual": OPTIONAL,
    "seconds": Annotated[float | None, Between(-1e9, 1e9)],
    "muted": Annotated[list[Annotated[int, Between(0, 10_000)]] | None, Length(0, 10_000)],
    "columns": Annotated[int, Between(1, 2)],
    "with_sound": bool,
}
EXAMPLES = "/examples/"  # the address of the example clips: what the offered code asks about


def route() -> Mount:
    """The example clips, for the `routes` of the page's app."""
    return Mount(EXAMPLES, StaticFiles(directory=examples.folder() / "examples"))


def build(demo: gr.Blocks, models: Models, sounds: Sounds) -> None:
    """Adds the endpoints to the page `demo`, which is being built."""

    def answers(
        file: Any, model: Any, seconds: Any, actual: Any, tell: Callable[[Explanation], dict]
    ) -> Any:
        """What `tell` makes of the file's explanation by a model, or of those by several."""
        with gradio_errors():
            names = model if isinstance(model, list) else [model]
            if not names or len(names) > MOST_MODELS:
                raise CabcnnError(f"Ask one to {MOST_MODELS} models at once.")
            for name in names:
                _check(model=name)
            _check(seconds=seconds, actual=actual)
            found = _explain(file, [_classifier(models, name) for name in names], seconds, sounds)
            told = [tell(x) | _judged(x, actual) for x, _ in found]
        return told if isinstance(model, list) else told[0]

    def explain(
        file: gr.FileData,
        model: str | list[str] | None = None,
        seconds: float | None = None,
        actual: str | None = None,
    ) -> Any:
        """Classifies a sound and explains the result with all its numbers: 1 MB for 20 seconds.

        Parameters:
            file: a sound or a video in any common format
            model: the name of a model, or a list of names; null for the page's first model
            seconds: how many seconds to analyse, from the start, 60 at most; null for the model's T
            actual: the label that is right, if it is known
        Returns:
            the label, the probability of each label, and lists: times (p,), attention (p, n), votes
            (p, n, m) and interval_probabilities (p, m), for p intervals, n classifiers and m
            classes in the order of labels; actual, and whether the label is that (right), null
            where unknown; for a list of models a list of all this, in the same order
        """
        return answers(file, model, seconds, actual, tables.as_dict)

    def classify(
        file: gr.FileData,
        model: str | list[str] | None = None,
        seconds: float | None = None,
        actual: str | None = None,
    ) -> Any:
        """Classifies a sound, such as a recording of a voice, without explaining it.

        Parameters:
            file: a sound or a video in any common format
            model: the name of a model, or a list of names; null for the page's first model
            seconds: how many seconds to analyse, from the start, 60 at most; null for the model's T
            actual: the label that is right, if it is known
        Returns:
            name, label, the probability of each label, the seconds analysed, notices, model, and
            how often that model was measured to be right (score); actual, and whether the label is
            that (right), null where unknown; for a list of models a list of all this, in the same
            order
        """
        return answers(file, model, seconds, actual, _verdict)

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
            _check(
                kind=kind,
                model=model,
                seconds=seconds,
                muted=muted,
                columns=columns,
                with_sound=with_sound,
            )
            if f".{kind}" not in formats.KINDS:
                kinds = ", ".join(ending.removeprefix(".") for ending in formats.KINDS)
                raise CabcnnError(f"There is no kind of file {kind!r}, only {kinds}.")
            [(x, sound)] = _explain(file, [_classifier(models, model)], seconds, sounds)
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
    _add(demo, explain, "explain")
    _add(demo, classify, "classify")
    _add(demo, export, "export")
    _add(demo, list_models, "models")


class Parameter(Api):
    """What an endpoint takes. Gradio's own has a number instead of a name, no line that explains
    it, and no example for the code that the page offers."""

    def __init__(self, value: Any, _api_info: dict[str, Any], label: str, demo: gr.Blocks) -> None:
        super().__init__(value, _api_info, label)
        self.demo = demo

    def get_block_name(self) -> str:
        """The name by which the page knows that there is nothing to show."""
        return "api"

    def example_payload(self) -> Any:
        """Of a file the address of an example clip on this page."""
        if self.label != "file":
            return super().example_payload()
        address = (self.demo.local_url or "").rstrip("/")
        url = f"{address}{EXAMPLES}{examples.load()[0].path.name}"
        return {"path": url, "url": url, "meta": {"_type": "gradio.FileData"}}

    async def async_move_resource_to_block_cache(self, url_or_file_path: Any) -> str | None:
        """Fetches a sound by its web address: those of this page's examples from the disk, since
        Gradio asks no address of its own machine."""
        given = str(url_or_file_path)
        if not is_http_url_like(given):
            return await super().async_move_resource_to_block_cache(url_or_file_path)
        asked, own = urlsplit(given), urlsplit(self.demo.local_url or "")
        paths = (example.path for example in examples.load())
        for path in paths:
            if asked.netloc == own.netloc and asked.path.endswith(EXAMPLES + path.name):
                return await super().async_move_resource_to_block_cache(path)
        # Gradio would fetch whatever it is, as a whole into memory.
        raise gr.Error(
            f"{given[:LONGEST_QUOTE]} is not fetched; upload the file.", print_exception=False
        )


def _add(demo: gr.Blocks, function: Callable[..., Any], name: str) -> None:
    """Adds an endpoint, as `gr.api` does, with parameters that are documented."""
    _, lines, _ = get_function_description(function)
    inputs = []
    for parameter, has_default, default, kind in get_function_params(function):
        info = {**python_type_to_json_schema(kind), "additional_description": lines[parameter]}
        inputs.append(Parameter(default if has_default else None, info, parameter, demo))
    demo.default_config.set_event_trigger(
        [],
        function,
        inputs,
        [
            Api(None, python_type_to_json_schema(kind), "answer")
            for kind in get_return_types(function)
        ],
        preprocess=False,
        postprocess=False,
        show_progress="hidden",
        api_name=name,
        **LIMITS,
    )


def _verdict(x: Explanation) -> dict[str, Any]:
    return {
        "name": x.name,
        "label": x.label,
        "probabilities": dict(zip(x.labels, x.probabilities.tolist(), strict=True)),
        "lead": x.lead,
        "sure": tables.sureness(x),
        "seconds": x.seconds,
        "notices": list(x.notices),
        "model": x.model,
        "score": x.score,
    }


def _judged(x: Explanation, actual: str | None) -> dict[str, Any]:
    """Whether the label is right; None where nobody knows or the model has no such class."""
    return {"actual": actual, "right": x.label == actual if actual in x.labels else None}


def _classifier(models: Models, name: str | None) -> Classifier:
    return models.get(name or models.first())


def _explain(
    file: Any, classifiers: list[Classifier], seconds: float | None, sounds: Sounds
) -> list[tuple[Explanation, Sound]]:
    """The explanation of an uploaded file by each classifier, and the sound that was analysed. The
    file is removed soon."""
    path = _uploaded(file, sounds.folder)
    try:
        found = []
        for classifier in classifiers:
            length = _bounded(seconds or classifier.card.seconds)
            sound = audio.read(path, length)
            found.append((classifier.explain(sound, length, name=_name(file, path)), sound))
        return found
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
    if seconds > MAX_SECONDS:
        raise AudioError(f"Ask for {MAX_SECONDS:g} seconds at most, or use the Python package.")
    return seconds


def _check(**arguments: Any) -> None:
    """Raises CabcnnError for an argument that is not of its kind: Gradio passes on anything."""
    for name, value in arguments.items():
        schema.checked(value, KINDS[name], name)


def _name(file: Any, path: Path) -> str:
    return str(file.get("orig_name") or path.name)
