"""What tests of several rooms need: a network whose weights are a formula, and real sound files."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile
import torch
from numpy.typing import NDArray
from xdist.scheduler import LoadScopeScheduling

from cabcnn.checkpoint import Card, Measurement
from cabcnn.corpora import Clip
from cabcnn.dataset.arrays import Arrays, prepare
from cabcnn.model import CabCnn
from cabcnn.threads import cpu_count

MOST_WORKERS = 2  # each imports torch and Gradio, and serves a page to a browser of its own
# The longest modules, by what they took: what is begun last must not be what takes longest.
FIRST = (
    "tests/browser/test_train.py",
    "tests/browser/test_accessibility.py",
    "tests/browser/test_live.py",
    "tests/browser/test_page.py",
    "tests/browser/test_atlas.py",
    "tests/browser/",
    "tests/unit/test_training_distributed.py",
    "tests/unit/test_runs_",
    "tests/unit/test_study.py",
    "tests/ui/test_program.py",
    "tests/ui/test_api.py",
    "tests/unit/test_damaged_models.py",
    "tests/unit/test_corpora_built_in.py",
    "tests/unit/test_baselines.py",
    "tests/unit/test_export.py",
    "tests/unit/test_docs.py",
)
if "PYTEST_XDIST_WORKER" in os.environ:  # as many threads as processes would only get in their way
    torch.set_num_threads(1)
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Runs the whole suite in several processes, and what was named on the command line in this
    one; PYTEST_XDIST_AUTO_NUM_WORKERS, where it is set, says otherwise."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    whole = config.args_source is not pytest.Config.ArgsSource.ARGS
    chosen = config.option.keyword or config.option.markexpr or config.option.collectonly
    return min(MOST_WORKERS, cpu_count()) if whole and not chosen else 0


class ByModule(LoadScopeScheduling):
    """Keeps in one process what shares a module's fixtures."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByModule:
    config.option.loadscopereorder = False
    return ByModule(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        found = (at for at, name in enumerate(FIRST) if item.nodeid.startswith(name))
        return next(found, len(FIRST))

    items.sort(key=place)


Samples = NDArray[np.float32]
WriteSound = Callable[..., Path]


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory) -> Iterator[Path]:
    """Keeps what tests train, and what programs that they start train, out of the user's own, and
    each module's models out of the lists of the others. Runs give way to nobody: a test that
    waits for one would wait for all else on a busy machine."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CABCNN_HOME", str(folder))
        patch.setenv("CABCNN_CACHE", str(folder / "cache"))
        patch.setenv("CABCNN_NICENESS", "0")
        yield folder


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """torch on one thread: several only wait for each other where the work is this small and
    other programs want the cores too."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def formula_model() -> Callable[..., CabCnn]:
    """Builds a network from a formula in whole numbers: the same one on every machine, whatever
    torch's random numbers are. Its weights are large enough that attention and votes differ."""

    def build(classes: int = 3, classifiers: int = 40) -> CabCnn:
        model = CabCnn(classes, classifiers)
        with torch.no_grad():
            for k, (name, tensor) in enumerate(model.state_dict().items()):
                j = np.arange(tensor.numel(), dtype=np.int64)
                scattered = torch.from_numpy(
                    (j * j * 40503 + j * 30011 + k * 12345) % 65537 / 32768.5 - 1
                )
                scattered = scattered.reshape(tensor.shape)
                if name in ("norm.weight", "norm.running_var"):
                    tensor.copy_(1 + 0.3 * scattered)
                elif name.endswith("bias") or name == "norm.running_mean":
                    tensor.copy_(0.1 * scattered)
                else:
                    inputs = tensor.shape[1] if "classifiers" in name else tensor[0].numel()
                    tensor.copy_(scattered * (4 / inputs) ** 0.5)
        return model.eval()

    return build


@pytest.fixture(scope="session")
def make_card() -> Callable[..., Card]:
    """Builds the card of a model trained for a test, with any field changed."""

    def build(**changes) -> Card:
        measurement = Measurement(
            protocol="5 folds, speaker-disjoint",
            unseen_speakers=True,
            models=5,
            clips=100,
            speakers=50,
            unweighted_recall=0.62,
            spread=0.04,
            accuracy=0.65,
            macro_f1=0.61,
            effective_classifiers=7.5,
            confusion=[[30, 5, 5], [4, 20, 6], [8, 7, 15]],
        )
        fields = {
            "name": "tiny",
            "title": "A network for tests",
            "labels": ("US", "UK", "AU"),
            "rate": 8000,
            "seconds": 30.0,
            "data": "none",
            "source": "a formula",
            "licence": "MIT",
            "caution": "It has learned nothing.",
            "recipe": {"batch_size": 128},
            "measurements": (measurement,),
            "device": "cpu",
            "date": "2026-01-31",
        }
        return Card(**{**fields, **changes})

    return build


