"""Training for real, on clips of a few tenths of a second."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from cabcnn.errors import CabcnnError
from cabcnn.metrics import scores
from cabcnn.model import CabCnn
from cabcnn.training.batches import epoch_batches
from cabcnn.training.evaluation import evaluate
from cabcnn.training.excerpts import first_seconds
from cabcnn.training.recipe import PAPER, RECIPES, Recipe
from cabcnn.training.state import FACTS
from cabcnn.training.trainer import Progress, train

pytestmark = [pytest.mark.usefixtures("one_thread"), pytest.mark.numeric]

RATE = 8_000
QUICK = Recipe(seconds=None, batch_size=8, learning_rate=3e-3, max_epochs=4, recalibrate=True)


TRAINING, VALIDATION = range(16), range(16, 24)


def best_so_far(scores: list) -> list[int]:
    """After each epoch the number, from 1, of the first epoch with the highest score by then."""
    return [scores.index(max(scores[:epoch])) + 1 for epoch in range(1, len(scores) + 1)]


def weights(model: CabCnn) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def assert_same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> None:
    for name in one:
        assert torch.equal(one[name], other[name]), name


def timeless(progress: Progress) -> Progress:
    """All of it but the clock."""
    rows = [{k: v for k, v in row.items() if k != "seconds"} for row in progress.history]
    return dataclasses.replace(progress, history=rows)


def test_learns_to_tell_tones_from_noise(short_arrays):
    recipe = dataclasses.replace(QUICK, max_epochs=15)
    heard: list[int] = []

    def note(progress, model: CabCnn) -> None:
        heard.append(progress.epoch)
        assert model.n == 40

    model, progress = train(short_arrays, TRAINING, VALIDATION, recipe, on_epoch=note)
    assert heard == list(range(1, progress.epoch + 1))
    losses = [row["training_loss"] for row in progress.history]
    assert losses[0] == pytest.approx(np.log(2), abs=0.3)
    assert losses[-1] < 0.2
    result = evaluate(model, short_arrays, VALIDATION, recipe.seconds)
    assert result.scores.unweighted_recall == 1
    assert not model.training


def test_evaluation_is_each_clip_alone(short_arrays, formula_model):
    model = formula_model(2).double()
    result = evaluate(model, short_arrays, VALIDATION, 0.3)
    attention, intervals = np.zeros(40), 0
    for row, number in enumerate(VALIDATION):
        with torch.inference_mode():
            output = model([torch.from_numpy(first_seconds(short_arrays, number, 0.3))])
        np.testing.assert_allclose(result.probabilities[row], output.probabilities[0], atol=1e-9)
        attention += output.attention.sum(0).numpy()
        intervals += len(output.attention)
    np.testing.assert_allclose(result.attention, attention / intervals, atol=1e-9)
    labels = short_arrays.labels[list(VALIDATION)]
    losses = [-np.log(result.probabilities[i, label]) for i, label in enumerate(labels)]
    assert result.loss == pytest.approx(np.mean(losses))
    by_class = [np.mean([x for x, own in zip(losses, labels) if own == k]) for k in (0, 1)]
    assert result.balanced_loss == pytest.approx(np.mean(by_class))
    assert result.confusion.sum() == 8
    assert result.scores == scores(result.confusion)
    share = attention / intervals
    assert result.effective_classifiers == pytest.approx(np.exp(-(share * np.log(share)).sum()))


@pytest.mark.parametrize("change", [{}, {"crop_seconds": 0.2, "noise": 0.1, "spread": 0.01}])
def test_a_seed_decides_everything(short_arrays, change):
    recipe = dataclasses.replace(QUICK, max_epochs=2, **change)
    torch.manual_seed(1)
    one, first = train(short_arrays, TRAINING, VALIDATION, recipe)
    torch.manual_seed(2)
    before = torch.random.get_rng_state()
    two, second = train(short_arrays, TRAINING, VALIDATION, recipe)
    assert torch.equal(torch.random.get_rng_state(), before), "nobody else's random numbers"
    assert_same(weights(one), weights(two))
    assert timeless(first) == timeless(second)
    other, _ = train(short_arrays, TRAINING, VALIDATION, dataclasses.replace(recipe, seed=1))
    assert not torch.equal(weights(other)["trunk.0.weight"], weights(one)["trunk.0.weight"])


@pytest.mark.parametrize("change", [{}, {"anneal": True, "balance": True, "weight_decay": 0.01}])
def test_an_interrupted_run_ends_as_it_would_have(short_arrays, tmp_path, change):
    recipe = dataclasses.replace(QUICK, **change)
    whole, expected = train(short_arrays, TRAINING, VALIDATION, recipe)
    state = tmp_path / "run.safetensors"
    _, stopped = train(
        short_arrays,
        TRAINING,
        VALIDATION,
        recipe,
        state=state,
        on_epoch=lambda progress, model: progress.epoch == 2,
    )
    assert stopped.epoch == 2
    resumed, progress = train(short_arrays, TRAINING, VALIDATION, recipe, state=state)
    assert timeless(progress) == timeless(expected)
    assert_same(weights(resumed), weights(whole))
    again, same = train(short_arrays, TRAINING, VALIDATION, recipe, state=state)
    assert same == progress, "nothing is left to do"
    assert_same(weights(again), weights(whole))


def test_a_state_from_before_a_setting_existed_means_its_default(short_arrays, tmp_path):
    recipe = dataclasses.replace(QUICK, max_epochs=2)
    whole, _ = train(short_arrays, TRAINING, VALIDATION, recipe)
    state = tmp_path / "run.safetensors"
    train(short_arrays, TRAINING, VALIDATION, recipe, state=state, on_epoch=lambda run, model: True)
    tensors = load_file(state)
    facts = json.loads(tensors[FACTS].numpy().tobytes())
    assert facts["recipe"].pop("sharpness") == 1.0
    tensors[FACTS] = torch.frombuffer(bytearray(json.dumps(facts).encode()), dtype=torch.uint8)
    save_file(tensors, state)
    sharper = dataclasses.replace(recipe, sharpness=4.0)
    with pytest.raises(CabcnnError, match="another recipe"):
        train(short_arrays, TRAINING, VALIDATION, sharper, state=state)
    resumed, progress = train(short_arrays, TRAINING, VALIDATION, recipe, state=state)
    assert progress.epoch == 2
    assert_same(weights(resumed), weights(whole))


def test_states_of_other_runs(short_arrays, tmp_path):
    state = tmp_path / "run.safetensors"
    recipe = dataclasses.replace(QUICK, max_epochs=1)
    train(short_arrays, TRAINING, VALIDATION, recipe, state=state)
    with pytest.raises(CabcnnError, match=r"run\.safetensors holds a run of another recipe"):
        train(short_arrays, TRAINING, VALIDATION, dataclasses.replace(recipe, seed=5), state=state)
    for content in (b"", b"hello", state.read_bytes()[:10_000]):
        state.write_bytes(content)
        with pytest.raises(CabcnnError, match=r"run\.safetensors does not hold a training run"):
            train(short_arrays, TRAINING, VALIDATION, recipe, state=state)
    save_file({"x": torch.zeros(2)}, state, {"format": "pt"})
    with pytest.raises(CabcnnError, match="does not hold a training run"):
        train(short_arrays, TRAINING, VALIDATION, recipe, state=state)


def test_early_stopping_keeps_the_best_weights(short_arrays):
    """Validation labels are swapped: the better it learns, the worse it scores."""
    swapped = short_arrays.labels.copy()
    swapped[VALIDATION] = 1 - swapped[VALIDATION]
    swapped = dataclasses.replace(short_arrays, labels=swapped)
    recipe = dataclasses.replace(QUICK, max_epochs=50, patience=3)
    kept = {}
    model, progress = train(
        swapped,
        TRAINING,
        VALIDATION,
        recipe,
        on_epoch=lambda progress, model: kept.update({progress.epoch: weights(model)}),
    )
    assert progress.epoch == progress.best_epoch + 3 < 50
    losses = [row["loss"] for row in progress.history]
    assert losses.index(min(losses)) + 1 == progress.best_epoch
    assert [row["best"] for row in progress.history] == best_so_far([-loss for loss in losses])
    assert progress.best_score == pytest.approx(-min(losses))
    assert_same(weights(model), kept[progress.best_epoch])
    assert not torch.equal(weights(model)["trunk.0.weight"], kept[progress.epoch]["trunk.0.weight"])
    found = evaluate(model, swapped, VALIDATION, recipe.seconds)
    assert found.loss == pytest.approx(min(losses))


def test_monitoring_the_recall(short_arrays):
    recipe = dataclasses.replace(QUICK, monitor="unweighted_recall")
    _, progress = train(short_arrays, TRAINING, VALIDATION, recipe)
    recalls = [row["unweighted_recall"] for row in progress.history]
    assert recalls[progress.best_epoch - 1] == max(recalls)
    keys = [(row["unweighted_recall"], -row["balanced_loss"]) for row in progress.history]
    assert [row["best"] for row in progress.history] == best_so_far(keys)


def test_starting_from_weights(short_arrays, formula_model):
    start = weights(formula_model(2))
    recipe = dataclasses.replace(QUICK, max_epochs=1, learning_rate=0.0, recalibrate=False)
    model, _ = train(short_arrays, TRAINING, VALIDATION, recipe, start=start)
    for name, value in weights(model).items():
        moved = name.startswith("norm.running")
        assert torch.equal(value, start[name]) != moved, name


def test_recalibrated_statistics_are_those_of_the_weights(short_arrays):
    recipe = dataclasses.replace(QUICK, max_epochs=1)
    model, _ = train(short_arrays, TRAINING, VALIDATION, recipe)
    with torch.inference_mode():
        rows = torch.cat(
            [
                model.features(torch.from_numpy(part)[None])[0]
                for values, _, _ in epoch_batches(
                    short_arrays, TRAINING, recipe, np.random.default_rng()
                )
                for part in values
            ]
        )
    torch.testing.assert_close(model.norm.running_mean, rows.mean(0), rtol=1e-3, atol=1e-5)
    torch.testing.assert_close(
        model.norm.running_var, rows.var(0, correction=0), rtol=1e-3, atol=1e-5
    )


def test_bfloat16_learns_too(short_arrays):
    recipe = dataclasses.replace(QUICK, precision="bfloat16")
    _, progress = train(short_arrays, TRAINING, VALIDATION, recipe)
    losses = [row["training_loss"] for row in progress.history]
    assert losses[-1] < losses[0]


def test_nothing_to_learn_from(short_arrays):
    for training, validation in (([], VALIDATION), (TRAINING, [])):
        with pytest.raises(
            CabcnnError, match="at least one clip to learn from and one to validate"
        ):
            train(short_arrays, training, validation, QUICK)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_a_recipe_is_plain_numbers(recipe):
    assert Recipe(**json.loads(json.dumps(recipe.as_dict()))) == recipe


def test_the_state_is_written_whole_or_not_at_all(short_arrays, tmp_path):
    state = tmp_path / "run.safetensors"
    train(short_arrays, TRAINING, VALIDATION, dataclasses.replace(QUICK, max_epochs=1), state=state)
    assert list(Path(tmp_path).iterdir()) == [state]


def test_a_full_disk_loses_nothing(short_arrays, tmp_path, limited_files):
    """The disk takes no file of a state's size any more, then it does again."""
    whole, expected = train(short_arrays, TRAINING, VALIDATION, QUICK)
    state = tmp_path / "run.safetensors"
    with contextlib.ExitStack() as full:

        def fill(progress: Progress, model: CabCnn) -> None:
            if progress.epoch == 2:
                full.enter_context(limited_files(200_000))

        with pytest.raises(CabcnnError, match="disk is full"):
            train(short_arrays, TRAINING, VALIDATION, QUICK, state=state, on_epoch=fill)
    assert list(tmp_path.iterdir()) == [state], "of the second epoch"
    told: list[int] = []
    model, progress = train(
        short_arrays,
        TRAINING,
        VALIDATION,
        QUICK,
        state=state,
        on_epoch=lambda progress, model: told.append(progress.epoch),
    )
    assert told == [3, 4]
    assert timeless(progress) == timeless(expected)
    assert_same(weights(model), weights(whole))


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
@pytest.mark.parametrize("seconds", [0.3, 30.0, None])
def test_every_recipe_trains_at_every_t(short_arrays, recipe, seconds):
    recipe = dataclasses.replace(recipe, seconds=seconds, max_epochs=2)
    _, progress = train(short_arrays, TRAINING, VALIDATION, recipe)
    assert [set(row) for row in progress.history] == [
        {
            *("epoch", "training_loss", "training_recall", "learning_rate", "seconds", "loss"),
            *("balanced_loss", "accuracy", "unweighted_recall", "macro_f1"),
            *("effective_classifiers", "best"),
        }
    ] * 2
    assert progress.history[-1]["best"] == progress.best_epoch
    for row in progress.history:
        assert row["training_loss"] > 0
        assert 0 <= row["training_recall"] <= 1
        assert row["seconds"] > 0
    first, second = (row["learning_rate"] for row in progress.history)
    assert first == recipe.learning_rate
    assert second == pytest.approx(recipe.learning_rate / (2 if recipe.anneal else 1))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"batch_size": 0}, "batch_size is 0 and must be a whole number from 1"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"max_epochs": -1}, "max_epochs is -1"),
        ({"gain": -6.0}, "gain is -6.0"),
        ({"speed": 1.0}, "speed is 1.0"),
        ({"seconds": 0.0}, "seconds is 0.0"),
        ({"crop_seconds": float("inf")}, "crop_seconds is inf"),
        ({"monitor": "luck"}, "one of loss, unweighted_recall, nothing"),
        ({"precision": "int8"}, "one of auto, float32, bfloat16"),
    ],
)
def test_numbers_that_nothing_can_be_trained_with(change, told):
    with pytest.raises(CabcnnError, match=told):
        dataclasses.replace(PAPER, **change)


def test_mixed_precision_is_for_gpus_unless_asked_for():
    assert [Recipe(precision="auto").mixed(kind) for kind in ("cpu", "cuda")] == [False, True]
    assert [Recipe(precision="float32").mixed(kind) for kind in ("cpu", "cuda")] == [False, False]
    assert [Recipe(precision="bfloat16").mixed(kind) for kind in ("cpu", "cuda")] == [True, True]


def test_a_run_on_other_clips_is_not_gone_on_with(short_arrays, tmp_path):
    recipe = dataclasses.replace(QUICK, max_epochs=1)
    train(short_arrays, TRAINING, VALIDATION, recipe, state=tmp_path / "run.state")
    with pytest.raises(CabcnnError, match="other clips"):
        train(short_arrays, range(12), VALIDATION, recipe, state=tmp_path / "run.state")


def test_a_diverging_run_says_so(short_arrays):
    recipe = dataclasses.replace(QUICK, learning_rate=1e18, monitor="nothing")
    with pytest.raises(CabcnnError, match="diverged in epoch"):
        train(short_arrays, TRAINING, [], recipe)
