"""The study: one corpus for all networks, runs that share the work, a report that adds up."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays as numbers

from cabcnn.baselines import BASELINES
from cabcnn.corpora import Clip
from cabcnn.dataset.arrays import prepare as prepare_arrays
from cabcnn.errors import CabcnnError, CorpusError
from cabcnn.metrics import scores
from cabcnn.model import CabCnn
from cabcnn.reports import study as report
from cabcnn.study import paper, results, runner
from cabcnn.study.cell import recipe_of, split_corpus
from cabcnn.study.claims import cut_off
from cabcnn.study.grid import COMPARISON, MODELS, Cell, Grid
from cabcnn.study.prepared import PreparedCorpus, decode, encode, prepare, sample_clips
from cabcnn.study.train_baseline import Images, display_name, train_baseline
from cabcnn.study.variants import OneLarge, UniformAttention, trainable_parameters

pytestmark = pytest.mark.usefixtures("one_thread")
SMALL = Grid(("cab-cnn", "attention-cnn", "uniform-attention"), (1.0, 30.0), 2, max_epochs=1)


@pytest.fixture(scope="module")
def prepared(short_clips: list[Clip]) -> PreparedCorpus:
    return prepare(short_clips, "tones")


@pytest.fixture(scope="module")
def done(prepared, tmp_path_factory) -> Path:
    """A small study, carried out."""
    folder = tmp_path_factory.mktemp("study")
    assert runner.run(prepared, SMALL, folder) == len(SMALL.cells()) == 8
    report.write(folder)
    return folder


# --- the corpus


@given(
    samples=numbers(
        np.float32, st.integers(1, 200), elements=st.floats(-1, 1, width=32, allow_subnormal=False)
    )
)
@example(np.array([2**-126, 0], np.float32))
def test_eight_bits_keep_a_sound_to_a_few_percent_of_each_sample(samples):
    heard = decode(encode(samples))
    peak = np.abs(samples).max()
    if not peak:
        assert not heard.any()
        return
    share = samples / peak
    # Half a step on the mu-law scale: about 2.2 % of the sample, and 1 / 11,700 near silence.
    assert np.all(np.abs(heard - share) <= 0.0225 * np.abs(share) + 1e-4)
    assert np.all((heard == 0) | (np.sign(heard) == np.sign(share)))


def test_a_corpus_is_kept_in_a_small_file(prepared, tmp_path):
    prepared.save(tmp_path / "tones.npz")
    again = PreparedCorpus.load(tmp_path / "tones.npz")
    assert again.digest == prepared.digest
    assert again.label_names == ("noise", "tone")
    assert np.array_equal(again.samples(3), prepared.samples(3))
    assert (tmp_path / "tones.npz").stat().st_size < prepared.lengths.sum() + 20_000


def test_cab_cnn_reads_the_same_values_but_for_the_rounding(prepared, short_clips):
    own, exact = prepared.arrays(), prepare_arrays(short_clips, 8_000)
    assert np.array_equal(own.values, exact.values)
    for clip in range(len(prepared)):
        assert np.abs(own.excerpt(clip) - exact.excerpt(clip)).mean() < 0.02


@pytest.mark.parametrize("content", [b"", b"no zip", None])
def test_a_file_that_is_no_prepared_corpus_is_refused(tmp_path, content):
    path = tmp_path / "corpus.npz"
    if content is None:
        np.savez(path, sound=np.zeros(3))
    else:
        path.write_bytes(content)
    with pytest.raises(CorpusError, match="not a corpus prepared for a study"):
        PreparedCorpus.load(path)


def test_one_label_can_not_be_compared(short_clips):
    with pytest.raises(CorpusError, match="two labels"):
        prepare([clip for clip in short_clips if clip.label == "tone"], "tones")


# --- what is trained


def test_parts_taken_away_leave_the_rest_of_the_network():
    clip = [torch.randn(4_000)]
    uniform = UniformAttention(3).eval()
    with torch.inference_mode():
        found = uniform(clip)
    assert torch.allclose(found.attention, torch.full_like(found.attention, 1 / 40))
    assert torch.allclose(found.interval_probabilities, found.votes.mean(1), atol=1e-6)
    assert trainable_parameters(uniform) == 133_856 - 36_760
    large = OneLarge(3).eval()
    with torch.inference_mode():
        one = large(clip)
    assert one.votes.shape == (40, 1, 3)
    assert torch.allclose(one.votes.squeeze(1), one.interval_probabilities)
    assert torch.allclose(one.votes.sum(2), torch.ones(40, 1))
    assert (
        abs(trainable_parameters(large) - trainable_parameters(CabCnn(3))) < 10
    )  # as large as what it replaces


def test_each_variant_differs_from_the_masked_network_in_one_thing():
    base = recipe_of(Cell("cab-cnn-masked", 30, 1), SMALL)
    assert not base.truncate
    for name in ("uniform-attention", "one-large-classifier", "classifiers-5"):
        assert recipe_of(Cell(name, 30, 1), SMALL) == base
    assert recipe_of(Cell("cab-cnn", 30, 1), SMALL).truncate


def test_a_grid_has_every_network_once_a_run_and_cab_cnn_at_every_t():
    cells = Grid().cells()
    assert len(cells) == len(set(cells)) == 8 * (4 + 5)
    assert cells[:4] == [Cell("cab-cnn", t, 0) for t in (5, 10, 30, 60)]
    assert {cell.run for cell in cells[:9]} == {0}
    assert [cell.seconds for cell in cells[4:9]] == [30] * 5
    assert set(COMPARISON) <= set(MODELS)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"models": ("lstm",)}, "no network 'lstm'.*gated-resnet .reconstruction., alexnet"),
        ({"models": ()}, "at least"),
        ({"protocol": "mixed"}, "no protocol 'mixed'"),
        ({"seconds": (0.0,)}, "must be at least"),
        ({"runs": 0}, "at least"),
    ],
)
def test_grids_that_can_not_be_trained_are_refused(changes, sentence):
    with pytest.raises(CabcnnError, match=sentence):
        Grid(**changes)


# --- carrying it out


def test_a_finished_study_trains_nothing_again_and_more_runs_join(prepared, done, tmp_path):
    assert runner.run(prepared, SMALL, done) == 0
    kept = json.loads((done / "study.json").read_text())
    runner.write_or_check(Grid(("alexnet",), (5.0,), 1, max_epochs=1), done, kept)
    joined = json.loads((done / "study.json").read_text())
    assert joined["models"] == ["cab-cnn", "alexnet", "attention-cnn", "uniform-attention"]
    assert joined["seconds"] == [1.0, 5.0, 30.0]
    assert joined["runs"] == 2
    with pytest.raises(CabcnnError, match="split seed is 0, not 3"):
        runner.run(prepared, Grid(("cab-cnn",), (1.0,), 1, max_epochs=1, split_seed=3), done)


def test_networks_may_have_caps_of_their_own_and_the_report_says_who_was_cut_off(
    prepared, tmp_path
):
    runner.run(prepared, Grid(("attention-cnn",), (1.0,), 1, max_epochs=1), tmp_path)
    runner.run(prepared, Grid(("cab-cnn",), (1.0,), 1, max_epochs=2), tmp_path)
    found = report.write(tmp_path)
    assert [[run["max_epochs"] for run in group.runs] for group in found] == [[2], [1]]
    assert [group.capped for group in found] == [1, 1]
    assert "Cut off before that, and might have improved: CAB-CNN-1s; AttentionCNN" in (
        tmp_path / "report.md"
    ).read_text("utf-8")
    with pytest.raises(CabcnnError, match="cab-cnn trained for 2 epochs at most, not 5"):
        runner.run(prepared, Grid(("cab-cnn",), (1.0,), 2, max_epochs=5), tmp_path)
    assert cut_off(found)[0].startswith("Cut off before early stopping: Attention")
    assert cut_off(found[:1]) == []
    patient = [{**found[0].runs[0], "epochs": 20, "best_epoch": 5, "max_epochs": 20}]
    assert found[0]._replace(runs=patient).capped == 0


def test_a_part_of_a_corpus_keeps_each_label_s_share(short_clips):
    part = sample_clips(short_clips, len(short_clips) // 2)
    assert len(part) == len(short_clips) // 2
    whole = {name: sum(clip.label == name for clip in short_clips) for name in labels_of(part)}
    for name, count in whole.items():
        assert abs(sum(clip.label == name for clip in part) - count / 2) <= 1
    assert part == sample_clips(short_clips, len(part))
    assert part != sample_clips(short_clips, len(part), seed=1)
    with pytest.raises(CorpusError, match=f"none of {labels_of(short_clips)[-1]} would"):
        sample_clips(short_clips, 1)
    uneven = [short_clips[0]._replace(label=name) for name in "aaaaaaaaab"]
    assert [clip.label for clip in sample_clips(uneven, 5)] == list("aaaab")


def labels_of(clips: list[Clip]) -> list[str]:
    return sorted({clip.label for clip in clips})


def test_a_result_depends_on_its_seed_alone(prepared, done, tmp_path):
    (cell,) = [c for c in SMALL.cells() if c == Cell("attention-cnn", 30.0, 1)]
    grid = Grid(("attention-cnn",), (30.0,), 2, max_epochs=1)
    runner.run(prepared, grid, tmp_path)
    again, first = (
        json.loads((folder / "cells" / f"{cell.name}.json").read_text())
        for folder in (tmp_path, done)
    )
    assert again["probabilities"] == first["probabilities"]
    assert again["epochs"] == 1


def test_processes_started_together_share_the_models(prepared, tmp_path):
    """Two real processes, as torchrun starts them; each trains models of its own."""
    prepared.save(tmp_path / "tones.npz")
    grid = Grid(("cab-cnn",), (1.0, 2.0), 2, max_epochs=1)
    program = [sys.executable, "-m", "cabcnn.study", str(tmp_path / "tones.npz")]
    program += [str(tmp_path / "out"), "--models", "cab-cnn", "--seconds", "1,2"]
    program += ["--runs", "2", "--epochs", "1", "--device", "cpu"]
    started = [
        subprocess.Popen(
            program,
            env={
                **os.environ,
                "OMP_NUM_THREADS": "1",
                "RANK": str(k),
                "WORLD_SIZE": "2",
                "LOCAL_RANK": str(k),
            },
            stdout=subprocess.PIPE,
            text=True,
        )
        for k in range(2)
    ]
    told = [process.communicate(timeout=900)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0]
    begun = [line for text in told for line in text.splitlines() if line.endswith("started")]
    assert sorted(begun) == sorted(f"{cell.name}: started" for cell in grid.cells())
    assert runner.missing(grid, tmp_path / "out") == 0


class Deaf(torch.nn.Module):
    """A network that hears nothing: it learns how often each class comes, no more."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.bias = torch.nn.Parameter(torch.zeros(classes))

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.bias.expand(len(pictures), -1)


