"""Moments silenced: exactly what the network would say, and what is concluded from it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from cabcnn import audio, checkpoint, cli
from cabcnn.classifier import Classifier
from cabcnn.corpora import Clip
from cabcnn.errors import CabcnnError, CorpusError
from cabcnn.faithfulness import FRACTIONS, Faithfulness, measure, measure_corpus, summarise
from cabcnn.faithfulness.clip import removal_masks
from cabcnn.faithfulness.silencing import CONTEXT, de_bruijn, moments, run_cases, silence
from cabcnn.model import interval_count

pytestmark = [pytest.mark.usefixtures("one_thread"), pytest.mark.numeric]


@pytest.fixture(scope="module")
def classifier(formula_model, make_card) -> Classifier:
    return Classifier(formula_model(3), make_card())


@given(st.integers(100, 1900), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_any_set_of_silent_moments_is_as_if_the_network_heard_it_so(classifier, length, seed):
    random = np.random.default_rng(seed)
    values = random.standard_normal(length).astype(np.float32)
    silent = random.random((3, interval_count(length))) < random.random((3, 1))
    silent[0, -1] = True
    found = run_cases(classifier.model, values).probabilities(silent)
    heard = [torch.from_numpy(silence(values, one)) for one in silent]
    with torch.inference_mode():
        said = classifier.model(heard).probabilities.numpy()
    np.testing.assert_allclose(found, said, atol=1e-5)


@pytest.mark.parametrize("rate", [8_000, 22_050])
@pytest.mark.parametrize("length", [40_000, 41_037])
def test_silence_is_the_clips_mean_with_its_constants_kept(babble, rate, length):
    sound = audio.Sound(babble(length / 4000, rate), rate)
    samples, mean, deviation = audio.prepare(sound, rate)
    values = audio.front_end(sound, rate)
    silent = np.random.default_rng(0).random(interval_count(len(values))) < 0.4
    starts = np.arange(len(values)) * rate // 4000
    value = np.searchsorted(starts, np.arange(len(samples)), "right") - 1
    owner = moments(len(values))[value]
    quiet = np.where(silent[owner], np.float32(mean), samples)
    heard = (audio.maxima(quiet, rate) - mean) / deviation
    np.testing.assert_allclose(silence(values, silent), heard, atol=1e-5)


@given(st.integers(1, 3000))
def test_every_interval_has_a_moment_of_25_ms(length):
    owner = moments(length)
    sizes = np.bincount(owner)
    assert len(sizes) == interval_count(length)
    assert (np.diff(owner) >= 0).all()
    assert set(sizes[1:-1]) <= {100}
    assert sizes[0] in (min(length, 100), 101)


def test_a_de_bruijn_circle_holds_every_case_once():
    circle = de_bruijn(CONTEXT)
    words = {tuple(np.roll(circle, -j)[:CONTEXT]) for j in range(len(circle))}
    assert len(circle) == len(words) == 2**CONTEXT


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_the_orders_are_each_others_mirror(evidence):
    strongest, weakest = removal_masks(np.array(evidence))
    p = len(evidence)
    assert strongest.sum(1).tolist() == [round(f * p) for f in FRACTIONS]
    assert weakest.sum(1).tolist() == strongest.sum(1).tolist()
    assert not strongest[0].any()
    assert strongest[-1].all()
    for silent, stays in ((strongest, np.less_equal), (weakest, np.greater_equal)):
        for row in silent:
            if row.any() and not row.all():
                gone, left = np.array(evidence)[row], np.array(evidence)[~row]
                assert stays(left[:, None], gone[None]).all()


def test_both_ends_are_what_they_must_be(classifier, babble):
    sound = audio.Sound(babble(3, 8_000), 8_000)
    found = measure(classifier, sound)
    x = classifier.explain(sound)
    assert (found.label, found.labels, found.seconds) == (x.label, x.labels, 3.0)
    with torch.inference_mode():
        silence = classifier.model([torch.zeros(12_000)]).probabilities[0].numpy()
    for curve in (found.strongest, found.weakest, *found.random):
        np.testing.assert_array_equal(curve[0], x.probabilities)
        np.testing.assert_allclose(curve[-1], silence, atol=1e-5)
        np.testing.assert_allclose(curve.sum(1), 1, atol=1e-5)
    assert len(found.random) == 100
    np.testing.assert_allclose(found.silence, silence, atol=1e-5)


def test_the_seed_decides_the_draws_and_nothing_else(classifier, babble):
    sound = audio.Sound(babble(3, 8_000), 8_000)
    first, same, other = (measure(classifier, sound, draws=5, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(first.random, same.random)
    np.testing.assert_array_equal(first.strongest, other.strongest)
    assert np.abs(first.random - other.random).max() > 1e-4


def test_evidence_may_be_that_for_another_class(classifier, babble):
    sound = audio.Sound(babble(3, 8_000), 8_000)
    x = classifier.explain(sound)
    least = x.labels[int(x.probabilities.argmin())]
    found = measure(classifier, sound, label=least, draws=3)
    assert found.curves[0, 0] == x.probabilities.min()
    # What argues most for one class, argues least against it: the order is its own.
    assert not np.array_equal(found.strongest, measure(classifier, sound, draws=3).strongest)
    with pytest.raises(CabcnnError, match="no class 'Welsh', only US, UK, AU"):
        measure(classifier, sound, label="Welsh")
    with pytest.raises(CabcnnError, match="at least one"):
        measure(classifier, sound, draws=0)


def test_a_clip_of_one_moment_is_measured_and_called_too_short(classifier, babble):
    found = measure(classifier, audio.Sound(babble(0.025, 8_000), 8_000))
    assert found.random.shape == (1, len(FRACTIONS), 3)
    assert np.isfinite(found.curves).all()
    assert found.outcome == "too short"


def made(strongest: float, weakest: float, random: np.ndarray) -> Faithfulness:
    """Curves of two classes that are level for the first but at the ends."""

    def curve(level: float) -> np.ndarray:
        first = np.full(len(FRACTIONS), level)
        return np.stack([first, 1 - first], 1)

    return Faithfulness(
        ("a", "b"), "a", np.array(FRACTIONS), curve(strongest), curve(weakest),
        np.array([curve(level) for level in random]),
    )  # fmt: skip


def test_the_areas_are_differences_of_probability():
    found = made(0.3, 0.8, np.full(100, 0.6))
    assert found.drop == pytest.approx(0.3)
    assert found.rise == pytest.approx(0.2)
    assert found.p_values == pytest.approx((1 / 101, 1 / 101))


@pytest.mark.parametrize(
    ("strongest", "weakest", "outcome"),
    [
        (0.3, 0.8, "holds"),
        (0.3, 0.55, "in part"),
        (0.6, 0.8, "in part"),
        (0.55, 0.55, "does not hold"),
        (0.8, 0.3, "does not hold"),
    ],
)
def test_the_evidence_holds_where_chance_seldom_does_as_well(strongest, weakest, outcome):
    assert made(strongest, weakest, np.linspace(0.5, 0.7, 100)).outcome == outcome
    assert made(strongest, weakest, np.linspace(0.5, 0.7, 18)).outcome == "too short"


def test_when_the_answer_turns():
    found = made(0.6, 0.7, np.full(3, 0.6))
    found.strongest[3:, 0], found.strongest[3:, 1] = 0.2, 0.8
    found.random[:2, 5:] = found.random[:2, 5:, ::-1] * [1, 1]
    assert found.flip_fraction("strongest") == FRACTIONS[3]
    assert found.flip_fraction("weakest") is None
    assert found.flip_fraction("random") == FRACTIONS[5]  # in two draws of three


@pytest.fixture(scope="module")
def measured(classifier, short_clips, tmp_path_factory):
    bad = tmp_path_factory.mktemp("bad") / "words.wav"
    bad.write_text("no sound\n" * 100)
    clips = [*short_clips[:6], Clip(bad, "noise", "x")]
    return measure_corpus(classifier, clips, draws=25)


def test_a_corpus_is_its_clips(measured, classifier, short_clips):
    rows, left_out = measured
    assert [row.clip for row in rows] == short_clips[:6]
    ((clip, reason),) = left_out
    assert clip.path.name == "words.wav"
    assert "text" in reason
    one = measure(classifier, short_clips[2].path, draws=25, seed=2)
    np.testing.assert_array_equal(rows[2].curves, one.curves)
    assert (rows[2].predicted, rows[2].drop, rows[2].p_values) == (
        one.label,
        one.drop,
        one.p_values,
    )
    summary = summarise(rows)
    assert (summary.clips, summary.speakers) == (6, 6)
    np.testing.assert_allclose(summary.curves, np.mean([row.curves for row in rows], 0))
    assert summary.low is not None
    assert summary.high is not None
    assert (summary.low <= summary.curves + 1e-12).all()
    assert (summary.high >= summary.curves - 1e-12).all()
    assert summary.low.min() < summary.curves.min()
    assert sum(summary.outcomes.values()) == 6


def test_speakers_are_drawn_whole(measured):
    rows, _ = measured
    row = rows[0]
    same = [row._replace(clip=row.clip._replace(speaker="one")) for _ in range(3)]
    assert summarise(same).low is None  # one speaker tells nothing of others
    assert summarise(same).drop_interval is None
    two = [*same, rows[1]]
    interval = summarise(two).drop_interval
    assert interval is not None
    assert {round(interval.low, 9), round(interval.high, 9)} == {
        round(fact, 9) for fact in (row.drop, rows[1].drop)
    }


def test_a_corpus_without_a_usable_clip_is_a_sentence(classifier, tmp_path):
    (tmp_path / "empty.wav").write_bytes(b"")
    with pytest.raises(CorpusError, match=r"No clip .* empty\.wav is empty"):
        measure_corpus(classifier, [Clip(tmp_path / "empty.wav", "a", "")])
    with pytest.raises(CorpusError, match="it is empty"):
        measure_corpus(classifier, [])


def run(*arguments: object):
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def test_the_command_writes_tables_and_a_picture(
    formula_model, make_card, write_corpus, speaker_pattern, tmp_path
):
    model = tmp_path / "tiny.safetensors"
    checkpoint.save(model, formula_model(3), make_card())
    corpus = write_corpus(tmp_path / "corpus", speakers=2, clips=1)
    (corpus / "tone" / "tone-9_0.wav").write_bytes(b"")
    result = run(
        "faithfulness", corpus, "--checkpoint", model, "--out", tmp_path / "out",
        "--speaker-pattern", speaker_pattern, "--draws", 20,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "tone-9_0.wav: left out:" in result.stderr
    assert result.stdout.startswith("4 clips of 4 speakers\nstrongest first below random\t")
    with (tmp_path / "out/clips.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4
    assert {row["label"] for row in rows} == {"tone", "noise"}
    assert {row["outcome"] for row in rows} <= {"holds", "in part", "does not hold", "too short"}
    with (tmp_path / "out/curves.csv").open() as file:
        curves = list(csv.DictReader(file))
    assert [row["order"] for row in curves[:: len(FRACTIONS)]] == ["strongest", "random", "weakest"]
    starts = {row["mean"] for row in curves if float(row["silenced"]) == 0}
    assert len(starts) == 1
    assert float(starts.pop()) == pytest.approx(
        np.mean([float(row["probability"]) for row in rows]), abs=2e-6
    )
    assert (tmp_path / "out/curves.png").read_bytes()[:4] == b"\x89PNG"
    fewer = run(
        "faithfulness", corpus, "--checkpoint", model, "--out", tmp_path / "fewer", "--limit", 2
    )
    assert fewer.exit_code == 0
    measured = len((tmp_path / "fewer/clips.csv").read_text().splitlines()) - 1
    assert measured + fewer.stderr.count("left out") == 2


def test_bad_input_of_the_command_is_a_sentence(formula_model, make_card, tmp_path):
    model = tmp_path / "tiny.safetensors"
    checkpoint.save(model, formula_model(3), make_card())
    folder = tmp_path / "silent" / "a"
    folder.mkdir(parents=True)
    soundfile.write(folder / "zero.wav", np.zeros(8_000), 8_000)
    (tmp_path / "silent" / "b").mkdir()
    soundfile.write(tmp_path / "silent" / "b" / "zero.wav", np.zeros(8_000), 8_000)
    for arguments, sentence in (
        ([tmp_path / "silent", "--checkpoint", model], "No clip of this corpus can be classified"),
        ([tmp_path / "nowhere", "--checkpoint", model], "nowhere"),
        ([tmp_path / "silent", "--checkpoint", "nobody"], "nobody"),
    ):
        result = run("faithfulness", *arguments, "--out", tmp_path / "out")
        assert result.exit_code == 1
        assert isinstance(result.exception, CabcnnError)
        assert sentence in str(result.exception)
    assert not list(Path(tmp_path / "out").glob("*.csv"))
