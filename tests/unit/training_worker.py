"""What the tests of several processes and of killed ones start: training in processes of its own.

    python training_worker.py ARRAYS SETTINGS OUT

SETTINGS is a JSON list of recipes' fields, trained one after the other without dropout (whose
random numbers each process has its own of). OUT/NUMBER gets RANK.safetensors, the weights,
RANK.json, the progress, and a line of `epochs` after every epoch.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import cast

# Training needs none of these: no decoder, no page, no pictures.
for absent in ("av", "gradio", "matplotlib", "plotly", "soundfile", "soxr", "typer"):
    sys.modules[absent] = cast(ModuleType, None)
sys.path.insert(0, str(Path(__file__).parents[2]))

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

from cabcnn.dataset.arrays import Arrays  # noqa: E402
from cabcnn.training.recipe import Recipe  # noqa: E402
from cabcnn.training.trainer import train  # noqa: E402

RANK = os.environ.get("RANK", "0")


def run(arrays: Arrays, recipe: Recipe, out: Path) -> None:
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
    )
    save_file(model.state_dict(), out / f"{RANK}.safetensors")
    (out / f"{RANK}.json").write_text(json.dumps(vars(progress)))


if __name__ == "__main__":
    torch.set_num_threads(1)
    F.dropout = lambda x, p, training: x  # type: ignore[assignment]
    arrays = Arrays.load(sys.argv[1])
    for number, settings in enumerate(json.loads(sys.argv[2])):
        run(arrays, Recipe(**settings), Path(sys.argv[3], str(number)))
    several = int(os.environ.get("WORLD_SIZE", "1")) > 1
    assert several == ("accelerate" in sys.modules), "it takes a second to import"
