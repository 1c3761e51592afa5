# pyright: strict
"""A program of somebody else's that uses the installed package: it must run, and a type checker
must know every type in it (.ci/run asks pyright)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import assert_type

import numpy as np
from numpy.typing import NDArray

import cabcnn
from cabcnn.export import zip_file
from cabcnn.streaming import StreamOutput


def describe(model: str, folder: Path) -> str:
    classifier = cabcnn.load(model)
    assert_type(classifier, cabcnn.Classifier)
    rate = 16_000
    samples = np.random.default_rng(0).normal(0, 0.1, 2 * rate).astype(np.float32)

    x = classifier.explain((samples, rate), seconds=1)
    assert_type(x, cabcnn.Explanation)
    assert_type(x.label, str)
    assert_type(x.probabilities, NDArray[np.float64])
    assert_type(x.without([3, 17]).at(seconds=0.5), cabcnn.Explanation)
    assert_type(x.strongest_moments(0), list[cabcnn.Moment])
    x.save(folder / "clip.csv")

    stream = classifier.stream(rate)
    output = stream.push(samples)
    assert_type(output, StreamOutput)
    assert_type(output.attention, NDArray[np.float32])

    measured = cabcnn.faithfulness.measure(classifier, (samples, rate))
    assert_type(measured.drop, float)

    with zip_file.writing(folder / "all.zip", [".csv", ".json"]) as archive:
        archive.add(x)
        try:
            classifier.explain(folder / "missing.wav")
        except cabcnn.AudioError as error:
            archive.fail("missing.wav", str(error))
    return f"{classifier.card.name}: {x.label}"


if __name__ == "__main__":
    print(cabcnn.checkpoint.folder(), *cabcnn.checkpoint.names())  # noqa: T201
    print(describe(sys.argv[1], Path(sys.argv[2])))  # noqa: T201
