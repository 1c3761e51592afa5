"""The picture of a corpus shows the numbers that were found, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from cabcnn.corpora.description import Description, LabelFacts
from cabcnn.errors import CabcnnError
from cabcnn.reports.corpus import draw, save

STARTS = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}


def description(labels: int = 3) -> Description:
    facts = [LabelFacts(f"label {i:02}", 10 * (i + 1), i, 0.5 * i) for i in range(labels)]
    return Description(np.array([0.0, 1.0, 2.0, 2.5]), {8_000: 3}, 5, tuple(facts), ())


def test_bars_are_the_clips_of_each_label():
    figure = draw(description(), "a title")
    left, right = figure.axes
    assert [bar.get_width() for bar in left.patches] == [30, 20, 10]  # pyright: ignore
    names = [text.get_text() for text in left.get_yticklabels()]
    assert names == ["label 02", "label 01", "label 00"]
    beside = [text.get_text().strip() for text in left.texts]
    assert beside == ["30 clips, 2 speakers, 1 h", "20 clips, 1 speakers, 0.5 h", "10 clips, 0 h"]
    assert sum(bar.get_height() for bar in right.patches) == 3  # pyright: ignore
    assert right.get_title() == "half are longer than 2 s"


def test_of_many_labels_the_largest_are_shown():
    left, _ = draw(description(200)).axes
    assert [bar.get_width() for bar in left.patches] == list(range(2000, 1700, -10))  # pyright: ignore
    assert "170 smaller labels" in left.get_xlabel()


@pytest.mark.parametrize("ending", STARTS)
def test_every_format(tmp_path, ending):
    path = tmp_path / f"corpus{ending}"
    save(description(), path)
    assert path.read_bytes().startswith(STARTS[ending])


def test_labels_that_matplotlib_would_take_for_mathematics(tmp_path):
    facts = (LabelFacts("$5 and $6", 1, 1, 0.0), LabelFacts("x" * 90, 2, 1, 0.0))
    figure = draw(Description(np.zeros(3), {}, 2, facts, ()), "a$b$")
    figure.savefig(tmp_path / "a.png")
    assert figure.axes[0].get_yticklabels()[0].get_text() == "x" * 39 + "…"


def test_another_ending(tmp_path):
    with pytest.raises(CabcnnError, match=r"a\.gif ends in none of \.png, \.svg, \.pdf"):
        save(description(), tmp_path / "a.gif")


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(CabcnnError, match=r"can't be written \(No such file"):
        save(description(), tmp_path / "missing" / "a.png")
