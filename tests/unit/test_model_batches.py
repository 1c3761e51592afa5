"""A clip's result in a batch is its result alone, whoever it shares the batch with."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from cabcnn import model as network
from cabcnn.model import CabCnn, interval_count

pytestmark = [pytest.mark.usefixtures("one_thread"), pytest.mark.numeric]

SAME = 1e-9  # in double precision, whatever the order in which sums are added up
ALONE, TOGETHER = 1, 10**9  # values of clips that share the trunk: never, and always


@pytest.fixture(scope="module")
def model(formula_model) -> CabCnn:
    return formula_model()


@pytest.fixture(scope="module")
def double(formula_model) -> CabCnn:
    """The same network in double precision, where the order of sums hardly matters."""
    return formula_model().double()


@pytest.fixture(params=[ALONE, network.CACHED_VALUES, TOGETHER], ids=["alone", "cpu", "together"])
def grouping(request, monkeypatch):
    """How many clips of one length share the trunk: none, as on a CPU, or all, as on a GPU."""
    monkeypatch.setattr(network, "CACHED_VALUES", request.param)


def clips_of(lengths: list[int], seed: int = 0) -> list[torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    return [torch.randn(length, generator=random) for length in lengths]


def loss_of(probabilities: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return F.nll_loss(probabilities.log(), targets, reduction="sum")


def gradients(model: CabCnn) -> dict[str, torch.Tensor]:
    return {name: p.grad for name, p in model.named_parameters() if p.grad is not None}


@settings(deadline=None, max_examples=15)
@given(
    lengths=st.lists(
        st.integers(1, 3_000) | st.sampled_from([37, 437, 1_037, 100, 400]), min_size=1, max_size=7
    ),
    shared=st.sampled_from([ALONE, 900, TOGETHER]),
)
def test_each_result_is_the_one_alone(double, lengths, shared):
    clips = clips_of(lengths)
    with pytest.MonkeyPatch.context() as patch, torch.inference_mode():
        patch.setattr(network, "CACHED_VALUES", shared)
        batch = double(clips)
    assert batch.intervals == [interval_count(length) for length in lengths]
    start = 0
    for number, clip in enumerate(clips):
        with torch.inference_mode():
            alone = double([clip])
        own = slice(start, start + batch.intervals[number])
        torch.testing.assert_close(
            batch.probabilities[number], alone.probabilities[0], rtol=0, atol=SAME
        )
        for name in ("attention", "votes", "interval_probabilities"):
            torch.testing.assert_close(
                getattr(batch, name)[own], getattr(alone, name), rtol=0, atol=SAME
            )
        start = own.stop
    assert start == len(batch.attention) == len(batch.votes)


@pytest.mark.usefixtures("grouping")
def test_gradients_are_the_sum_of_those_alone(double):
    clips = clips_of([700, 333, 300, 1, 1_233, 1_250, 700, 201])
    targets = torch.tensor([0, 1, 2, 0, 1, 2, 0, 1])
    double.zero_grad()
    for clip, target in zip(clips, targets, strict=True):
        loss_of(double([clip]).probabilities, target[None]).backward()
    alone = {name: gradient.clone() for name, gradient in gradients(double).items()}
    double.zero_grad()
    loss_of(double(clips).probabilities, targets).backward()
    batch = gradients(double)
    assert batch.keys() == alone.keys() == dict(double.named_parameters()).keys()
    for name in batch:
        scale = max(float(alone[name].abs().max()), 1.0)
        torch.testing.assert_close(batch[name], alone[name], rtol=0, atol=SAME * scale, msg=name)
    double.zero_grad()


@pytest.mark.usefixtures("grouping")
def test_gradient_reaches_the_values_of_its_own_clip_only(double):
    clips = [clip.double().requires_grad_() for clip in clips_of([500, 700, 301])]
    found = torch.autograd.grad(double(clips).probabilities[1, 0], clips, allow_unused=True)
    (alone,) = torch.autograd.grad(double([clips[1]]).probabilities[0, 0], clips[1])
    torch.testing.assert_close(found[1], alone, rtol=0, atol=SAME)
    assert alone.any()
    assert all(other is None or not other.any() for other in (found[0], found[2]))


def test_gradients_agree_with_differences(formula_model):
    """The pooling that training takes, against the one that inference takes."""
    values = clips_of([350])[0].double()
    double = formula_model().double()
    target = torch.tensor([1])
    loss_of(double([values]).probabilities, target).backward()
    step = 1e-6
    for name, parameter in double.named_parameters():
        gradient = gradients(double)[name].view(-1)
        place = int(gradient.abs().argmax())
        flat = parameter.data.view(-1)
        with torch.no_grad():
            before = flat[place].item()
            losses = []
            for shift in (step, -step):
                flat[place] = before + shift
                losses.append(float(loss_of(double([values]).probabilities, target)))
            flat[place] = before
        slope = (losses[0] - losses[1]) / (2 * step)
        assert slope == pytest.approx(float(gradient[place]), rel=1e-4), name


@settings(deadline=None, max_examples=20)
@given(length=st.integers(1, 5_000), clips=st.integers(1, 3))
def test_training_pools_as_inference_does(double, length, clips):
    values = torch.stack(clips_of([length] * clips))
    with torch.no_grad():
        inferred = double.features(values)
    trained = double.features(values)
    assert trained.requires_grad
    assert not inferred.requires_grad
    torch.testing.assert_close(trained, inferred, rtol=0, atol=SAME)


@pytest.mark.usefixtures("grouping")
def test_batch_norm_in_training_takes_every_interval_once(formula_model, double):
    clips = clips_of([850, 300, 1_250, 2_000])
    training = formula_model().double()
    with torch.no_grad():
        rows = torch.cat([training.eval().features(clip[None])[0] for clip in clips])
        training.train()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(F, "dropout", lambda x, p, training: x)
            training(clips)
    expected = 0.99 * double.norm.running_mean + 0.01 * rows.mean(0)
    torch.testing.assert_close(training.norm.running_mean, expected, rtol=0, atol=SAME)
    expected = 0.99 * double.norm.running_var + 0.01 * rows.var(0, correction=0)
    torch.testing.assert_close(training.norm.running_var, expected, rtol=0, atol=SAME)


def test_bfloat16_stays_close(model):
    clips = clips_of([4_000, 1_234, 4_000])
    with torch.inference_mode():
        exact = model(clips)
        with torch.autocast("cpu", torch.bfloat16):
            rounded = model(clips)
    assert rounded.probabilities.dtype == torch.float32
    assert float((rounded.probabilities - exact.probabilities).abs().max()) < 0.02
    torch.testing.assert_close(rounded.attention.sum(1), torch.ones(93))


def test_bfloat16_trains(model):
    clips = clips_of([400, 700])
    with torch.autocast("cpu", torch.bfloat16):
        output = model(clips)
    loss_of(output.probabilities, torch.tensor([0, 2])).backward()
    found = {name: gradient.clone() for name, gradient in gradients(model).items()}
    model.zero_grad()
    loss_of(model(clips).probabilities, torch.tensor([0, 2])).backward()
    for name, exact in gradients(model).items():
        assert found[name].isfinite().all()
        alike = F.cosine_similarity(found[name].flatten(), exact.flatten(), 0)
        assert alike > 0.9, name
    model.zero_grad()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_gpu_says_what_the_cpu_says(model, formula_model):
    clips = clips_of([4_000, 1_234, 4_000, 99])
    there = formula_model().to("cuda")
    with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        torch.testing.assert_close(
            there([clip.to("cuda") for clip in clips]).probabilities.cpu(),
            model(clips).probabilities,
            rtol=0,
            atol=1e-4,
        )
