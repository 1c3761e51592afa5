"""The loss: the paper's, and that of sharpened probabilities."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cabcnn.errors import CabcnnError
from cabcnn.training.loss import SMALLEST, plain_loss, sharpened_loss
from cabcnn.training.recipe import Recipe

LABELS = torch.tensor([0, 2, 1, 1])
PROBABILITIES = torch.tensor(
    [[0.2, 0.3, 0.5], [0.2, 0.3, 0.5], [1 / 3, 1 / 3, 1 / 3], [0.9, 0.05, 0.05]]
)


def gradient(sharpness: float, probabilities: torch.Tensor = PROBABILITIES) -> np.ndarray:
    leaf = probabilities.clone().requires_grad_()
    sharpened_loss(leaf, LABELS, sharpness).sum().backward()
    assert leaf.grad is not None
    return leaf.grad.numpy()


@pytest.mark.parametrize("sharpness", [1.0, 1.5, 4.0, 8.0])
def test_the_sharpened_loss_and_its_gradient_are_those_of_the_formula(sharpness):
    """L = -log(p_y^s / sum p^s), dL/dp_k = s / p_k (q_k - [k = y]), q the sharpened p; along
    the simplex, on which the probabilities stay."""
    p, rows = PROBABILITIES.double().numpy(), np.arange(4)
    q = p**sharpness / (p**sharpness).sum(1, keepdims=True)
    losses = sharpened_loss(PROBABILITIES, LABELS, sharpness)
    np.testing.assert_allclose(losses, -np.log(q[rows, LABELS]), rtol=1e-5)
    expected = sharpness / p * (q - np.eye(3)[LABELS])
    found = gradient(sharpness)
    for numbers in (expected, found):
        numbers -= numbers.mean(1, keepdims=True)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_sharpness_1_is_the_plain_loss_to_the_last_bit():
    assert torch.equal(
        sharpened_loss(PROBABILITIES, LABELS, 1.0), plain_loss(PROBABILITIES, LABELS)
    )
    np.testing.assert_allclose(
        plain_loss(PROBABILITIES, LABELS), -np.log([0.2, 0.5, 1 / 3, 0.05]), rtol=1e-6
    )


def test_at_chance_sharpness_only_scales_the_gradient():
    """Adam removes the factor: the two losses part when a class begins to lead."""
    even = torch.full((4, 3), 1 / 3)
    plain, sharp = (gradient(s, even) for s in (1.0, 4.0))
    for numbers in (plain, sharp):
        numbers -= numbers.mean(1, keepdims=True)
    np.testing.assert_allclose(sharp, 4 * plain, rtol=1e-5)


def test_a_label_that_leads_a_little_is_nearly_enough_for_the_sharpened_loss():
    leading = torch.tensor([[0.6, 0.2, 0.2]])
    label = torch.tensor([0])
    assert plain_loss(leading, label) > 0.5
    assert sharpened_loss(leading, label, 4.0) < 0.03


def test_an_impossible_label_costs_no_infinity():
    never = torch.tensor([[0.0, 1.0, 0.0]], requires_grad=True)
    loss = sharpened_loss(never, torch.tensor([0]), 100.0)
    np.testing.assert_allclose(loss.detach(), -100 * np.log(SMALLEST), rtol=1e-5)
    loss.sum().backward()
    assert never.grad is not None
    assert never.grad.isfinite().all()


@pytest.mark.parametrize("sharpness", [0.99, 0.0, -4.0, 101.0, float("nan"), float("inf")])
def test_sharpness_out_of_bounds_is_refused(sharpness):
    with pytest.raises(CabcnnError, match=r"sharpness is .* from 1 to 100"):
        Recipe(sharpness=sharpness)
