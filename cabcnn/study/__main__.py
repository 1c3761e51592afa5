"""`python -m cabcnn.study PREPARED OUT`: carries out a study of a prepared corpus where there is
torch and numpy, and little else; `cabcnn study` with the same --out writes the report."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from cabcnn.errors import CabcnnError
from cabcnn.memory import keep_freed_memory
from cabcnn.study import running
from cabcnn.study.grid import COMPARISON, MODELS, PROTOCOLS, Grid, known_names
from cabcnn.study.waves import Waves


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m cabcnn.study", description=__doc__)
    asked.add_argument("prepared", type=Path, help="what `cabcnn study --prepare` wrote")
    asked.add_argument("out", type=Path, help="folder of the results")
    # "extend": the values after one name, or the name before each, as `cabcnn study` takes them.
    asked.add_argument(
        "--models",
        nargs="+",
        action="extend",
        metavar="NAME",
        help=f"one or several of: {known_names()}; or all. The paper's six if left out",
    )
    asked.add_argument(
        "--seconds",
        nargs="+",
        action="extend",
        type=float,
        metavar="T",
        help="one T of CAB-CNN or several; 5 10 30 60 if left out",
    )
    asked.add_argument("--runs", type=int, default=8, help="trainings of each; 8 if left out")
    asked.add_argument("--protocol", choices=PROTOCOLS, default="paper")
    asked.add_argument("--epochs", type=int, default=1000, help="end a training after so many")
    asked.add_argument("--device", default="auto", help="cpu, cuda, cuda:1 and so on, or auto")
    given = asked.parse_args()
    models = tuple(MODELS) if given.models == ["all"] else tuple(given.models or COMPARISON)
    seconds = tuple(given.seconds or (5.0, 10.0, 30.0, 60.0))
    try:
        grid = Grid(models, seconds, given.runs, given.protocol, max_epochs=given.epochs)
        keep_freed_memory()
        running.run(Waves.load(given.prepared), grid, given.out, device=given.device, tell=_tell)
    except CabcnnError as error:
        sys.exit(str(error))


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
