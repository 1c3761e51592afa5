"""The Live tab's server side: pieces come in any order, any number of times."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import gradio as gr
import numpy as np
import pytest
import torch

from cabcnn import checkpoint
from cabcnn.model import CabCnn
from cabcnn.ui.limits import Limits
from cabcnn.ui.live import sessions as live
from cabcnn.ui.live.sessions import FULL, MAX_SECONDS, OUTDATED, Sessions
from cabcnn.ui.models import Models
from cabcnn.ui.sounds import shared_sounds
from cabcnn.views.live.rows import Rows

pytestmark = pytest.mark.usefixtures("models_folder", "one_thread")

KEY = "0123456789abcdef" * 2
RATE = 16_000


@pytest.fixture
def sessions() -> Sessions:
    return Sessions(Models())


@pytest.fixture(scope="module")
def samples(babble) -> np.ndarray:
    return np.rint(babble(3, RATE) * 32767).astype("<i2")


def asked(samples: np.ndarray, at: int = 0, seen: int = 0, **changes: Any) -> dict[str, Any]:
    packed = base64.b64encode(samples.tobytes()).decode()
    piece = {"key": KEY, "model": "accents", "rate": RATE, "at": at, "seen": seen}
    return {**piece, "samples": packed, **changes}


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Runs it to its end, in a thread: a browser test may have a loop of its own in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def rows_of(answer: dict[str, Any]) -> np.ndarray:
    layout = Rows(answer["n"], answer["m"])._row
    return np.frombuffer(base64.b64decode(answer["data"]), layout)


def test_pieces_that_come_twice_early_or_late_count_once(sessions, samples):
    expected = Sessions(Models()).answer(asked(samples))
    given = np.random.default_rng(5)
    have, seen, rows, answer = 0, 0, [], {}
    while have < len(samples):
        end = have + int(given.integers(1, 4_000))
        if given.random() < 0.3:  # too early: something before it is missing
            early = sessions.answer(asked(samples[end : end + 99], end, seen))
            assert early["have"] == have
        start = max(have - int(given.integers(0, 500)), 0)  # some of it is there already
        piece = asked(samples[start:end], start, seen)
        for _ in range(int(given.integers(1, 3))):
            answer = sessions.answer(piece)
        have = answer["have"]
        assert have == min(end, len(samples))
        if given.random() < 0.7:  # else the answer was lost
            assert answer["first"] == seen
            rows.append(rows_of(answer))
            seen = answer["count"]
    rows.append(rows_of(sessions.answer(asked(samples[:0], have, seen))))
    np.testing.assert_allclose(answer["probabilities"], expected["probabilities"], atol=1e-6)
    found, wanted = np.concatenate(rows), rows_of(expected)
    for field in ("attention", "probabilities"):
        np.testing.assert_allclose(found[field].astype(int), wanted[field].astype(int), atol=1)
    sound = sessions.sound(KEY)
    assert sound is not None
    np.testing.assert_array_equal(sound.samples * 32768, samples)


def test_rows_are_what_the_stream_says(sessions, samples):
    answer = sessions.answer(asked(samples))
    stream = Models().get("accents").stream(RATE)
    heard = stream.push(samples)
    rows = rows_of(answer)
    assert (answer["n"], answer["m"], answer["count"]) == (40, 3, len(heard.attention))
    np.testing.assert_allclose(rows["attention"] / 255, heard.attention, atol=0.5 / 255 + 1e-6)
    np.testing.assert_allclose(
        rows["probabilities"] / 65535, heard.interval_probabilities, atol=1e-5
    )
    np.testing.assert_array_equal(rows["top_classifier"], heard.attention.argmax(1))
    at = np.arange(len(rows))
    np.testing.assert_array_equal(
        rows["top_class"], heard.votes[at, rows["top_classifier"]].argmax(1)
    )
    np.testing.assert_allclose(answer["probabilities"], stream.probabilities, atol=1e-9)


def test_a_session_that_is_gone_asks_for_everything(sessions, samples):
    sessions.answer(asked(samples[:9_000]))
    sessions.forget(KEY)
    answer = sessions.answer(asked(samples[9_000:9_500], 9_000, seen=20))
    assert (answer["have"], answer["first"], answer["count"]) == (0, 0, 0)
    assert answer["probabilities"] == []
    again = sessions.answer(asked(samples, 0, seen=20))
    assert (again["have"], again["first"]) == (len(samples), 20)


def test_nobody_is_listened_to_for_ever(sessions, samples):
    step, answer = np.tile(samples, 2)[: 5 * RATE], {}
    for at in range(0, 65 * RATE, len(step)):
        answer = sessions.answer(asked(step, at, seen=10_000))
    assert answer["have"] == MAX_SECONDS * RATE
    assert sessions.sound(KEY).seconds == MAX_SECONDS


def test_as_many_as_there_is_room_for(sessions, samples, monkeypatch):
    monkeypatch.setattr(live, "limits", lambda: Limits(live_recordings=2))
    keys = [f"{k:032x}" for k in range(3)]
    said = [sessions.answer(asked(samples[:800], key=key)) for key in keys]
    assert said[2] == {"error": FULL}
    assert sessions.answer(asked(samples[800:1_600], 800, key=keys[0]))["have"] == 1_600
    monkeypatch.setattr(live, "IDLE_SECONDS", -1.0)
    sessions.sweep()
    assert sessions.sound(keys[0]) is None
    monkeypatch.setattr(live, "limits", Limits)
    monkeypatch.setattr(live, "MAX_BYTES", 60 * RATE * 2 + 1)
    sessions.answer(asked(samples[:800], key=keys[0]))
    assert sessions.answer(asked(samples[:800], key=keys[1])) == {"error": FULL}


def test_one_visitor_can_not_fill_it(sessions, samples, monkeypatch):
    monkeypatch.setattr(live, "limits", lambda: Limits(live_recordings_per_visitor=1))
    calls = [(asked(samples[:800], key=f"{k:032x}"), who) for k, who in enumerate("aab")]
    assert [answer.get("error") for answer in sessions.answer_all(calls)] == [None, FULL, None]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"key": "short"}, OUTDATED),
        ({"key": 5}, OUTDATED),
        ({"at": -1}, OUTDATED),
        ({"seen": "all"}, OUTDATED),
        ({"rate": 0.5}, OUTDATED),
        ({"rate": 200_000}, OUTDATED),
        ({"rate": 20}, OUTDATED),  # more than five seconds at once
        ({"samples": "no base64!"}, OUTDATED),
        ({"samples": "AAAA"}, OUTDATED),  # a sample and a half
        ({"rate": 800}, OUTDATED),
        ({"model": ["accents"]}, OUTDATED),
        ({"model": "../secret"}, "There is no model"),
        ({"rate": 800, "samples": ""}, "sample rate"),
    ],
)
def test_what_no_page_sends_is_refused_in_a_sentence(sessions, samples, changes, said):
    answer = sessions.answer(asked(samples[:8_000]) | changes)
    assert said in answer["error"]
    assert sessions.sound(KEY) is None


@pytest.mark.parametrize("sent", [None, [], "text", {}, {"key": KEY}])
def test_so_is_what_is_no_piece(sessions, sent):
    assert sessions.answer(sent) == {"error": OUTDATED}


def test_a_session_keeps_its_model_and_rate(sessions, samples):
    sessions.answer(asked(samples[:800]))
    for changes in ({"model": "digits"}, {"rate": 48_000}):
        assert sessions.answer(asked(samples[:800]) | changes) == {"error": OUTDATED}
    assert sessions.answer(asked(samples[800:900], 800))["have"] == 900


def test_many_at_once_are_heard_as_if_alone(sessions, samples):
    spoken = {f"{k:032x}": np.roll(samples, 5_000 * k) // (k + 1) for k in range(6)}
    alone = {key: Sessions(Models()).answer(asked(own)) for key, own in spoken.items()}

    async def speak(key: str) -> dict[str, Any]:
        answer = {}
        for at in range(0, len(samples), 4_000):
            answer = await sessions.push(asked(spoken[key][at : at + 4_000], at, key=key))
        return answer

    async def everybody() -> list[dict[str, Any]]:
        return await asyncio.gather(*(speak(key) for key in spoken))

    said = [expected["probabilities"] for expected in alone.values()]
    assert np.ptp(said, 0).max() > 1e-3  # else whose is whose would not show
    for answer, expected in zip(run(everybody()), said, strict=True):
        assert answer["have"] == len(samples)
        np.testing.assert_allclose(answer["probabilities"], expected, atol=1e-6)


def test_what_came_together_is_answered_in_its_order(sessions, samples):
    """A piece that came twice, one of somebody else and nonsense between them."""
    other = f"{1:032x}"
    calls = [
        asked(samples[:4_000]),
        asked(samples[:900], key=other),
        {"key": KEY},
        asked(samples[:4_000]),
        asked(samples[4_000:5_000], 4_000),
        asked(samples[950:990], 950, key=other),  # too early
    ]
    said = sessions.answer_all([(call, "") for call in calls])
    assert [answer.get("have") for answer in said] == [4_000, 900, None, 4_000, 5_000, 900]
    assert said[2] == {"error": OUTDATED}
    assert said[0]["data"] == said[3]["data"]


def test_after_a_bug_everything_is_heard_again_and_nothing_twice(sessions, samples, monkeypatch):
    """The network fails once, after the streams have taken their pieces in."""
    keys = [KEY, f"{1:032x}"]
    expected = Sessions(Models()).answer(asked(samples))["probabilities"]
    bug = ZeroDivisionError()

    def broken(*_: Any) -> Any:
        raise bug

    async def both(at: int) -> list[Any]:
        calls = (sessions.push(asked(samples[at:], at, key=key)) for key in keys)
        return await asyncio.gather(*calls, return_exceptions=True)

    sessions.answer_all([(asked(samples[:9_000], key=key), "") for key in keys])
    with monkeypatch.context() as patched:
        patched.setattr(CabCnn, "classify", broken)
        twice = [(asked(samples[9_000:end], 9_000), "") for end in (9_900, 18_000)]
        assert sessions.answer_all(twice) == [bug, bug]
    sessions.answer(asked(samples[:9_000]))
    with monkeypatch.context() as patched:
        patched.setattr(CabCnn, "classify", broken)
        assert run(both(9_000)) == [bug, bug]
    assert [answer["have"] for answer in run(both(9_000))] == [0, 0]
    for answer in run(both(0)):
        np.testing.assert_allclose(answer["probabilities"], expected, atol=1e-6)


def test_a_bug_in_one_call_leaves_the_others_answered(sessions, samples, monkeypatch):
    def gone(self: Models, name: str | None) -> Any:
        raise FileNotFoundError(name)

    sessions.answer(asked(samples[:800]))
    with monkeypatch.context() as patched:
        patched.setattr(Models, "get", gone)
        fresh = asked(samples[:800], key=f"{1:032x}")
        bad, good = sessions.answer_all([(fresh, ""), (asked(samples[800:900], 800), "")])
        with pytest.raises(FileNotFoundError):
            sessions.answer(fresh)
    assert isinstance(bad, FileNotFoundError)
    assert good["have"] == 900


def test_one_session_takes_one_piece_at_a_time(sessions, samples):
    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda _: sessions.answer(asked(samples)), range(8)))
    assert {answer["have"] for answer in said} == {len(samples)}
    assert sessions.sound(KEY).samples.shape == samples.shape


def test_a_recording_opens_in_explore(demo, find_handler, samples):
    (view,) = (b for b in demo.blocks.values() if getattr(b, "elem_id", "") == "live")
    answer = run(view.send(asked(samples), gr.Request()))
    assert answer["have"] == len(samples)
    request = gr.Request(session_hash="speaker")
    event = gr.EventData(None, {"key": KEY})
    finish = find_handler(demo, "open_recording")
    shown = {block.elem_id: value for block, value in finish("accents", request, event).items()}
    assert shown["live"]["opened"] == KEY
    assert shown["tabs"].selected == "explore"
    clip = shared_sounds().clip("speaker")
    assert clip is not None
    np.testing.assert_array_equal(clip.sound.samples * 32768, samples)
    assert clip.sound.rate == RATE
    result = find_handler(demo, "explain_if_open")("accents", 0, request)
    explained = next(v for b, v in result.items() if b.elem_id == "view")
    exact = Models().get("accents").explain((samples, RATE))
    np.testing.assert_allclose(explained["probabilities"], exact.probabilities, atol=1e-5)
    assert explained["name"] == "Live recording"
    shared_sounds().forget("speaker")


def test_a_silent_recording_leaves_what_is_open_in_explore(demo, find_handler, visitor, voice):
    visitor.upload(voice())
    there = shared_sounds().open_clip(visitor.session)
    (view,) = (b for b in demo.blocks.values() if getattr(b, "elem_id", "") == "live")
    key = "f" * len(KEY)
    run(view.send(asked(np.zeros(RATE, "<i2"), key=key), gr.Request()))
    request = gr.Request(session_hash=visitor.session)
    with pytest.raises(gr.Error, match="The clip is silent"):
        find_handler(demo, "open_recording")("accents", request, gr.EventData(None, {"key": key}))
    assert shared_sounds().open_clip(visitor.session) is there


@pytest.mark.parametrize("said", [{"key": KEY}, {"key": 3}, {}, None, "text"])
def test_a_recording_that_is_gone_is_said_so(demo, find_handler, said):
    finish = find_handler(demo, "open_recording")
    with pytest.raises(gr.Error, match="no longer on the server"):
        finish("accents", gr.Request(session_hash="nobody"), gr.EventData(None, said))


def test_the_view_is_told_of_the_model(demo, find_handler):
    facts = find_handler(demo, "update_live_view")("digits")
    assert facts["labels"] == list("0123456789")
    assert (facts["model"], facts["longest"], facts["opened"]) == ("digits", 60, None)
    assert "Nobody has measured" in facts["score"]
    assert "There is no model" in find_handler(demo, "update_live_view")("lost")["error"]


def test_a_model_whose_answers_are_not_numbers_leaves_other_streams_alone(
    sessions, samples, models_folder, formula_model, make_card
):
    broken = formula_model(3)
    with torch.no_grad():
        for weights in broken.attention.parameters():
            weights.mul_(1e30)
    path = models_folder / "broken.safetensors"
    checkpoint.save(path, broken, make_card(name="broken"))
    try:
        bad, good = sessions.answer_all(
            [(asked(samples, key="f" * 32, model="broken"), ""), (asked(samples), "")]
        )
    finally:
        path.unlink()
    assert list(bad) == ["error"]
    assert "not numbers" in bad["error"]
    alone = Sessions(Models()).answer(asked(samples))
    np.testing.assert_allclose(good["probabilities"], alone["probabilities"], atol=1e-6)
