"""Training speed in clips per second, compared with the network of `keras_style.py`.

    python benchmarks/train.py            # on a CPU, and on a GPU where there is one
    python benchmarks/train.py --gpu      # on the GPU only
    python benchmarks/train.py --large    # also the memory that a batch of 128 x 30 s takes

Both make whole steps of Adam (forward, backward, update) on the same batches, in turn in every
round, so that other load on the machine affects both. On a CPU, the processor time of one thread is
measured. The values are random, which does not affect the time.
On a GPU it also times epochs of the paper's size: 1,192 clips of 30 s in batches of 128, each
prepared, copied and trained on.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).parent.parent))  # run from a checkout, nothing installed

from benchmarks.keras_style import KerasStyle
from cabcnn.dataset.arrays import Arrays
from cabcnn.memory import keep_freed_memory
from cabcnn.model import STRIDE, VALUES_PER_SECOND, CabCnn
from cabcnn.training.batches import epoch_batches
from cabcnn.training.distributed import Processes
from cabcnn.training.loader import Loaded, stage, to_device
from cabcnn.training.recipe import PAPER, Recipe
from cabcnn.training.step import default_memory, step
from cabcnn.training.trainer import train

SECONDS, CLASSES = 30, 3
PAPER_CLIPS, PAPER_BATCH = 1192, 128
EPOCHS = 4  # without the first


def random_arrays(clips: int) -> Arrays:
    """A corpus of noise, `clips` of 30 s."""
    random = np.random.default_rng(0)
    length = SECONDS * VALUES_PER_SECOND
    maxima = np.empty(clips * length, np.float16)
    for clip in range(clips):
        maxima[clip * length :][:length] = random.standard_normal(length, np.float32)
    intervals = clips * length // STRIDE
    return Arrays(
        maxima=maxima,
        moments=np.tile(np.array([[STRIDE, 0.0, STRIDE]]), (intervals, 1)),
        spectra=np.zeros((0, 1), np.float16),
        values=np.full(clips, length),
        labels=np.arange(clips) % CLASSES,
        label_names=("a", "b", "c"),
        speakers=np.array([str(clip) for clip in range(clips)]),
        splits=np.full(clips, ""),
        rate=8_000,
    )


def one_batch(arrays: Arrays, recipe: Recipe, device: torch.device) -> Loaded:
    batch = next(epoch_batches(arrays, range(len(arrays)), recipe, np.random.default_rng(0)))
    values = to_device(stage(batch.values, device), device)
    return Loaded(values, torch.from_numpy(batch.labels).to(device), batch.clips)


class Plain:
    """A simple training loop."""

    def __init__(self, model: CabCnn, recipe: Recipe, device: torch.device) -> None:
        self.model = KerasStyle(model.classes, model.n)
        self.model.load_from(model.state_dict())
        self.model.to(device).train()
        self.adam = torch.optim.Adam(
            self.model.parameters(), recipe.learning_rate, eps=recipe.epsilon
        )

    def step(self, batch: Loaded) -> None:
        probabilities = self.model(torch.stack(batch.values))
        loss = F.nll_loss(probabilities.clamp_min(1e-7).log(), batch.labels)
        self.adam.zero_grad()
        loss.backward()
        self.adam.step()


def compare(device: torch.device, clips: int, rounds: int) -> None:
    """Prints the times of both, and the difference of their outputs before the first step."""
    recipe = replace(PAPER, batch_size=clips)
    arrays, processes = random_arrays(clips), Processes(device)
    batch = one_batch(arrays, recipe, device)
    model = CabCnn(CLASSES).to(device)
    plain = Plain(model, recipe, device)
    with torch.inference_mode():
        ours = model.eval()(batch.values[:1]).probabilities
        difference = float((ours - plain.model.eval()(batch.values[0][None])).abs().max())
    plain.model.train()
    model.train()
    adam = torch.optim.Adam(model.parameters(), recipe.learning_rate, eps=recipe.epsilon)
    memory = default_memory(device)
    steps = {
        "prepare the batch": lambda: one_batch(arrays, recipe, device),
        "our step": lambda: step(model, adam, batch, recipe, processes, memory),
        "plain step": lambda: plain.step(batch),
    }
    taken: dict[str, list[float]] = {name: [] for name in steps}
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    for number in range(rounds + 1):
        for name, run in steps.items():
            started = clock()
            run()
            if device.type == "cuda":
                torch.cuda.synchronize()
            if number:
                taken[name].append(clock() - started)
    medians = {name: statistics.median(times) for name, times in taken.items()}
    where = "one thread" if device.type == "cpu" else torch.cuda.get_device_name()
    precision = "float32"
    if device.type == "cuda" and torch.backends.cudnn.allow_tf32:
        precision += ", convolutions in TF32"
    print(
        f"Batches of {clips} clips of {SECONDS} s, {precision}, {where}, medians of {rounds} "
        f"rounds, torch {torch.__version__}\n"
    )
    print(f"{'':<36}{'ms':>9}{'clips/s':>10}")
    for name, seconds in medians.items():
        print(f"{name:<36}{1_000 * seconds:9.1f}{clips / seconds:10.1f}")
    ratio = medians["plain step"] / medians["our step"]
    print(f"{'plain takes as long as ours, times':<36}{ratio:9.2f}")
    print(f"{'largest difference of a probability':<36}{difference:9.0e}\n")


def paper_epochs() -> None:
    """Prints the time of an epoch of the paper's size on a GPU."""
    arrays = random_arrays(PAPER_CLIPS)
    for precision in ("float32", "bfloat16"):
        torch.cuda.reset_peak_memory_stats()
        recipe = replace(PAPER, max_epochs=EPOCHS, monitor="nothing", precision=precision)
        _, progress = train(arrays, range(PAPER_CLIPS), [], recipe, device="cuda")
        seconds = [row["seconds"] for row in progress.history[1:]]
        print(
            f"An epoch of {PAPER_CLIPS:,} clips of {SECONDS} s, batch {PAPER_BATCH}, {precision}: "
            f"{min(seconds):.2f} to {max(seconds):.2f} s, "
            f"peak memory {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB"
        )


def large() -> None:
    """Prints the time and peak memory of a batch of the paper's size on a CPU."""
    import resource

    arrays, device = random_arrays(PAPER_BATCH), torch.device("cpu")
    batch = one_batch(arrays, PAPER, device)
    model = CabCnn(CLASSES).train()
    adam = torch.optim.Adam(model.parameters(), PAPER.learning_rate, eps=PAPER.epsilon)
    for gibibytes in (2, 6):
        started = time.perf_counter()
        step(model, adam, batch, PAPER, Processes(device), gibibytes << 30)
        seconds = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(
            f"A step on {PAPER_BATCH} clips of {SECONDS} s, up to {gibibytes} GiB of activations "
            f"kept: {seconds:.1f} s, peak memory {peak:.1f} GiB"
        )


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--clips", type=int, default=8, help="in a batch on the CPU")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--gpu", action="store_true", help="leave the CPU out")
    parser.add_argument("--large", action="store_true", help="measure 128 clips on the CPU only")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()  # as training does; it helps the simple loop too
    if arguments.large:
        large()
        return
    if arguments.gpu and not torch.cuda.is_available():
        sys.exit("There is no GPU that torch can use here.")
    if not arguments.gpu:
        compare(torch.device("cpu"), arguments.clips, arguments.rounds)
    if torch.cuda.is_available():
        compare(torch.device("cuda"), PAPER_BATCH, arguments.rounds)
        paper_epochs()


if __name__ == "__main__":
    main()
