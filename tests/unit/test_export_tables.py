"""Explanations as files of numbers: read back, they are what was written."""

from __future__ import annotations

import csv
import json

import numpy as np
import pandas
import pytest

from cabcnn.errors import CabcnnError
from cabcnn.explanation import Explanation
from cabcnn.export import formats


@pytest.fixture
def explanation() -> Explanation:
    random = np.random.default_rng(3)
    attention = random.dirichlet(np.ones(5), 7)
    votes = random.dirichlet(np.ones(3), (7, 5))
    return Explanation(
        labels=("US", "UK", "AU"),
        attention=attention,
        votes=votes,
        seconds=0.175,
        name='Zoë, "quoted".wav',
        model="accents",
        notices=("The clip is shorter than a second, which is little to go by.",),
        score="Right now and then.",
    )


def test_npz_gives_back_every_matrix_without_pickle(explanation, tmp_path):
    formats.write(explanation, tmp_path / "x.npz")
    with np.load(tmp_path / "x.npz", allow_pickle=False) as file:
        found = dict(file)
    for name in (
        "attention",
        "votes",
        "interval_probabilities",
        "probabilities",
        "shares",
        "times",
    ):
        np.testing.assert_array_equal(found[name], getattr(explanation, name))
    assert found["labels"].tolist() == ["US", "UK", "AU"]
    assert str(found["label"]) == explanation.label
    assert found["notices"].tolist() == list(explanation.notices)
    assert str(found["score"]) == explanation.score
    np.testing.assert_allclose(found["shares"].sum((0, 1)), found["probabilities"], atol=1e-12)


def test_json_holds_the_sum_and_its_result(explanation, tmp_path):
    formats.write(explanation, tmp_path / "x.json")
    found = json.loads((tmp_path / "x.json").read_text("utf-8"))
    assert found["name"] == explanation.name
    assert found["label"] == explanation.label
    attention, votes = np.array(found["attention"]), np.array(found["votes"])
    assert attention.shape == (7, 5)
    assert votes.shape == (7, 5, 3)
    redone = np.einsum("tn,tnk->k", attention, votes) / len(attention)
    np.testing.assert_allclose(
        redone, [found["probabilities"][k] for k in found["labels"]], atol=1e-6
    )
    assert found["times"][:2] == [0.0125, 0.0375]
    assert found["notices"] == list(explanation.notices)


def test_csv_has_a_row_for_each_interval_and_ends_with_the_answer(explanation, tmp_path):
    formats.write(explanation, tmp_path / "x.csv")
    with (tmp_path / "x.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 7
    assert {row["clip"] for row in rows} == {explanation.name}
    for t, row in enumerate(rows):
        selected = int(explanation.selected[t])
        assert int(row["classifier"]) == selected
        assert float(row["attention"]) == pytest.approx(
            explanation.attention[t, selected], abs=1e-6
        )
        assert float(row["vote UK"]) == pytest.approx(explanation.votes[t, selected, 1], abs=1e-6)
        assert float(row["start"]) == pytest.approx(0.025 * t)
        assert float(row["end"]) == pytest.approx(0.025 * (t + 1))
        chances = {k: float(row[f"interval {k}"]) for k in explanation.labels}
        assert row["label"] == max(chances, key=lambda k: chances[k])
    answer = [float(rows[-1][f"so far {k}"]) for k in explanation.labels]
    np.testing.assert_allclose(answer, explanation.probabilities, atol=1e-6)


def test_the_long_csv_holds_every_term_of_the_sum(explanation, tmp_path):
    x = explanation.without([1])
    formats.write(x, tmp_path / "x.long.csv")
    table = pandas.read_csv(tmp_path / "x.long.csv")
    assert len(table) == 7 * 5
    assert set(table["clip"]) == {x.name}
    shares = table[[f"share {k}" for k in x.labels]]
    np.testing.assert_allclose(shares.sum(), x.probabilities, atol=1e-8)
    weighted = table[[f"vote {k}" for k in x.labels]].to_numpy() * table[["attention"]].to_numpy()
    np.testing.assert_allclose(weighted / 7, shares, atol=1e-8)
    row = table[(table["interval"] == 3) & (table["classifier"] == 4)].iloc[0]
    assert (row["start"], row["end"], row["muted"]) == (0.075, 0.1, 0)
    assert row["attention"] == pytest.approx(x.attention[3, 4], rel=1e-8)
    muted = table[table["muted"] == 1]
    assert set(muted["classifier"]) == {1}
    assert set(muted["attention"]) == {0}


def test_a_clip_of_usual_length_adds_up_in_the_long_csv(tmp_path):
    random = np.random.default_rng(0)
    x = Explanation(
        labels=("US", "UK", "AU"),
        attention=random.dirichlet(np.full(40, 0.1), 1200),
        votes=random.dirichlet(np.ones(3), (1200, 40)),
        seconds=30.0,
    )
    formats.write(x, tmp_path / "x.long.csv")
    table = pandas.read_csv(tmp_path / "x.long.csv")
    added = [table[f"share {k}"].sum() for k in x.labels]
    np.testing.assert_allclose(added, x.probabilities, atol=1e-8)


def test_what_is_muted_is_told_in_every_table(explanation, tmp_path):
    x = explanation.without([0, 3])
    for ending in (".csv", ".json", ".npz"):
        formats.write(x, tmp_path / f"x{ending}")
    assert set(pandas.read_csv(tmp_path / "x.csv")["muted"]) == {"0 3"}
    assert json.loads((tmp_path / "x.json").read_text("utf-8"))["muted"] == [0, 3]
    with np.load(tmp_path / "x.npz", allow_pickle=False) as file:
        assert file["muted"].tolist() == [0, 3]


@pytest.mark.parametrize("name", ["x.xlsx", "x"])
def test_an_unknown_ending_is_a_sentence(explanation, tmp_path, name):
    with pytest.raises(CabcnnError, match=r"ends in none of \.png, .*\.csv, .*\.TextGrid"):
        formats.write(explanation, tmp_path / name)


def test_the_ending_may_be_in_capitals(explanation, tmp_path):
    formats.write(explanation, tmp_path / "X.JSON")
    assert json.loads((tmp_path / "X.JSON").read_text("utf-8"))["label"] == explanation.label


def test_a_place_that_takes_no_file_is_a_sentence(explanation, tmp_path):
    with pytest.raises(CabcnnError, match="can't be written"):
        formats.write(explanation, tmp_path / "nowhere" / "x.csv")
