"""The payload as Python makes it, and what the browser's own modules read out of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest

from cabcnn.audio import Sound
from cabcnn.explanation import Explanation
from cabcnn.ui.components import AttentionView
from cabcnn.views.bundle import mount_script
from cabcnn.views.codec import ALPHABET, SUM_SCALE
from cabcnn.views.payload import payload
from cabcnn.views.rounding import LEVELS, round_votes, round_weights

ROOT = Path(__file__).parents[2]
# All of Node's tests but the one that needs a payload.
MODULES = sorted({path.name.split(".")[0] for path in ROOT.glob("tests/js/*.test.mjs")} - {"sum"})
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(
    NODE is None, reason="the view's JavaScript is tested in Node: install Node.js 20 or later"
)


def softmax(values: np.ndarray) -> np.ndarray:
    powers = np.exp(values - values.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def matrices(p: int, n: int, m: int, *, peak: float, seed: int = 0) -> tuple[Any, Any]:
    """Attention (p, n) and votes (p, n, m), smooth in time; `peak` sharpens the attention."""
    random = np.random.default_rng(seed)
    kernel = np.hanning(11)[1:-1]
    kernel /= np.linalg.norm(kernel)

    def smooth(*shape: int) -> np.ndarray:
        noise = random.standard_normal((p + 8, *shape)).reshape(p + 8, -1)
        lanes = [np.convolve(lane, kernel, "valid") for lane in noise.T]
        return np.stack(lanes, axis=1).reshape(p, *shape)

    attention = softmax(peak * (smooth(n) + 0.3 * random.standard_normal(n)))
    votes = softmax(1.7 * smooth(n, m) + 1.7 * random.standard_normal((n, m)))
    return attention.astype(np.float32), votes.astype(np.float32)


def pack(
    attention: np.ndarray,
    votes: np.ndarray,
    *,
    labels: Sequence[str] | None = None,
    samples: np.ndarray | None = None,
    rate: int = 8000,
    notices: tuple[str, ...] = (),
) -> dict[str, Any]:
    p, _, m = votes.shape
    if samples is None:
        seconds = np.arange(int(p * 0.025 * rate)) / rate
        samples = np.sin(2 * np.pi * 220 * seconds) * np.sin(2 * np.pi * 1.5 * seconds) * 0.8
    sound = Sound(samples.astype(np.float32), rate)
    explanation = Explanation(
        labels=tuple(labels or (f"class {k}" for k in range(m))),
        attention=attention,
        votes=votes,
        seconds=p * 0.025,
        name="clip.wav",
        notices=notices,
        score="Right 9 times out of 10.",
    )
    return payload(explanation, sound, "A model")


CASES = {
    "peaked": {"p": 1200, "n": 40, "m": 3, "peak": 5.0},
    "diffuse": {"p": 400, "n": 40, "m": 3, "peak": 0.6},
    "ten classes": {"p": 320, "n": 40, "m": 10, "peak": 4.0},
    "one interval": {"p": 1, "n": 40, "m": 2, "peak": 4.0},
    "two classifiers": {"p": 7, "n": 2, "m": 2, "peak": 1.0},
}


@needs_node
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_browser_computes_what_numpy_does(case: dict[str, Any], tmp_path: Path) -> None:
    attention, votes = matrices(**case)
    value = pack(attention, votes)
    alpha, vote = attention.astype(float), votes.astype(float)
    intervals = np.einsum("pn,pnm->pm", alpha, vote)
    counts = np.arange(1, len(intervals) + 1)[:, np.newaxis]
    expected = {
        "kind": round_weights(np.ascontiguousarray(alpha.T)).kind.tolist(),
        "attention": alpha.tolist(),
        "votes": vote.tolist(),
        "intervals": intervals.tolist(),
        "running": (intervals.cumsum(axis=0) / counts).tolist(),
        "probabilities": intervals.mean(axis=0).tolist(),
        "use": alpha.mean(axis=0).tolist(),
        "peak": value["envelope"]["peak"],
    }
    given = {
        "value": value,
        "expected": expected,
        "regrouped": regrouped(*sent(alpha, vote)),
        "closely": regrouped(alpha, vote),
    }
    written = tmp_path / "payload.json"
    written.write_text(json.dumps(given))
    run_node(ROOT / "tests/js/sum.test.mjs", CABCNN_PAYLOAD=str(written))


def sent(attention: np.ndarray, votes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The matrices as the browser unpacks them."""
    exact, of_classes = np.ascontiguousarray(attention.T), votes.transpose(2, 1, 0)[:-1]
    weights = round_weights(exact)
    rounded = round_votes(of_classes, weights.kind).value
    missing = (exact * of_classes).sum(1) - (weights.value * rounded).sum(1)
    told = np.rint(missing * SUM_SCALE) / SUM_SCALE
    parts = weights.value / LEVELS[weights.kind] ** 2
    settled = rounded + told[:, None] * parts / (weights.value * parts).sum(0)
    return weights.value.T, np.stack([*settled, 1 - settled.sum(0)]).transpose(2, 1, 0)


