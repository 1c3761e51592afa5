"""One safetensors file a model: what it holds, and what is said of one that can't be used."""

from __future__ import annotations

import errno
import json
import os
import pickletools
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from cabcnn import checkpoint
from cabcnn.checkpoint import FORMAT, KEY
from cabcnn.errors import CabcnnError, CheckpointError
from cabcnn.model import CabCnn

pytestmark = pytest.mark.usefixtures("one_thread")

# names and shapes as the design fixes them, for three classes
PARAMETERS = {
    "trunk.0.weight": (16, 1, 4),
    "trunk.0.bias": (16,),
    "trunk.1.weight": (32, 16, 4),
    "trunk.1.bias": (32,),
    "trunk.2.weight": (32, 32, 10),
    "trunk.2.bias": (32,),
    "trunk.3.weight": (128, 32, 10),
    "trunk.3.bias": (128,),
    "norm.weight": (128,),
    "norm.bias": (128,),
    "norm.running_mean": (128,),
    "norm.running_var": (128,),
    "attention.0.weight": (160, 128),
    "attention.0.bias": (160,),
    "attention.1.weight": (80, 160),
    "attention.1.bias": (80,),
    "attention.2.weight": (40, 80),
    "attention.2.bias": (40,),
    "classifiers.0.weight": (40, 128, 8),
    "classifiers.0.bias": (40, 8),
    "classifiers.1.weight": (40, 8, 4),
    "classifiers.1.bias": (40, 4),
    "classifiers.2.weight": (40, 4, 3),
    "classifiers.2.bias": (40, 3),
}


@pytest.fixture
def saved(tmp_path, formula_model, make_card) -> Path:
    path = tmp_path / "tiny.safetensors"
    checkpoint.save(path, formula_model(), make_card())
    return path


def test_round_trip(saved, formula_model, make_card):
    original, card = formula_model(), make_card()
    model, read = checkpoint.load(saved)
    assert read == card
    assert not model.training
    assert all(p.requires_grad for p in model.parameters()), "it can be trained on"
    for name, value in original.state_dict().items():
        assert torch.equal(model.state_dict()[name], value), name
    values = torch.sin(torch.arange(1_234) * 0.1)
    with torch.inference_mode():
        assert torch.equal(model([values]).votes, original([values]).votes)


def test_parameters_have_their_names_and_shapes(saved):
    with safe_open(saved, "pt") as file:
        found = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    assert found == PARAMETERS


def test_the_card_is_json_that_anybody_can_read(saved):
    """Read here by nothing but the file format's own description."""
    data = saved.read_bytes()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    card = json.loads(header["__metadata__"][KEY])
    assert card["format"] == FORMAT == 1
    assert card["values_per_second"] == 4000
    assert card["labels"] == ["US", "UK", "AU"]
    assert card["measurements"][0]["unweighted_recall"] == 0.62
    for fact in ("rate", "seconds", "recipe", "source", "licence", "device", "date", "caution"):
        assert fact in card


def test_nothing_in_it_is_a_pickle(saved):
    data = saved.read_bytes()
    for start in (0, 8):
        with pytest.raises(ValueError):  # noqa: PT011
            list(pickletools.genops(data[start:]))


def test_loading_leaves_random_numbers_alone(saved):
    torch.manual_seed(11)
    expected = torch.rand(1)
    torch.manual_seed(11)
    checkpoint.load(saved)
    assert torch.equal(torch.rand(1), expected)


def test_a_loaded_model_does_not_hang_on_its_file(saved):
    model, _ = checkpoint.load(saved)
    values = torch.sin(torch.arange(500) * 0.1)
    with torch.inference_mode():
        before = model([values]).probabilities
        saved.write_bytes(bytes(saved.stat().st_size))
        assert torch.equal(model([values]).probabilities, before)


@pytest.fixture
def small_files():
    """No file may grow beyond 50 kB while this is held: a disk that is full."""
    resource = pytest.importorskip("resource", reason="needs a POSIX system")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.usefixtures("small_files")
def test_the_disk_really_is_full(tmp_path):
    with pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
        (tmp_path / "large").write_bytes(bytes(60_000))


