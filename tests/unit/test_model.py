"""The network against the paper's numbers, and against Table 2 written the plain way."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from benchmarks.keras_style import KerasStyle
from cabcnn.model import (
    CLASSIFIERS,
    RECEPTIVE_FIELD,
    STRIDE,
    BatchNorm,
    CabCnn,
    interval_count,
    same_padding,
)

pytestmark = [pytest.mark.usefixtures("one_thread"), pytest.mark.numeric]

SAME = 1e-9  # in double precision, whatever the order in which sums are added up
GOLDEN = json.loads((Path(__file__).parent / "golden" / "tiny.json").read_text())


def values_by_formula(length: int) -> torch.Tensor:
    """Front-end values (length,) that wander between -1.5 and 4, the same on every machine."""
    j = torch.arange(length, dtype=torch.float64)
    return (1.5 * torch.sin(0.013 * j) + torch.sin(0.31 * j) + 1.5 * torch.sin(j * j % 97)).float()


def plain_twin(model: CabCnn) -> KerasStyle:
    """The plain version of a network, in double precision."""
    plain = KerasStyle(model.classes, model.n)
    plain.load_from(model.state_dict())
    return plain.double().eval()


def plain_parts(plain: KerasStyle, values: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Clip probabilities (m,), attention (p, n) and votes (p, n, m) of one clip, seen from
    outside while the plain network runs."""
    said: dict[str, torch.Tensor] = {}
    parts: dict[str, nn.Module] = {str(i): part for i, part in enumerate(plain.classifiers)}
    parts["attention"] = plain.attention

    def listen(key: str):
        return lambda _part, _values, said_now: said.update({key: said_now[0]})

    hooks = [part.register_forward_hook(listen(key)) for key, part in parts.items()]
    with torch.no_grad():
        probabilities = plain(values[None])[0]
    for hook in hooks:
        hook.remove()
    votes = torch.stack([said[str(i)] for i in range(len(plain.classifiers))], 1)
    return probabilities, said["attention"], votes


@pytest.fixture(scope="module")
def model(formula_model) -> CabCnn:
    return formula_model()


@pytest.fixture(scope="module")
def double(formula_model) -> CabCnn:
    """The same network in double precision, where the order of sums hardly matters."""
    return formula_model().double()


@pytest.fixture(scope="module")
def plain(model) -> KerasStyle:
    return plain_twin(model)


def parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def test_has_the_papers_number_of_parameters():
    model = CabCnn(3)
    assert parameters(model) == 133_856
    assert parameters(model.trunk) + parameters(model.norm) == 53_776
    assert parameters(model.classifiers) == 40 * 1_083
    assert parameters(model.attention) == 36_760


@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("classifiers", [1, 2, 40])
def test_any_number_of_classes_and_classifiers(classes, classifiers):
    output = CabCnn(classes, classifiers).eval()([torch.randn(250)])
    assert output.probabilities.shape == (1, classes)
    assert output.attention.shape == (3, classifiers)
    assert output.votes.shape == (3, classifiers, classes)


@pytest.mark.parametrize(("classes", "classifiers"), [(1, 40), (3, 0)])
def test_refuses_what_cannot_classify(classes, classifiers):
    with pytest.raises(ValueError, match="cannot classify"):
        CabCnn(classes, classifiers)


def test_one_interval_for_each_hundred_values_begun():
    for length in range(1, 240_001):
        outputs = length
        for stride in (2, 2, 5, 5):  # what "same" leaves of it, stage by stage
            outputs = math.ceil(outputs / stride)
        assert interval_count(length) == outputs == math.ceil(length / 100)


@pytest.mark.parametrize(("seconds", "intervals"), [(5, 200), (10, 400), (30, 1200), (60, 2400)])
def test_intervals_of_the_papers_clip_lengths(model, seconds, intervals):
    with torch.no_grad():
        output = model([values_by_formula(4000 * seconds)])
    assert output.intervals == [intervals]
    assert len(output.attention) == len(output.votes) == intervals


@settings(deadline=None, max_examples=25)
@given(length=st.integers(1, 20_000))
def test_output_has_as_many_intervals(formula_model, length):
    with torch.no_grad():
        output = formula_model(2, 3)([values_by_formula(length)])
    assert len(output.interval_probabilities) == output.intervals[0] == math.ceil(length / 100)


