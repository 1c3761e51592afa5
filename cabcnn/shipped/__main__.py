"""Trains and measures one of the shipped models."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

import torch

from cabcnn import devices
from cabcnn.errors import CabcnnError
from cabcnn.memory import keep_freed_memory
from cabcnn.shipped import accents, digits, first_language, synthetic_accents, words

MAKERS = {
    "digits": digits.make,
    "accents": accents.make,
    "first-language": first_language.make,
    "synthetic-accents": synthetic_accents.make,
    "words": words.make,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="cabcnn.shipped", description=__doc__)
    parser.add_argument("model", choices=MAKERS)
    parser.add_argument(
        "corpus", type=Path, nargs="?", help="its folder; not for synthetic-accents"
    )
    parser.add_argument(
        "--originals", type=Path, help="the archive's recordings as made; for accents"
    )
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument(
        "--only", help="one split or model: official, a speaker, fold-1, accents-5s"
    )
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    if options.corpus is None and options.model != "synthetic-accents":
        parser.error(f"{options.model} needs the folder of its corpus")
    keep_freed_memory()
    try:
        device = devices.resolve(options.device)
        if device == "cpu":
            torch.set_num_threads(1)  # clips are too small to share; run several splits instead
        make = MAKERS[options.model]
        if options.model == "accents":
            make = partial(make, originals=options.originals)
        make(options.corpus, options.work, device, options.only)
    except CabcnnError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
