"""What an atlas adds up: use, votes, specialisation, correlation, moments."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from cabcnn import atlas
from cabcnn.atlas import words
from cabcnn.atlas.atlas import Sound
from cabcnn.atlas.compute import Accumulator, common_folder, relative_name
from cabcnn.atlas.similarity import Correlation, similar_together
from cabcnn.atlas.snippets import snippet
from cabcnn.atlas.specialisation import specialisation
from cabcnn.atlas.strongest import MOMENTS, PER_SPEAKER
from cabcnn.audio import read
from cabcnn.classifier import Classifier
from cabcnn.corpora import Clip
from cabcnn.errors import AudioError, CorpusError
from cabcnn.explanation import MIN_SPACING_SECONDS, Explanation

LABELS = ("noise", "tone")


@pytest.fixture(scope="module")
def classifier(formula_model, make_card) -> Classifier:
    return Classifier(formula_model(3), make_card(seconds=None))


@pytest.fixture(scope="module")
def found(classifier, short_clips) -> atlas.Atlas:
    return atlas.compute(classifier, short_clips, "short")


@pytest.fixture(scope="module")
def explained(classifier, short_clips) -> list[Explanation]:
    return [classifier.explain(clip.path) for clip in short_clips]


def explanation(attention, votes=None) -> Explanation:
    """One of made-up weights (p, n), votes (p, n, 2)."""
    attention = np.asarray(attention, np.float64)
    if votes is None:
        votes = np.full((*attention.shape, 2), 0.5)
    return Explanation(("yes", "no"), attention, np.asarray(votes), len(attention) * 0.025)


def test_every_figure_equals_that_of_all_intervals_at_once(found, explained, short_clips):
    attention = np.concatenate([x.attention for x in explained])
    votes = np.concatenate([x.votes for x in explained])
    label = np.concatenate(
        [np.full(len(x.attention), LABELS.index(c.label)) for x, c in zip(explained, short_clips)]
    )
    assert found.labels == LABELS
    assert (found.clips, found.speakers) == (24, 6)
    np.testing.assert_array_equal(found.intervals, np.bincount(label))
    np.testing.assert_allclose(found.use, attention.mean(0), atol=1e-12)
    for k in range(2):
        np.testing.assert_allclose(
            found.use_by_label[:, k], attention[label == k].mean(0), atol=1e-12
        )
    np.testing.assert_allclose(
        found.votes,
        np.einsum("tn,tnk->nk", attention, votes) / attention.sum(0)[:, None],
        atol=1e-12,
    )
    np.testing.assert_allclose(
        found.loudest, np.bincount(attention.argmax(1), minlength=40) / len(attention)
    )
    np.testing.assert_allclose(found.correlation, np.corrcoef(attention.T), atol=1e-9)


def test_shares_add_up(found):
    assert found.use.sum() == pytest.approx(1)
    np.testing.assert_allclose(found.use_by_label.sum(0), 1)
    np.testing.assert_allclose(found.votes.sum(1), 1)
    np.testing.assert_allclose(found.spread.sum(1), 1)
    share = found.intervals / found.intervals.sum()
    np.testing.assert_allclose(found.use_by_label @ share, found.use)
    assert found.loudest.sum() == pytest.approx(1)


def test_the_order_of_the_clips_changes_nothing(classifier, short_clips, found):
    turned = atlas.compute(classifier, short_clips[::-1], "short")
    np.testing.assert_allclose(turned.use_by_label, found.use_by_label, atol=1e-12)
    np.testing.assert_allclose(turned.correlation, found.correlation, atol=1e-9)

    def heard(of: atlas.Atlas):
        return [[(of.sounds[one.sound], one.time) for one in best] for best in of.moments]

    assert heard(turned) == heard(found)


def test_correlation_is_symmetric_and_its_order_takes_each_once(found):
    np.testing.assert_array_equal(found.correlation, found.correlation.T)
    np.testing.assert_array_equal(np.diag(found.correlation), 1)
    assert sorted(found.order) == list(range(40))


def test_a_weight_that_never_changes_goes_with_nothing():
    r = Correlation(3)
    random = np.random.default_rng(0)
    for _ in range(5):
        wave = random.random(50)
        r.add(np.stack([wave, np.full(50, 0.1), 1 - wave], 1))
    np.testing.assert_allclose(r.matrix(), [[1, 0, -1], [0, 1, 0], [-1, 0, 1]], atol=1e-12)


def test_small_changes_of_large_numbers_are_not_lost():
    random = np.random.default_rng(1)
    rows = 1e6 + random.random((4000, 3)) @ np.array([[1, 1, 0], [0, 1, 1], [1, 0, 1]])
    r = Correlation(3)
    for part in np.array_split(rows, 37):
        r.add(part)
    np.testing.assert_allclose(r.matrix(), np.corrcoef(rows.T), atol=1e-6)


def test_alike_classifiers_become_neighbours():
    random = np.random.default_rng(2)
    sources = random.standard_normal((2000, 4))
    groups = random.permutation(np.repeat(np.arange(4), 5))
    rows = sources[:, groups] + 0.3 * random.standard_normal((2000, 20))
    order = similar_together(np.asarray(np.corrcoef(rows.T)))
    assert np.count_nonzero(np.diff(groups[order])) == 3
    np.testing.assert_array_equal(similar_together(np.ones((1, 1))), [0])


def test_even_use_is_not_special_and_use_in_one_label_is():
    labels = np.repeat([0, 1, 2, 3], 30)
    speakers = [f"{k % 6}" for k in range(120)]
    lengths = np.random.default_rng(3).integers(50, 150, 120)
    even = 0.25 * lengths
    one = np.where(labels == 2, 0.5, 0.0) * lengths
    silent = np.zeros(120)
    weights = np.stack([even, one, silent], 1).astype(np.float64)
    score, chance = specialisation(weights, lengths, labels, speakers)
    np.testing.assert_allclose(score[[0, 2]], 0, atol=1e-9)
    assert score[1] == pytest.approx(1)
    assert chance[1] == pytest.approx(1 / 201)
    assert (chance[[0, 2]] == 1).all()


def test_few_voices_do_not_look_specialised():
    """Weights that go with the voice, of voices that have one label each, mean nothing."""
    random = np.random.default_rng(4)
    scores, raws = [], []
    for _ in range(20):
        voice = np.repeat(np.arange(8), 10)
        liking = random.random(8) ** 3
        weights = (liking[voice] * 100)[:, None]
        labels = voice // 2
        score, _ = specialisation(weights, np.full(80, 100), labels, [str(k) for k in voice])
        mean = np.array([liking[2 * k : 2 * k + 2].mean() for k in range(4)])
        raws.append(np.abs(mean / mean.sum() - 1 / 4).sum() / 2 / (3 / 4))
        scores.append(score[0])
    assert np.mean(raws) > 0.25
    assert np.mean(scores) < 0.1
    score, chance = specialisation(np.array([[9.0], [0.0]]), np.array([10, 10]), np.array([0, 1]),
                                   ["", ""])  # fmt: skip
    assert score[0] == 0
    assert chance[0] == 1


def test_moments_are_the_strongest_of_many_voices(found, explained, short_clips):
    root = common_folder(short_clips)
    numbers = {relative_name(clip, root): k for k, clip in enumerate(short_clips)}
    for i, best in enumerate(found.moments):
        assert 0 < len(best) <= MOMENTS
        weights = [round(one.weight, 3) for one in best]
        assert weights == sorted(weights, reverse=True)
        assert weights[0] == round(max(x.attention[:, i].max() for x in explained), 3)
        voices = Counter(found.sounds[one.sound].speaker for one in best)
        assert max(voices.values()) <= PER_SPEAKER
        for one in best:
            x = explained[numbers[found.sounds[one.sound].name]]
            t = round(one.time / 0.025 - 0.5)
            assert one.weight == x.attention[t, i]
            np.testing.assert_array_equal(one.votes, x.votes[t, i])
            near = [o.time for o in best if o.sound == one.sound and o is not one]
            assert all(abs(time - one.time) >= MIN_SPACING_SECONDS for time in near)


def test_among_settled_weights_all_parts_of_a_corpus_have_their_chance(classifier):
    totals = Accumulator(2, 2)
    for k in range(200):
        weight = 1 - 1e-6 * k  # the first clips have more, by nothing that counts
        x = explanation(np.tile((weight, 1 - weight), (40, 1)))
        totals.add(x, Sound(f"{k}.ogg", "abcd"[k // 50], f"{k}"))
    found = totals.atlas(classifier, "settled", None)
    assert len({found.sounds[one.sound].label for one in found.moments[0]}) >= 3


def test_an_unknown_speaker_is_each_clip_by_itself(classifier, short_clips):
    unknown = [clip._replace(speaker="") for clip in short_clips]
    found = atlas.compute(classifier, unknown, "unknown")
    assert found.speakers == 0
    assert max(len(best) for best in found.moments) == MOMENTS


def test_what_cannot_be_read_is_left_out_and_named(classifier, short_clips, tmp_path, found):
    text = tmp_path / "notes.wav"
    text.write_text("only words")
    told = []
    with_text = atlas.compute(
        classifier,
        [*short_clips[:4], Clip(text, "text", ""), *short_clips[4:]],
        "short",
        progress=told.append,
    )
    assert told == list(range(1, 26))
    ((name, reason),) = with_text.left_out
    assert name.endswith("notes.wav")
    assert "is text, not sound" in reason
    np.testing.assert_array_equal(with_text.use, found.use)
    assert with_text.labels == LABELS
    with pytest.raises(CorpusError, match="None of the 1 clips"):
        atlas.compute(classifier, [Clip(text, "text", "")], "text")
    with pytest.raises(CorpusError, match="empty"):
        atlas.compute(classifier, [], "nothing")
    with pytest.raises(AudioError, match="at least"):
        atlas.compute(classifier, short_clips, "short", seconds=0)


def test_only_the_first_seconds_are_heard(classifier, short_clips):
    found = atlas.compute(classifier, short_clips[:2], "short", seconds=0.1)
    assert found.intervals.tolist() == [4, 4]
    assert found.seconds == 0.1


def test_one_clip_is_an_atlas_too(classifier, short_clips):
    found = atlas.compute(classifier, short_clips[:1], "one")
    assert found.labels == ("noise",)
    assert (found.specialisation == 0).all()
    assert "All clips were noise." in words.sentence(found, int(found.use.argmax()))


def test_the_sentence_tells_what_is_so(classifier):
    totals = Accumulator(3, 2)
    votes = np.zeros((40, 3, 2))
    votes[:, 0], votes[:, 1], votes[:, 2] = (0.9, 0.1), (0.5, 0.5), (0.2, 0.8)
    for k in range(12):
        weights = (0.999, 0.001, 0.0) if k % 2 else (0.2, 0.799, 0.001)
        label = "owl" if k % 2 else "cat"
        totals.add(explanation(np.tile(weights, (40, 1)), votes), Sound(f"{k}", label, f"{k // 2}"))
    made = totals.atlas(classifier, "made up", None)
    use, most, where, votes = words.sentence(made, 0).replace(":", ".").split(". ", 3)
    assert ("60 %" in use, "50 %" in use) == (True, True)
    assert "owl" in most
    assert ("83 %" in where, "50 %" in where) == (True, True)
    assert ("US with 90 %" in votes, "UK with 10 %" in votes) == (True, True)
    assert "takes no side" in words.sentence(made, 1)
    assert "hardly used: it has 0.1 % of" in words.sentence(made, 2)


def test_a_snippet_is_half_a_second_around_its_moment(tmp_path, tone):
    import io

    import soundfile

    path = tmp_path / "long.wav"
    samples = np.concatenate([tone(2, 8000, 300, 0.1), tone(2, 8000, 900, 0.1)])
    soundfile.write(path, samples, 8000)

    def heard(time: float):
        data, rate = soundfile.read(io.BytesIO(snippet(path, atlas.Moment(0, time, 0.5, ()))))
        peak = np.abs(np.fft.rfft(data)).argmax() * rate / len(data)
        return len(data) / rate, peak, np.abs(data).max()

    length, pitch, loudness = heard(1.0)
    assert length == pytest.approx(0.5)
    assert pitch == pytest.approx(300, abs=3)
    assert loudness == pytest.approx(0.708, abs=0.02)
    assert heard(3.0)[1] == pytest.approx(900, abs=3)
    assert heard(0.0125)[0] == pytest.approx(0.2625)
    with pytest.raises(AudioError, match="shorter than when"):
        snippet(path, atlas.Moment(0, 9, 0.5, ()))


def test_a_sound_is_found_again_by_its_name(short_clips, found):
    root = common_folder(short_clips)
    for sound in found.sounds:
        assert read(root / sound.name, 0.1).rate in (8_000, 44_100)
    elsewhere = Clip(Path("/elsewhere/x.wav"), "tone", "")
    assert root / relative_name(elsewhere, root) == elsewhere.path