@given(length=st.integers(1, 5_000), kernel=st.integers(1, 12), stride=st.integers(1, 6))
def test_same_padding_is_the_least_that_gives_all_outputs(length, kernel, stride):
    outputs = len(range(0, length, stride))
    total = next(z for z in range(kernel + stride) if (outputs - 1) * stride + kernel <= length + z)
    left, right = same_padding(length, kernel, stride)
    assert left + right == total
    assert 0 <= right - left <= 1, "the odd one goes right"


def test_equals_the_plain_version_for_every_residue_of_the_paddings(double, plain):
    for length in [*range(1, 120), *range(1_000, 1_100)]:
        values = values_by_formula(length).double()
        with torch.inference_mode():
            fast, slow = double([values]).probabilities, plain(values[None])
        torch.testing.assert_close(fast, slow, rtol=0, atol=SAME, msg=f"length {length}")


@settings(deadline=None, max_examples=20)
@given(length=st.integers(1, 12_000), seed=st.integers(0, 2**32 - 1))
def test_every_part_equals_the_plain_version(double, plain, length, seed):
    random = torch.Generator().manual_seed(seed)
    values = torch.randn(length, generator=random, dtype=torch.float64)
    probabilities, attention, votes = plain_parts(plain, values)
    with torch.inference_mode():
        output = double([values])
    torch.testing.assert_close(output.probabilities[0], probabilities, rtol=0, atol=SAME)
    torch.testing.assert_close(output.attention, attention, rtol=0, atol=SAME)
    torch.testing.assert_close(output.votes, votes, rtol=0, atol=SAME)


def test_equals_the_plain_version_with_the_weights_training_starts_from():
    torch.manual_seed(1)
    model = CabCnn(3)
    values = torch.randn(4_321, dtype=torch.float64)
    with torch.inference_mode():
        slow = plain_twin(model)(values[None])
        fast = model.double().eval()([values]).probabilities
        torch.testing.assert_close(fast, slow, rtol=0, atol=SAME)


@pytest.mark.parametrize("clip", GOLDEN["clips"], ids=lambda clip: f"{clip['length']} values")
def test_golden(formula_model, clip):
    """`golden/tiny.json` holds, to 7 digits, what the plain version said in double precision;
    single precision, in which sounds are explained, stays near it on every processor."""
    model = formula_model(GOLDEN["classes"], GOLDEN["classifiers"])
    values = values_by_formula(clip["length"])
    exact = plain_parts(plain_twin(model), values.double())
    with torch.inference_mode():
        single, double = model([values]), model.double()([values])
    for name, plain in zip(("probabilities", "attention", "votes"), exact, strict=True):
        for output, within in ((single, 1e-4), (double, 1e-6)):
            found = getattr(output, name)
            found = found[0] if name == "probabilities" else found
            np.testing.assert_allclose(found, clip[name], rtol=0, atol=within, err_msg=name)
        np.testing.assert_allclose(plain, clip[name], rtol=0, atol=1e-6, err_msg=name)


def test_the_sum_is_the_answer(double):
    with torch.inference_mode():
        output = double([values_by_formula(7_777)])
    ones = torch.ones(78, CLASSIFIERS, dtype=torch.float64)
    torch.testing.assert_close(output.attention.sum(1), ones[:, 0])
    torch.testing.assert_close(output.votes.sum(2), ones)
    by_hand = torch.zeros(3, dtype=torch.float64)
    for t in range(78):
        for i in range(CLASSIFIERS):
            by_hand += output.attention[t, i] * output.votes[t, i] / 78
    torch.testing.assert_close(output.probabilities[0], by_hand, rtol=0, atol=SAME)
    torch.testing.assert_close(
        output.interval_probabilities.mean(0), output.probabilities[0], rtol=0, atol=SAME
    )


def test_receptive_field_and_stride():
    """With positive weights nothing can cancel: a value that an interval sees must move it."""
    model = CabCnn(2, 1).eval()
    for parameter in model.trunk.parameters():
        nn.init.constant_(parameter, 0.01 if parameter.ndim > 1 else 0.0)
    length = 1_400
    with torch.inference_mode():
        moved = model.features(torch.eye(length)).sum(2) > 0  # (value, interval)
    for t in range(3, 11):  # those that see neither end of the clip
        seen = moved[:, t].nonzero().flatten()
        assert len(seen) == RECEPTIVE_FIELD == 451
        assert seen[-1] - seen[0] == 450
        if t > 3:
            assert seen[0] - moved[:, t - 1].nonzero()[0] == STRIDE == 100