def regrouped(attention: np.ndarray, votes: np.ndarray) -> list[dict[str, Any]]:
    """What `Explanation` makes of the matrices without some classifiers, and of a part of that."""
    p, n, m = votes.shape
    x = Explanation(tuple("abcdefghij"[:m]), attention, votes, seconds=p * 0.025)
    by_use = np.argsort(-x.attention_share, kind="stable").tolist()
    cases = []
    for muted in ([], by_use[:1], by_use[-1:], by_use[: n // 4], by_use[n // 8 :], by_use[1:]):
        if len(muted) == n:
            continue
        quiet = x.without(muted)
        for first, after in ((0, p), (0, (p + 1) // 2), (p // 3, max(p // 2, p // 3 + 1))):
            part = quiet.between(first * 0.025, after * 0.025)
            if first == 0:
                np.testing.assert_array_equal(part.attention, quiet.at(after * 0.025).attention)
            cases.append(
                {
                    "muted": muted,
                    "first": first,
                    "next": after,
                    "probabilities": part.probabilities.tolist(),
                    "intervals": quiet.interval_probabilities.tolist(),
                    "use": quiet.attention_share.tolist(),
                    "moments": [
                        [
                            {"time": moment.time, "attention": moment.attention}
                            for moment in quiet.strongest_moments(i)
                        ]
                        for i in range(n)
                    ]
                    if after == p
                    else [],
                }
            )
    return cases


@needs_node
@pytest.mark.parametrize("name", MODULES)
def test_module(name: str) -> None:
    run_node(ROOT / f"tests/js/{name}.test.mjs")


def run_node(file: Path, **environment: str) -> None:
    done = subprocess.run(
        [str(NODE), "--test", str(file)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 0" not in done.stdout


@pytest.mark.parametrize(
    ("case", "limit"),
    [
        ({"p": 1200, "n": 40, "m": 3, "peak": 5.0}, 90_000),
        ({"p": 2400, "n": 40, "m": 3, "peak": 5.0}, 170_000),
        ({"p": 2400, "n": 40, "m": 3, "peak": 0.6}, 200_000),
        ({"p": 2400, "n": 40, "m": 5, "peak": 0.6}, 275_000),
        ({"p": 2400, "n": 40, "m": 9, "peak": 0.6}, 410_000),
        ({"p": 2400, "n": 40, "m": 10, "peak": 0.6}, 435_000),
    ],
    ids=[
        "30 s",
        "60 s",
        "60 s, attention on all",
        "five classes, attention on all",
        "nine classes, attention on all",
        "ten classes, attention on all",
    ],
)
def test_size(case: dict[str, Any], limit: int) -> None:
    assert len(json.dumps(pack(*matrices(**case)))) < limit


@needs_node
def test_what_has_no_weight_at_all_stays_without() -> None:
    """Next to no weight is more than none: where the first is muted, it decides alone."""
    attention, votes = matrices(3, 40, 3, peak=1.0)
    attention[:] = 0
    attention[:, 4], attention[:, 7] = 1, 2.0**-149  # the least that a float32 can be
    value = pack(attention, votes)
    script = (
        "import('./cabcnn/views/shared/payload.js').then(({ decode }) =>"
        f"decode({json.dumps(value)})).then(({{ attention }}) =>"
        "console.log(JSON.stringify([...attention])))"
    )
    done = subprocess.run(
        [str(NODE), "-e", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    unpacked = np.array(json.loads(done.stdout)).reshape(40, 3).T
    np.testing.assert_array_equal(unpacked > 0, attention > 0)
    np.testing.assert_allclose(unpacked, attention, rtol=0.01)


def test_it_is_json_and_says_what_it_holds() -> None:
    attention, votes = matrices(400, 40, 3, peak=4.0)
    value = pack(attention, votes, notices=("Only the first 10 s were used.",))
    assert json.loads(json.dumps(value)) == value
    assert (value["p"], value["n"], value["m"], value["interval"]) == (400, 40, 3, 0.025)
    assert value["seconds"] == pytest.approx(10.0)
    assert (value["name"], value["title"]) == ("clip.wav", "A model")
    assert value["score"] == "Right 9 times out of 10."
    assert value["notices"] == ["Only the first 10 s were used."]
    exact = np.einsum("pn,pnm->m", attention.astype(float), votes.astype(float)) / 400
    assert value["probabilities"] == pytest.approx(exact.tolist(), abs=1e-12)


@pytest.mark.parametrize("count", [1, 2, 1999, 2000, 2001, 40_001])
def test_envelope_covers_every_sample(count: int) -> None:
    samples = np.zeros(count, np.float32)
    samples[-1] = -0.5
    value = pack(*matrices(1, 2, 2, peak=1.0), samples=samples)
    columns = value["envelope"]["columns"]
    planes = zlib.decompress(from_text(value["data"])[: value["size"]])
    assert len(planes) == sum(value["planes"])
    low = np.frombuffer(planes, np.int8)[-2 * columns : -columns]
    assert columns == min(count, 2000)
    assert value["envelope"]["peak"] == 0.5
    assert low[-1] == -127
    assert np.count_nonzero(low) == 1


def from_text(text: str) -> bytes:
    """Two letters are 13 bits."""
    worth = {chr(letter): value for value, letter in enumerate(ALPHABET)}
    pairs = zip(text[::2], text[1::2], strict=True)
    bits = "".join(f"{worth[a] * len(ALPHABET) + worth[b]:013b}" for a, b in pairs)
    return int(bits, 2).to_bytes(len(bits) // 8)


def test_silence_has_a_flat_envelope() -> None:
    value = pack(*matrices(4, 3, 2, peak=1.0), samples=np.zeros(800))
    assert value["envelope"]["peak"] == 0.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"attention": np.ones((3, 4))},
        {"labels": ["only one"]},
        {"samples": np.zeros((10, 2))},
        {"samples": np.zeros(0)},
        {"samples": np.array([0.0, np.nan])},
        {"rate": 0, "samples": np.zeros(10)},
    ],
)
def test_what_does_not_belong_together_is_refused(wrong: dict[str, Any]) -> None:
    attention, votes = matrices(4, 5, 2, peak=1.0)
    given = {"attention": attention, "votes": votes} | wrong
    with pytest.raises(ValueError, match=r"do not|for votes|no mono|finite"):
        pack(**given)


def test_the_component_carries_its_modules_and_plain_templates() -> None:
    view = AttentionView(render=False)
    assert not any(sign in view.html_template for sign in ("{{", "${", "`", "\\"))
    assert "mount" in str(view.js_on_load)
    assert view.get_config()["component_class_name"] == "AttentionView"
    with pytest.raises(AttributeError):
        _ = view.toggle  # a word of the modules must not become an event


def test_styles_travel_in_the_script_as_they_are() -> None:
    styles = ".a::after { content: \"\\2019 ↓ 100%\"; }\n.b { font: 'x'; color: red; }\n"
    moves = "@keyframes turn { to { rotate: 1turn; } }\n"
    script = mount_script("explorer", styles + moves + styles)
    carried = re.findall(r'decodeURIComponent\("([^"\'`\\\n]*)"\)', script)
    assert [unquote(one) for one in carried] == [styles + styles, moves]
    with pytest.raises(ValueError, match="in one line"):
        mount_script("explorer", "@keyframes turn {\n to { rotate: 1turn; }\n}\n")