def test_rivals_are_trained_as_in_the_paper(monkeypatch):
    """Section 4: SGD of 1e-3, momentum 0.9, weight decay 1e-8, batches of 48, patience 15."""
    made: list[torch.optim.SGD] = []

    class Noted(torch.optim.SGD):
        def __init__(self, *given, **named) -> None:
            super().__init__(*given, **named)
            made.append(self)

    monkeypatch.setattr(torch.optim, "SGD", Noted)
    random = np.random.default_rng(0)

    def side(clips: int) -> Images:
        pictures = random.integers(0, 256, (clips, 17, 256), dtype=np.uint8)
        return Images(pictures, np.arange(clips) % 2)

    batches: list[int] = []

    def build(classes: int) -> torch.nn.Module:
        model = Deaf(classes)
        model.register_forward_pre_hook(
            lambda model, given: batches.append(len(given[0])) if model.training else None
        )
        return model

    baseline = BASELINES["attention-cnn"]._replace(build=build)
    _, course = train_baseline(baseline, 2, side(100), side(4), seed=0, max_epochs=1)
    (descent,) = made
    (group,) = descent.param_groups
    assert (group["lr"], group["momentum"], group["weight_decay"]) == (1e-3, 0.9, 1e-8)
    assert not group["nesterov"]
    assert batches == [48, 48, 4]
    assert len(course.history) == 1
    assert results.PATIENCE == 15
    assert display_name(baseline) == "AttentionCNN (reconstruction)"
    assert display_name(BASELINES["alexnet"]) == "AlexNet"


