"""What the tests of several processes start, as a program or as a function of their own process.

    python training_worker.py ARRAYS SETTINGS OUT

SETTINGS is a JSON list of recipes' fields, trained one after the other in double precision.
OUT/NUMBER gets RANK.safetensors, the weights, RANK.json, the progress, and a line of `epochs`
after every epoch.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import cast

if __name__ == "__main__":
    # Training needs none of these: no decoder, no page, no pictures.
    absent = ("av", "gradio", "matplotlib", "plotly", "pydantic", "soundfile", "soxr", "typer")
    for name in absent:
        sys.modules[name] = cast(ModuleType, None)
    sys.path.insert(0, str(Path(__file__).parents[2]))

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from cabcnn.dataset.arrays import Arrays
from cabcnn.model import CabCnn
from cabcnn.training.recipe import Recipe
from cabcnn.training.trainer import train

RANK = os.environ.get("RANK", "0")


def run(arrays: Arrays, settings: list[dict], out: Path) -> None:
    """Trains without dropout, whose random numbers each process has its own of."""
    dropout = F.dropout
    F.dropout = lambda x, p, training: x  # type: ignore[assignment]
    try:
        for number, fields in enumerate(settings):
            _train(arrays, Recipe(**fields), out / str(number))
    finally:
        F.dropout = dropout


def _train(arrays: Arrays, recipe: Recipe, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)

    def on_epoch(progress, model) -> None:
        with (out / "epochs").open("a") as file:
            file.write(json.dumps({"rank": RANK, **progress.history[-1]}) + "\n")

    model, progress = train(
        arrays,
        [i for i in range(len(arrays)) if i % 3],
        [i for i in range(len(arrays)) if i % 3 == 0],
        recipe,
        state=out / "state.safetensors",
        on_epoch=on_epoch,
        build=lambda classes: CabCnn(classes).double(),
    )
    save_file(model.state_dict(), out / f"{RANK}.safetensors")
    (out / f"{RANK}.json").write_text(json.dumps(vars(progress)))


if __name__ == "__main__":
    torch.set_num_threads(1)
    run(Arrays.load(sys.argv[1]), json.loads(sys.argv[2]), Path(sys.argv[3]))
    assert "accelerate" in sys.modules
