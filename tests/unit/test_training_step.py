"""A step of training: the same gradients, however little memory there is."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cabcnn.model import CabCnn
from cabcnn.training.distributed import Processes
from cabcnn.training.evaluation import evaluate
from cabcnn.training.loader import Loaded
from cabcnn.training.recipe import ROBUST, Recipe
from cabcnn.training.step import (
    ACTIVATION_BYTES,
    activation_checkpointing,
    default_memory,
    gradients,
)
from cabcnn.training.trainer import train

pytestmark = [pytest.mark.usefixtures("one_thread"), pytest.mark.numeric]

SAME = 1e-9  # in double precision, whatever the order in which sums are added up

PLENTY = 1 << 40
PLAIN = Recipe()
ALONE = Processes("cpu")
LENGTHS = [12_000, 12_000, 9_600, 1_234, 3_050, 3_050, 770, 40]
TRAINING, VALIDATION = range(16), range(16, 24)


def batch(lengths: list[int] = LENGTHS) -> Loaded:
    random = torch.Generator().manual_seed(1)
    values = [torch.randn(length, generator=random) for length in lengths]
    return Loaded(values, torch.arange(len(lengths)) % 3, len(lengths))


def learned(
    model: CabCnn, recipe: Recipe = PLAIN, memory: int = PLENTY
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    model.train()
    torch.manual_seed(5)
    told = gradients(model, batch(), recipe, ALONE, memory)
    found = {k: p.grad.clone() for k, p in model.named_parameters() if p.grad is not None}
    model.eval().zero_grad()
    return found, told


@pytest.mark.parametrize("memory", [0, 40_000 * ACTIVATION_BYTES])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_batch_that_does_not_fit_gives_the_same_gradients(formula_model, memory, precision):
    """To the last bit, dropout included: nothing is kept, or the first clips only."""
    recipe = Recipe(precision=precision, spread=0.1)
    expected, told = learned(formula_model(), recipe)
    assert expected.keys() == dict(formula_model().named_parameters()).keys()
    found, again = learned(formula_model(), recipe, memory)
    for name, value in expected.items():
        assert value.any(), name
        assert torch.equal(found[name], value), name
    assert torch.equal(told, again)


def kept_bytes(model: CabCnn, room: int) -> int:
    """What a forward pass of the trunk leaves in memory for the backward pass."""
    kept: dict[int, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        holding.append(tensor)
        return tensor

    holding: list[torch.Tensor] = []
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        model.train().extract_features(batch().values, activation_checkpointing(model, room))
    return sum(kept.values())


def test_what_does_not_fit_is_not_kept(formula_model):
    values = sum(LENGTHS)
    everything = kept_bytes(formula_model(), 1 << 40)
    assert 0.5 * ACTIVATION_BYTES < everything / values <= ACTIVATION_BYTES
    assert kept_bytes(formula_model(), 0) < 0.05 * everything
    assert kept_bytes(formula_model(), values // 2) < 0.6 * everything


def test_a_run_with_no_memory_to_spare_ends_the_same(short_arrays):
    recipe = Recipe(seconds=None, batch_size=8, max_epochs=2, learning_rate=3e-3)
    one, _ = train(short_arrays, TRAINING, VALIDATION, recipe)
    two, _ = train(short_arrays, TRAINING, VALIDATION, recipe, memory=0)
    for name, value in one.state_dict().items():
        assert torch.equal(two.state_dict()[name], value), name


def test_gradients_are_those_of_the_mean_loss(formula_model, monkeypatch):
    monkeypatch.setattr(F, "dropout", lambda x, p, training: x)
    found, told = learned(formula_model().double())
    model, clips = formula_model().double().train(), batch()
    output = model(clips.values)
    loss = -output.probabilities[torch.arange(len(LENGTHS)), clips.labels].log().mean()
    loss.backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None
        torch.testing.assert_close(found[name], parameter.grad, rtol=0, atol=SAME, msg=name)
    assert float(told[0]) == pytest.approx(loss.item() * len(LENGTHS), rel=SAME)
    confusion = np.zeros((3, 3))
    np.add.at(confusion, (clips.labels.numpy(), output.probabilities.argmax(1).numpy()), 1)
    np.testing.assert_array_equal(told[1:].reshape(3, 3), confusion)


def test_a_step_follows_the_sharpened_loss_and_reports_the_plain_one(formula_model, monkeypatch):
    monkeypatch.setattr(F, "dropout", lambda x, p, training: x)
    found, told = learned(formula_model().double(), Recipe(sharpness=4.0))
    _, plain = learned(formula_model().double())
    assert torch.equal(told, plain)
    model, clips = formula_model().double().train(), batch()
    powers = model(clips.values).probabilities ** 4
    (-(powers / powers.sum(1, keepdim=True))[torch.arange(len(LENGTHS)), clips.labels].log().mean()
     ).backward()  # fmt: skip
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None
        torch.testing.assert_close(found[name], parameter.grad, rtol=0, atol=SAME, msg=name)


def test_the_spread_term_is_the_distance_from_using_all_alike(formula_model, monkeypatch):
    """The Kullback-Leibler divergence of the mean attention from an equal one."""
    monkeypatch.setattr(F, "dropout", lambda x, p, training: x)
    without, _ = learned(formula_model().double())
    found, _ = learned(formula_model().double(), Recipe(spread=0.5))
    model = formula_model().double().train()
    mean = model(batch().values).attention.mean(0)
    (mean * (mean * model.n).log()).sum().backward()
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            difference = found[name] - without[name]
            torch.testing.assert_close(difference, 0.5 * parameter.grad, rtol=0, atol=SAME)


def test_spreading_the_attention_puts_more_classifiers_to_work(short_arrays):
    recipe = Recipe(seconds=None, batch_size=8, max_epochs=10, learning_rate=1e-2, recalibrate=True)
    at_work = []
    for spread in (0.0, 0.3):
        _, progress = train(
            short_arrays, TRAINING, VALIDATION, dataclasses.replace(recipe, spread=spread)
        )
        at_work.append(progress.history[-1]["effective_classifiers"])
    assert at_work[1] > at_work[0] + 5


def test_memory_asked_for_by_default():
    assert 0 < default_memory(torch.device("cpu")) <= 6 << 30


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_learns_what_a_cpu_learns(formula_model, short_arrays, monkeypatch):
    """The same gradients, the same scores from clips that share the trunk, and it trains."""
    monkeypatch.setattr(F, "dropout", lambda x, p, training: x)
    expected, told = learned(formula_model())
    there, clips = formula_model().to("cuda").train(), batch()
    moved = Loaded([part.to("cuda") for part in clips.values], clips.labels.to("cuda"), clips.clips)
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        found = gradients(there, moved, PLAIN, Processes("cuda"), PLENTY)
        torch.testing.assert_close(found.cpu(), told, rtol=1e-4, atol=1e-4)
        for name, parameter in there.named_parameters():
            assert parameter.grad is not None
            own = parameter.grad.cpu()
            torch.testing.assert_close(own, expected[name], rtol=1e-3, atol=1e-4, msg=name)
        one = evaluate(formula_model(2), short_arrays, VALIDATION, None)
        two = evaluate(formula_model(2).to("cuda"), short_arrays, VALIDATION, None)
    np.testing.assert_allclose(two.probabilities, one.probabilities, atol=1e-4)
    recipe = dataclasses.replace(ROBUST, seconds=None, max_epochs=10)
    _, progress = train(short_arrays, TRAINING, VALIDATION, recipe, device="cuda")
    assert progress.history[-1]["training_loss"] < progress.history[0]["training_loss"]