@pytest.fixture(scope="session")
def tone() -> Callable[..., Samples]:
    """Makes a sine (k,) that lasts `seconds`."""

    def make(
        seconds: float, rate: int, frequency: float = 440.0, amplitude: float = 0.5
    ) -> Samples:
        at = np.arange(round(seconds * rate)) / rate
        return (amplitude * np.sin(2 * np.pi * frequency * at)).astype(np.float32)

    return make


@pytest.fixture(scope="session")
def babble() -> Callable[..., Samples]:
    """Makes something as irregular as speech (k,): noise whose loudness and colour wander."""

    def make(seconds: float, rate: int, seed: int = 0) -> Samples:
        random = np.random.default_rng(seed)
        count = round(seconds * rate)
        noise = random.standard_normal(count)
        coloured = np.convolve(noise, np.exp(-np.arange(12) / 3.0), "same")
        points = max(round(seconds * 6), 2)
        loudness = np.interp(
            np.linspace(0, points - 1, count), np.arange(points), random.random(points)
        )
        return (0.08 * loudness * coloured).astype(np.float32)

    return make


@pytest.fixture(scope="session")
def write_with_av() -> WriteSound:
    """Writes samples (k,) or (k, channels) in any format that PyAV encodes, video included.

    `options` are the container's; `picture` adds a moving picture.
    """

    def write(
        path: Path,
        samples: Samples | None,
        rate: int = 44_100,
        codec: str = "aac",
        options: dict[str, str] | None = None,
        picture: bool = False,
    ) -> Path:
        with av.open(str(path), "w", options=options or {}) as file:
            moving = sounding = None
            if picture:
                moving = file.add_stream("mpeg4", rate=25)
                assert isinstance(moving, av.VideoStream)
            if samples is not None:
                sounding = file.add_stream(codec, rate=rate)
                assert isinstance(sounding, av.AudioStream)
                channels = 1 if samples.ndim == 1 else samples.shape[1]
                sounding.codec_context.layout = "mono" if channels == 1 else "stereo"
                if codec == "wmav2":
                    sounding.bit_rate = 128_000
            if moving is not None:
                moving.width, moving.height, moving.pix_fmt = 64, 48, "yuv420p"
                for shade in range(25):
                    image = np.full((48, 64, 3), 10 * shade, np.uint8)
                    file.mux(moving.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
                file.mux(moving.encode(None))
            if sounding is not None and samples is not None:
                planes = np.ascontiguousarray(np.atleast_2d(samples.T), np.float32)
                frame = av.AudioFrame.from_ndarray(
                    planes, "fltp", sounding.codec_context.layout.name
                )
                frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
                file.mux(sounding.encode(frame))
                file.mux(sounding.encode(None))
        return path

    return write


@pytest.fixture(scope="session")
def short_clips(tmp_path_factory, tone, babble) -> list[Clip]:
    """Tones and noises of three speakers each, each of another length, number 5 at another rate."""
    folder = tmp_path_factory.mktemp("clips")
    random = np.random.default_rng(3)
    made = []
    for number in range(24):
        rate = 44_100 if number == 5 else 8_000
        seconds = 0.3 + 0.013 * number
        hiss = 0.02 * random.standard_normal(round(seconds * rate)).astype(np.float32)
        if number % 2:
            label, samples = "tone", hiss + tone(seconds, rate, 150 + 10 * number, 0.3)
        else:
            label, samples = "noise", hiss + babble(seconds, rate, number)
        path = folder / f"{number}.wav"
        soundfile.write(path, samples, rate, "FLOAT")
        made.append(Clip(path, label, f"{label}{number % 3}", "train" if number < 16 else "test"))
    return made


@pytest.fixture(scope="session")
def short_arrays(short_clips) -> Arrays:
    return prepare(short_clips, 8_000)


@pytest.fixture(scope="session")
def write_corpus(tone, babble) -> Callable[..., Path]:
    """Writes a folder for each label, of clips named speaker_number.wav: tones and noises that
    differ from speaker to speaker. `speaker_pattern` finds the speakers."""

    def write(folder: Path, speakers: int = 4, clips: int = 3, seconds: float = 0.5) -> Path:
        random = np.random.default_rng(7)
        for speaker in range(speakers):
            for number in range(clips):
                length = seconds + 0.02 * number + 0.03 * speaker
                hiss = 0.02 * random.standard_normal(round(length * 8_000)).astype(np.float32)
                pitch = 150 + 40 * speaker + 5 * number
                sounds = {
                    "tone": hiss + tone(length, 8_000, pitch, 0.3),
                    "noise": hiss + babble(length, 8_000, 100 * speaker + number),
                }
                for label, samples in sounds.items():
                    path = folder / label / f"{label}-{speaker}_{number}.wav"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    soundfile.write(path, samples, 8_000, "FLOAT")
        return folder

    return write


@pytest.fixture(scope="session")
def speaker_pattern() -> str:
    """Finds the speaker in the names that `write_corpus` gives."""
    return r"^(.+)_\d+\."


@pytest.fixture
def limited_files() -> Callable[..., contextlib.AbstractContextManager[None]]:
    """Files of this process may not grow past so many bytes: to the program a full disk."""
    import resource

    @contextlib.contextmanager
    def limit(size: int) -> Iterator[None]:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return limit
