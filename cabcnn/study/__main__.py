"""`python -m cabcnn.study PREPARED OUT`: runs a study of a prepared corpus on a machine with torch
and numpy, and little else. `cabcnn study` with the same --out writes the report."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from cabcnn.errors import CabcnnError
from cabcnn.memory import keep_freed_memory
from cabcnn.study import runner
from cabcnn.study.grid import PROTOCOLS, Grid, known_names, parse_models, parse_seconds
from cabcnn.study.prepared import PreparedCorpus


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m cabcnn.study", description=__doc__)
    parser.add_argument("prepared", type=Path, help="a file that `cabcnn study --prepare` wrote")
    parser.add_argument("out", type=Path, help="folder of the results")
    parser.add_argument(
        "--models",
        action="append",
        metavar="NAME,...",
        help=f"one or several of: {known_names()}; or all. The paper's six if left out. Can be "
        "repeated",
    )
    parser.add_argument(
        "--seconds",
        action="append",
        metavar="T,...",
        help="one T of CAB-CNN or several; 5,10,30,60 if left out. Can be repeated",
    )
    parser.add_argument("--runs", type=int, default=8, help="trainings of each; 8 if left out")
    parser.add_argument("--protocol", choices=PROTOCOLS, default="paper")
    parser.add_argument("--epochs", type=int, default=1000, help="the largest number of epochs")
    parser.add_argument("--device", default="auto", help="cpu, cuda, cuda:1 and so on, or auto")
    options = parser.parse_args()
    try:
        models, seconds = parse_models(options.models), parse_seconds(options.seconds)
        grid = Grid(models, seconds, options.runs, options.protocol, max_epochs=options.epochs)
        keep_freed_memory()
        prepared = PreparedCorpus.load(options.prepared)
        runner.run(prepared, grid, options.out, device=options.device, log=_print)
    except CabcnnError as error:
        sys.exit(str(error))


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