def test_it_loads_where_only_torch_and_safetensors_are(saved):
    """A machine to compute on has no decoder and no page."""
    absent = ["av", "gradio", "matplotlib", "plotly", "pydantic", "soundfile", "soxr", "typer"]
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({absent}))\n"
        "from cabcnn import checkpoint\n"
        f"print(checkpoint.load({str(saved)!r})[1].name)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(Path(checkpoint.__file__).parents[1])},
        capture_output=True,
        text=True,
    )
    assert (run.stdout, run.stderr) == ("tiny\n", "")


def test_others_may_read_what_was_saved(saved):
    """As any file of this user: the umask decides."""
    plain = saved.with_name("plain")
    plain.touch()
    assert saved.stat().st_mode == plain.stat().st_mode


def test_full_disk_leaves_the_old_file_whole(saved, make_card, request):
    before = saved.read_bytes()
    torch.manual_seed(0)
    request.getfixturevalue("small_files")
    with pytest.raises(CabcnnError, match=r"no room.*free some space") as caught:
        checkpoint.save(saved, CabCnn(3), make_card())
    assert saved.name in str(caught.value)
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved], "nothing half-written is left"


def test_really_full_disk(tmp_path, formula_model, make_card):
    """On a disk of 512 kB, which only root can make."""
    disk = tmp_path / "disk"
    disk.mkdir()
    made = (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(disk)], capture_output=True
        )
        if hasattr(os, "geteuid") and os.geteuid() == 0
        else None
    )
    if made is None or made.returncode:
        pytest.skip("only root may mount a small disk")
    try:
        (disk / "filler").write_bytes(bytes(300_000))
        with pytest.raises(CabcnnError, match="no room"):
            checkpoint.save(disk / "a.safetensors", formula_model(), make_card())
        assert [path.name for path in disk.iterdir()] == ["filler"]
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_saving_where_no_folder_can_be(tmp_path, formula_model, make_card):
    (tmp_path / "file").touch()
    with pytest.raises(CabcnnError, match="can't be written"):
        checkpoint.save(tmp_path / "file" / "a.safetensors", formula_model(), make_card())


def test_saving_makes_the_folder_and_replaces_the_file(tmp_path, formula_model, make_card):
    path = tmp_path / "new" / "folder" / "a.safetensors"
    checkpoint.save(path, formula_model(), make_card(title="first"))
    checkpoint.save(path, formula_model(), make_card(title="second"))
    assert checkpoint.load(path)[1].title == "second"
    assert list(path.parent.iterdir()) == [path]


def test_finding_by_name_or_path(saved, monkeypatch):
    monkeypatch.setattr(checkpoint, "folder", lambda: saved.parent)
    assert checkpoint.names() == ["tiny"]
    assert checkpoint.find("tiny") == saved
    assert checkpoint.find(saved) == checkpoint.find(str(saved)) == saved


def test_unknown_checkpoint_lists_those_there_are(saved, monkeypatch):
    monkeypatch.setattr(checkpoint, "folder", lambda: saved.parent)
    with pytest.raises(CheckpointError, match="no checkpoint 'accent'; by name there are: tiny"):
        checkpoint.find("accent")
    monkeypatch.setattr(checkpoint, "folder", lambda: saved.parent / "nowhere")
    with pytest.raises(CheckpointError, match="by name there are: none"):
        checkpoint.find("accent")


@pytest.mark.parametrize("name", checkpoint.names())
def test_models_that_come_along(name):
    model, card = checkpoint.load(checkpoint.find(name))
    assert card.name == name
    assert card.parameters == sum(p.numel() for p in model.parameters())
    assert card.measurements, "measured, or it should not be here"
    assert sum(map(sum, card.measurements[0].confusion)) > 0
    for fact in (card.title, card.data, card.source, card.licence, card.caution, card.date):
        assert fact


def test_the_sentence_beside_every_verdict(make_card):
    card = make_card()
    assert card.score() == (
        "Of 10 clips of speakers it never heard, it places about 6 right (62 ± 4 %; each class "
        "counted alike, guessing: 33 %), by the first 30 s."
    )
    assert "Nobody has measured" in make_card(measurements=()).score()