def test_a_training_ends_fifteen_epochs_after_its_best():
    """Learning to say 0, where the validation clips are all 1, makes every epoch worse."""
    pictures = np.zeros((3, 17, 256), np.uint8)
    baseline = BASELINES["attention-cnn"]._replace(build=Deaf)
    learned, wrong = Images(pictures, np.zeros(3, int)), Images(pictures, np.ones(3, int))
    _, course = train_baseline(baseline, 2, learned, wrong, seed=0, max_epochs=1000)
    assert course.best_epoch == 1
    assert len(course.history) == 16


def test_speaker_disjoint_means_it(prepared):
    given = split_corpus(prepared, Grid(protocol="speaker-disjoint"))
    sides = [set(prepared.speakers[part].tolist()) for part in given.parts]
    assert not sides[0] & sides[2]
    assert not sides[1] & sides[2]


# --- what comes of it


def test_the_report_has_the_papers_tables_with_our_numbers(done):
    text = (done / "report.md").read_text()
    found = {(g.model, g.seconds): g for g in results.groups(done)}
    best = found["attention-cnn", 30.0].best_scores
    row = next(line for line in text.splitlines() if line.startswith("| AttentionCNN"))
    assert f"| 2 | {best.accuracy:.4f} | {best.unweighted_recall:.4f} |" in row
    assert "| 0.8626 | 0.8257 | 0.8330 |" in row  # the paper's
    assert "(reconstruction)" in row
    for title in ("Table 3: ", "Table 4: ", "Table 7: ", "Table 6: CAB-CNN-30s", "Costs"):
        assert f"## {title}" in text
    assert "McNemar" in text
    assert "Clips: 14 of 6 speakers for training, 2 of " in text
    lines = text.splitlines()
    thirty = [line for line in lines if line.startswith("| CAB-CNN-30s | 2 |")]
    assert len(thirty) == 3  # Tables 3, 4 and 7, each with the paper's numbers of the same T
    assert [line.split(" | ")[-3:] for line in thirty] == [
        ["0.9599", "0.9424", "0.9523 |"],
        ["0.9599", "0.9424", "0.9523 |"],
        ["0.9370", "0.9163", "0.9282 |"],
    ]
    best = found["cab-cnn", 30.0].runs[found["cab-cnn", 30.0].best]["confusion"]
    at = lines.index("## Table 6: CAB-CNN-30s: confusion matrix, best run")
    assert lines[at + 2] == "|  | noise | tone |"
    assert lines[at + 4] == f"| noise | {best[0][0]} | {best[0][1]} |"
    at = lines.index("## Table 6: CAB-CNN-30s: the paper's, on UT-Podcast")
    assert lines[at + 2 : at + 7] == [
        "|  | AU | US | UK |",
        "| --- | --- | --- | --- |",
        "| AU | 226 | 4 | 0 |",
        "| US | 2 | 191 | 1 |",
        "| UK | 8 | 6 | 86 |",
    ]
    assert "UT-Podcast, another corpus." in lines[at + 8]
    at = lines.index("## Unweighted recall from the first t seconds of each test clip")
    assert lines[at + 2].startswith("| network | 1 s | 2 s | 3 s |")
    assert f"| {next(iter(scores_by_seconds(found['cab-cnn', 30.0]))):.4f} |" in lines[at + 5]
    page = (done / "report.html").read_text()
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    assert page.count("<tr>") == sum("| --- |" not in line for line in lines)
    assert (done / "seconds.png").stat().st_size > 5_000


