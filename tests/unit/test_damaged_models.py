"""A thousand damaged model files, plans and statuses: each is refused in a sentence, or can be used
wherever the program uses one."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
import torch
from safetensors.torch import save

from cabcnn import audio, checkpoint
from cabcnn.checkpoint import KEY, Card
from cabcnn.classifier import Classifier
from cabcnn.errors import CabcnnError, CheckpointError
from cabcnn.export import tables
from cabcnn.model import CabCnn
from cabcnn.reports.card import to_markdown
from cabcnn.runs import plan as plans
from cabcnn.runs import status as statuses
from cabcnn.runs.plan import Plan
from cabcnn.runs.queue import job
from cabcnn.runs.status import Status
from cabcnn.ui import about
from cabcnn.ui.models import Models
from cabcnn.views.runs.payload import payload

pytestmark = pytest.mark.usefixtures("one_thread")

CARDS, WEIGHTS, PLANS, STATUSES = 500, 100, 200, 200
LONGEST_SENTENCE = 600
VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 2, 3, 40, 4_000, 8_000, 2**31, 2**64, 10**18, 10**400,
    0.5, -0.5, 1e-320, 1e18, 1e308, float("nan"), float("inf"), -float("inf"),
    "", " ", "a", "UK", "2", "8000", "../../etc/passwd", "a/b", "<script>alert(1)</script>",
    "x" * 30_000, "\0", "\x1b[31m", "\n", "\ud800", "\u202e", "\uffff", "é", "日本", "🎈",
    [], [None], [1, 2], ["a", "a"], ["a", "b"], ["a", "b", "c"], ["a"] * 5_000, [[]],
    [[1, 2], [3, 4]], [[1e308, 0], [0, 1]], {}, {"a": 1}, {"": None},
]  # fmt: skip
DEEP = "[" * 50_000 + "]" * 50_000


@pytest.fixture(scope="module")
def tiny(make_card) -> tuple[CabCnn, Card]:
    """Two classifiers for two classes: small to write and quick to use."""
    torch.manual_seed(1)
    first = make_card().measurements[0]
    rows = [
        {**asdict(first), "confusion": [[9, 1], [2, 8]], "log_loss": 0.6, "interval": (0.5, 0.7)},
        {**asdict(first), "confusion": [[5, 5], [4, 6]], "unseen_speakers": False, "speakers": 0},
    ]
    measurements = tuple(checkpoint.Measurement(**row) for row in rows)
    card = make_card(
        labels=("UK", "US"), classifiers=2, seconds=5.0, measurements=measurements,
        notes=("One.", "Two."), novelty_threshold=0.5, median_seconds=3.0,
        recipe={"block": {"epochs": 3, "rates": [0.1, 0.2]}, "balance": True, "seconds": None},
    )  # fmt: skip
    return CabCnn(2, 2).eval(), card


@pytest.fixture(scope="module")
def noise() -> tuple[np.ndarray, int]:
    samples = np.random.default_rng(0).standard_normal(2_400) * 0.1
    return samples.astype(np.float32), 8_000


def places(tree: Any, path: tuple = ()) -> Iterator[tuple]:
    """The path of every value in decoded JSON."""
    if path:
        yield path
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in items if isinstance(tree, dict | list) else ():
        yield from places(value, (*path, key)) if isinstance(value, dict | list) else [(*path, key)]


def damage(text: str, rng: random.Random) -> str:
    """JSON with one to three of its values replaced, removed, added or nested, or its text cut or
    overwritten."""
    kind = rng.random()
    if kind < 0.04:
        return text[: rng.randrange(len(text))]
    if kind < 0.08:
        at = rng.randrange(len(text))
        return text[:at] + rng.choice('{}[]",:0\\ué\x00') + text[at + 1 :]
    if kind < 0.1:
        nested = text.replace("{", '{"a":' + DEEP + ",", 1)
        return rng.choice([DEEP, nested, text + text, "9" * 5_000])
    tree = json.loads(text)
    for _ in range(rng.randint(1, 3)):
        path = rng.choice(list(places(tree)))
        parent = tree
        for key in path[:-1]:
            parent = parent[key]
        action = rng.random()
        if action < 0.6:
            parent[path[-1]] = rng.choice(VALUES)
        elif action < 0.75:
            del parent[path[-1]]
        elif action < 0.85:
            parent[path[-1]] = [parent[path[-1]]]
        elif isinstance(parent, list):
            parent.insert(path[-1], rng.choice([*VALUES, parent[path[-1]]]))
        else:
            parent[rng.choice(["", "colour", "usual", "familiar", path[-1]])] = rng.choice(VALUES)
        if not tree:
            break
    return json.dumps(tree)


def test_cards(tiny, noise, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "folders", lambda: (tmp_path,))
    model, card = tiny
    weights = {name: value.contiguous() for name, value in model.state_dict().items()}
    rng = random.Random(12)
    usable = 0
    for _ in range(CARDS):
        content = save(weights, {KEY: damage(card.to_json(), rng)})
        usable += used_everywhere(tmp_path / "model.safetensors", content, noise)
    assert CARDS // 20 < usable < CARDS // 2, "most are damaged, and some harmlessly"


def test_weights(tiny, noise, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "folders", lambda: (tmp_path,))
    model, card = tiny
    rng = random.Random(14)
    usable = 0
    for _ in range(WEIGHTS):
        tensors = {name: value.clone() for name, value in model.state_dict().items()}
        name = rng.choice(list(tensors))
        tensors[name] = changed(tensors[name], rng)
        if rng.random() < 0.1:
            del tensors[name]
        content = save(tensors, {KEY: card.to_json()})
        if rng.random() < 0.1:
            content = content[: rng.randrange(len(content))]
        elif rng.random() < 0.2:
            header = 8 + int.from_bytes(content[:8], "little")
            at = rng.randrange(header) if rng.random() < 0.5 else rng.randrange(len(content))
            content = content[:at] + rng.randbytes(1) + content[at + 1 :]
        usable += used_everywhere(tmp_path / "model.safetensors", content, noise)
    assert WEIGHTS // 20 < usable < WEIGHTS * 3 // 4


def changed(tensor: torch.Tensor, rng: random.Random) -> torch.Tensor:
    """A tensor made too large, negative, not a number, or of another type or shape."""
    at = rng.randrange(tensor.numel())
    change: Callable[[], torch.Tensor] = rng.choice([
        lambda: tensor * 1e12, lambda: tensor * 1e38, lambda: tensor * 0, lambda: -tensor,
        lambda: tensor.index_fill(0, torch.tensor([at % len(tensor)]), float("nan")),
        lambda: tensor.index_fill(0, torch.tensor([at % len(tensor)]), -float("inf")),
        lambda: tensor.index_fill(0, torch.tensor([at % len(tensor)]), -1.0),
        lambda: tensor.double() * 1e300, lambda: tensor.half(), lambda: tensor.long(),
        lambda: tensor.to(torch.complex64), lambda: tensor.to(torch.float8_e4m3fn),
        lambda: tensor[:-1].clone(), lambda: tensor.flatten(), lambda: torch.zeros(0),
        lambda: torch.tensor(1.0),
    ])  # fmt: skip
    return change()


def used_everywhere(path: Path, content: bytes, noise: tuple[np.ndarray, int]) -> bool:
    """Whether a model file is accepted; then it works wherever models are used."""
    path.write_bytes(content)
    try:
        model, card = checkpoint.load(path)
    except CheckpointError as error:
        check_sentence(error)
        return False
    assert Card.from_json(card.to_json()) == card
    models = Models()
    orjson.dumps([asdict(card), card.score(), models.choices()])  # as the page answers /models
    assert [name for name, _ in models.cards()] == ["model"]
    assert about.describe(card).encode()
    assert to_markdown(card).encode()
    classifier = Classifier(model, card)
    try:
        x = classifier.explain(noise)
        stream = classifier.stream(noise[1])
        stream.push(noise[0])
        stream.finish()
    except CabcnnError as error:
        check_sentence(error)
        values = torch.from_numpy(audio.front_end(audio.read(noise), card.rate, card.seconds))
        if model([values]).probabilities.isfinite().all():
            raise
        return False  # its answers are not numbers
    assert abs(x.probabilities.sum() - 1) < 1e-4
    assert abs(stream.probabilities.sum() - 1) < 1e-4
    assert json.loads(tables.to_json(x))["labels"] == list(card.labels)
    return True


def check_sentence(error: CabcnnError) -> None:
    sentence = str(error)
    assert sentence.endswith(".")
    assert sentence.isprintable()
    assert len(sentence) < LONGEST_SENTENCE
    sentence.encode()


@pytest.fixture
def run(tmp_path) -> Path:
    """The folder of a run that has ended."""
    plan = Plan(
        "built-in", "voices", options={"labels": ["RP", "Scottish"], "speaker_pattern": "(.)"},
        recipe={"batch_size": 16, "crop_seconds": 5.0, "balance": True}, title="Two accents",
    )  # fmt: skip
    status = Status("training", "On", 3, 60, "paper", ("speaker-disjoint", "paper"), 1, 1e9, "x")
    (tmp_path / plans.FILE).write_text(plan.to_json())
    (tmp_path / statuses.FILE).write_text(statuses.to_json(status))
    job.write_facts(tmp_path, 0.0, None)
    return tmp_path


def test_plans(run):
    text = (run / plans.FILE).read_text()
    rng = random.Random(3)
    usable = 0
    for _ in range(PLANS):
        (run / plans.FILE).write_text(damage(text, rng))
        try:
            plan = plans.read(run)
        except CabcnnError as error:
            check_sentence(error)
            assert job.read(run) is None
            continue
        usable += 1
        assert Plan.from_json(plan.to_json()) == plan
        shown_job(run)
    assert PLANS // 20 < usable < PLANS // 2


def test_statuses(run):
    text = (run / statuses.FILE).read_text()
    rng = random.Random(4)
    usable = 0
    for _ in range(STATUSES):
        (run / statuses.FILE).write_text(damage(text, rng))
        usable += statuses.read(run) is not None
        shown_job(run)
    assert STATUSES // 20 < usable < STATUSES * 3 // 4


def shown_job(folder: Path) -> None:
    """A run as the page shows it."""
    read = job.read(folder)
    assert read is not None
    orjson.dumps(payload([read], None))