def test_gradient_stays_within_the_receptive_field(model):
    values = values_by_formula(2_000)[None].requires_grad_()
    (gradient,) = torch.autograd.grad(model.features(values)[0, 10].sum(), values)
    touched = gradient[0].nonzero().flatten()
    assert len(touched) > 20
    assert touched[-1] - touched[0] < RECEPTIVE_FIELD
    assert touched[0] <= 1_050 <= touched[-1], "around its own centre"


def test_weights_start_as_keras_starts_them():
    torch.manual_seed(3)
    model = CabCnn(3)
    for name, parameter in model.named_parameters():
        tensor = parameter.detach()
        if name.startswith("norm"):
            assert bool((tensor == (1 if name == "norm.weight" else 0)).all()), name
        elif name.endswith("bias"):
            assert not tensor.any(), name
        else:
            if name.startswith("classifiers"):  # (n, in, out)
                both_fans = tensor.shape[1] + tensor.shape[2]
            else:  # (out, in) or (out, in, kernel)
                both_fans = (tensor.shape[0] + tensor.shape[1]) * tensor[0, 0].numel()
            limit = math.sqrt(6 / both_fans)
            assert tensor.abs().max() <= limit, name
            assert tensor.abs().max() > 0.9 * limit, name
            if tensor.numel() > 300:  # uniform: deviation limit / sqrt(3)
                assert tensor.std() == pytest.approx(limit / math.sqrt(3), rel=0.1), name


def test_batch_norm_uses_kerass_constants():
    norm = BatchNorm(4).double()
    spread, centre = torch.tensor([[1.0, 3.0, 0.1, 2.0], [0.0, 5.0, 1.0, -2.0]]).double()
    rows = torch.randn(50, 4, dtype=torch.float64) * spread + centre
    with torch.no_grad():
        norm.weight.uniform_(0.5, 2)
        norm.bias.uniform_(-1, 1)
    wide = rows.numpy()
    mean, variance = wide.mean(0), wide.var(0)  # numpy's is the biased one
    weight, bias = norm.weight.detach().numpy(), norm.bias.detach().numpy()
    trained = norm.train()(rows).detach().numpy()
    np.testing.assert_allclose(
        trained, (wide - mean) / np.sqrt(variance + 1e-3) * weight + bias, atol=SAME
    )
    np.testing.assert_allclose(norm.running_mean, 0.01 * mean, atol=SAME)
    np.testing.assert_allclose(norm.running_var, 0.99 + 0.01 * variance, atol=SAME)
    running_mean, running_var = norm.running_mean.numpy().copy(), norm.running_var.numpy().copy()
    evaluated = norm.eval()(rows).detach().numpy()
    np.testing.assert_allclose(
        evaluated, (wide - running_mean) / np.sqrt(running_var + 1e-3) * weight + bias, atol=SAME
    )
    np.testing.assert_array_equal(norm.running_mean, running_mean)


def test_batch_norm_has_torchs_gradient():
    rows = torch.randn(64, 8, dtype=torch.float64, requires_grad=True)
    ours, torchs = BatchNorm(8).double(), nn.BatchNorm1d(8, eps=1e-3).double()
    weights = torch.randn(64, 8, dtype=torch.float64)
    (mine,) = torch.autograd.grad((ours(rows) * weights).sum(), rows)
    (theirs,) = torch.autograd.grad((torchs(rows) * weights).sum(), rows)
    torch.testing.assert_close(mine, theirs)


def test_dropout_is_table_2s_and_only_in_training(model, monkeypatch):
    values = values_by_formula(40_000)[None]
    training = CabCnn(3).train()
    training.load_state_dict(model.state_dict())
    shares = []
    dropout = F.dropout

    def noted(x, p, active):
        dropped = dropout(x, p, active)
        if active and p:
            shares.append((p, float((dropped[x > 0] == 0).float().mean())))
        return dropped

    with torch.no_grad():
        still = model.features(values)
        assert torch.equal(model.features(values), still)
        monkeypatch.setattr(F, "dropout", noted)
        assert torch.equal(model.features(values), still)
        assert not shares
        assert not torch.equal(training.features(values), still)
    assert [wanted for wanted, _ in shares] == [0.15, 0.15, 0.10]
    assert all(found == pytest.approx(wanted, abs=0.01) for wanted, found in shares)