def scores_by_seconds(group: results.Group) -> list[float]:
    """Means over the runs."""
    steps = group.runs[0]["by_seconds"]
    return [float(np.mean([run["by_seconds"][t] for run in group.runs])) for t in steps]


def test_recall_by_seconds_heard_is_a_tidy_table(done):
    with (done / "first_seconds.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["model"] for row in rows} == {"cab-cnn", "uniform-attention"}
    for row in rows:
        name = Cell(row["model"], float(row["seconds"]), int(row["run"])).name
        run = json.loads((done / "cells" / f"{name}.json").read_text())
        assert float(row["unweighted_recall"]) == run["by_seconds"][row["heard_seconds"]]
    assert len(rows) == 2 * (1 + 10 + 10)  # two runs of T = 1 s, and of 30 s of both


def test_the_table_of_results_is_tidy(done):
    with (done / "results.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8
    for row in rows:
        name = Cell(row["model"], float(row["seconds"]), int(row["run"])).name
        run = json.loads((done / "cells" / f"{name}.json").read_text())
        assert float(row["unweighted_recall"]) == pytest.approx(
            scores(run["confusion"]).unweighted_recall
        )
        assert int(row["parameters"]) > 10_000
        assert row["reconstruction"] == ("yes" if row["model"] == "attention-cnn" else "no")
        assert row["torch"] == torch.__version__
        assert row["device"].endswith("1 thread")


def test_the_papers_tables_agree_with_its_matrices():
    for key, matrix in paper.CONFUSION.items():
        assert tuple(round(score, 4) for score in scores(matrix)) == tuple(paper.BEST[key])
    assert all(paper.MEAN[key].accuracy <= paper.BEST[key].accuracy for key in paper.MEAN)
