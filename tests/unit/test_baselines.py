"""The baselines are the networks that the paper names, as far as anybody can know."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from matplotlib import colormaps

from cabcnn.baselines import BASELINES, AlexNet, AttentionCnn, GatedResNet, ResNet18, Vgg11
from cabcnn.baselines.alexnet import CROP
from cabcnn.baselines.images import COLUMNS, ImageFormat, images, spectrogram

pytestmark = pytest.mark.usefixtures("one_thread")


def parameters(model: torch.nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize(
    ("build", "of_1000", "of_3"),
    [
        (AlexNet, 60_965_224, 56_880_515),
        (Vgg11, 132_863_336, 128_778_627),
        (ResNet18, 11_689_512, 11_178_051),
    ],
)
def test_published_networks_have_the_published_number_of_parameters(build, of_1000, of_3):
    with torch.device("meta"):
        assert parameters(build(1000)) == of_1000
        assert parameters(build(3)) == of_3


def test_reconstructed_networks_have_the_parameters_of_their_description():
    """Layer by layer: a gated block's two convolutions and norms are as large as a plain one's
    but where the width changes, since both read the block's input."""
    plain = parameters(ResNet18(3))
    fewer = sum((wide - narrow) * 9 * wide for narrow, wide in ((64, 128), (128, 256), (256, 512)))
    assert parameters(GatedResNet(3)) == plain - fewer
    convolutions = (9 * 1 + 1) * 32 + (9 * 32 + 1) * 64 + (9 * 64 + 1) * 128
    assert parameters(AttentionCnn(3)) == convolutions + 128 * 128 + 128 + 128 + 128 * 3 + 3


def test_the_table_says_which_are_reconstructions():
    assert [name for name, baseline in BASELINES.items() if baseline.reconstruction] == [
        "gated-resnet",
        "attention-cnn",
    ]
    for baseline in BASELINES.values():
        assert ("reconstruction" in (baseline.build.__doc__ or "")) == baseline.reconstruction


@pytest.mark.parametrize("name", BASELINES)
def test_each_reads_its_picture_and_learns_from_it(name):
    baseline = BASELINES[name]
    torch.manual_seed(0)
    model = baseline.build(4).train()
    loudness = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 129, COLUMNS)))
    read = images(loudness.to(torch.uint8), baseline.image_format)
    assert read.shape == (
        2,
        baseline.image_format.channels,
        baseline.image_format.size,
        baseline.image_format.size,
    )
    logits = model(read)
    assert logits.shape == (2, 4)
    logits.logsumexp(1).sum().backward()
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    assert len(gradients) == len(list(model.parameters()))
    assert all(gradient.isfinite().all() for gradient in gradients)
    assert any(gradient.abs().max() > 0 for gradient in gradients)


def test_alexnet_is_tested_on_the_middle_of_the_picture():
    model = AlexNet(2).eval()
    picture = torch.randn(1, 3, 256, 256)
    edge = (256 - CROP) // 2
    changed = picture.clone()
    changed[:, :, :edge] = 5
    changed[:, :, :, -edge:] = 5
    with torch.inference_mode():
        assert torch.equal(model(picture), model(changed))


def test_band_weights_add_up_to_one_and_see_only_their_band():
    torch.manual_seed(1)
    model = AttentionCnn(2).eval()
    picture = torch.rand(1, 1, 256, 256)
    changed = picture.clone()
    changed[:, :, :32] = 0  # the highest band
    with torch.inference_mode():
        _, weights = model.attend(picture)
        _, others = model.attend(changed)
    assert weights.shape == (1, 8)
    assert weights.sum().item() == pytest.approx(1)
    # Of the bands that did not change, the proportions did not either.
    assert torch.allclose(weights[0, 1:] / weights[0, 1], others[0, 1:] / others[0, 1], rtol=1e-4)


def test_a_tone_is_one_bright_line_at_its_frequency(tone):
    rate, frequency = 8_000, 1_000.0
    loud = spectrogram(tone(3.0, rate, frequency), rate)
    bins = loud.shape[0]
    assert loud.shape == (129, COLUMNS)
    assert loud.dtype == np.uint8
    brightest = bins - 1 - loud[:, 10:-10].argmax(0)  # rows count from the top
    assert set(brightest * rate / 256) == {frequency}
    assert loud.max() == 255
    assert np.median(loud) == 0


def test_loudness_and_length_do_not_matter(babble):
    samples = babble(2.0, 8_000)
    assert np.array_equal(spectrogram(samples, 8_000), spectrogram(0.01 * samples, 8_000))
    for seconds in (0.02, 0.3, 40):
        assert spectrogram(babble(seconds, 8_000), 8_000).shape == (129, COLUMNS)
    assert not spectrogram(np.zeros(4_000), 8_000).any()


def test_colours_run_along_viridis_and_grey_is_loudness():
    loudness = torch.arange(256, dtype=torch.uint8).expand(1, 256, 256)
    grey = images(loudness, ImageFormat(256, False))
    assert torch.allclose(grey[0, 0, 0], torch.linspace(-1, 1, 256), atol=1e-6)
    colour = (images(loudness, ImageFormat(256, True))[0, :, 0] + 1) / 2
    wanted = colormaps["viridis"](np.arange(256))[:, :3].T
    assert np.abs(colour.numpy() - wanted).max() < 0.03
