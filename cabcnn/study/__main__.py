"""`python -m cabcnn.study PREPARED OUT`: runs a study of a prepared corpus on a machine with torch
and numpy, and little else. `cabcnn study` with the same --out writes the report."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from cabcnn.errors import CabcnnError
from cabcnn.memory import keep_freed_memory
from cabcnn.study import runner
from cabcnn.study.grid import COMPARISON, MODELS, PROTOCOLS, Grid, known_names
from cabcnn.study.prepared import PreparedCorpus


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m cabcnn.study", description=__doc__)
    parser.add_argument("prepared", type=Path, help="a file that `cabcnn study --prepare` wrote")
    parser.add_argument("out", type=Path, help="folder of the results")
    # Several values: a,b or a repeated option, as in `cabcnn study`, or a b.
    parser.add_argument(
        "--models",
        nargs="+",
        action="extend",
        metavar="NAME,...",
        help=f"one or several of: {known_names()}; or all. The paper's six if left out",
    )
    parser.add_argument(
        "--seconds",
        nargs="+",
        action="extend",
        metavar="T,...",
        help="one T of CAB-CNN or several; 5,10,30,60 if left out",
    )
    parser.add_argument("--runs", type=int, default=8, help="trainings of each; 8 if left out")
    parser.add_argument("--protocol", choices=PROTOCOLS, default="paper")
    parser.add_argument("--epochs", type=int, default=1000, help="the largest number of epochs")
    parser.add_argument("--device", default="auto", help="cpu, cuda, cuda:1 and so on, or auto")
    options = parser.parse_args()
    models = _split(options.models) or COMPARISON
    models = tuple(MODELS) if models == ("all",) else models
    try:
        seconds = tuple(map(float, _split(options.seconds) or (5, 10, 30, 60)))
    except ValueError as error:
        parser.error(f"--seconds: {error}")
    try:
        grid = Grid(models, seconds, options.runs, options.protocol, max_epochs=options.epochs)
        keep_freed_memory()
        prepared = PreparedCorpus.load(options.prepared)
        runner.run(prepared, grid, options.out, device=options.device, log=_print)
    except CabcnnError as error:
        sys.exit(str(error))


def _split(values: list[str] | None) -> tuple[str, ...]:
    return tuple(part.strip() for value in values or () for part in value.split(","))


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
