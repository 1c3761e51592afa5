"""The endpoints for programs, through gradio_client, from a page that is really served."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

import cabcnn
from cabcnn.ui import page, sounds


@pytest.fixture(scope="module")
def address(demo) -> Iterator[str]:
    _, url, _ = page.launch(demo, prevent_thread_lock=True, quiet=True)
    yield url
    demo.close()


@pytest.fixture(scope="module")
def client(address) -> Client:
    return Client(address, verbose=False)


def explain(client: Client, path: Path, *rest):
    return client.predict(handle_file(str(path)), *rest, api_name="/explain")


@pytest.mark.usefixtures("address")
def test_a_served_page_looks_for_work_as_seldom_as_it_was_told_to(demo):
    assert demo._queue.sleep_when_free >= page.QUEUE_POLL_SECONDS


def test_it_gives_the_verdict_and_the_matrices(client, voice):
    path = voice(seconds=3)
    found = explain(client, path, "accents", None)
    x = cabcnn.load("accents").explain(path)
    assert found["label"] == x.label
    assert found["name"] == "voice.wav"
    assert list(found["probabilities"]) == found["labels"] == ["US", "UK", "AU"]
    np.testing.assert_allclose(list(found["probabilities"].values()), x.probabilities, atol=1e-9)
    for name in ("times", "attention", "votes", "interval_probabilities"):
        np.testing.assert_allclose(found[name], getattr(x, name), atol=1e-6)
    redone = np.einsum("tn,tnk->k", found["attention"], found["votes"]) / len(found["attention"])
    np.testing.assert_allclose(redone, x.probabilities, atol=1e-6)


def test_a_file_is_all_that_it_needs(client, voice):
    assert explain(client, voice())["model"] == "accents"


def test_model_and_seconds_are_heeded(client, voice):
    found = explain(client, voice(seconds=8), "digits", 5)
    assert (found["model"], len(found["times"])) == ("digits", 200)
    assert found["notices"] == ["Only the first 5 seconds were used."]


def test_what_is_wrong_reaches_the_client_as_its_sentence(client, voice, tmp_path):
    (tmp_path / "notes.wav").write_text("no sound at all " * 99)
    with pytest.raises(AppError, match=r"^notes\.wav .*text"):
        explain(client, tmp_path / "notes.wav")
    with pytest.raises(AppError, match="There is no model 'klingon', only accents, digits"):
        explain(client, voice(), "klingon")
    with pytest.raises(AppError, match="T is -1 seconds"):
        explain(client, voice(), "accents", -1)
    with pytest.raises(AppError, match="seconds"):
        explain(client, voice(), "accents", "5")


def test_a_client_cannot_name_a_file_of_the_server(client, voice):
    path = str(voice())
    for file in ({"path": path}, {"path": None}, {}, path, None, 3):
        with pytest.raises(AppError, match="Upload the file first"):
            client.predict(file, api_name="/explain")


def test_the_endpoints_are_these_and_are_documented(client):
    endpoints = client.view_api(return_format="dict", print_info=False)
    named = endpoints["named_endpoints"]
    assert list(named) == ["/explain", "/classify", "/export", "/models"]
    assert endpoints["unnamed_endpoints"] == {}
    for name, count in (("/explain", 4), ("/classify", 4), ("/export", 7), ("/models", 0)):
        parameters = named[name]["parameters"]
        assert len(parameters) == count
        assert [p["parameter_has_default"] for p in parameters] == [k > 0 for k in range(count)]
        for parameter in parameters:
            assert parameter["label"] == parameter["parameter_name"]
            assert parameter["python_type"]["description"]
    first = [p["parameter_name"] for p in named["/export"]["parameters"][:4]]
    assert first == ["file", "kind", "model", "seconds"]


def test_the_code_that_the_page_offers_runs_as_it_is(client, address):
    endpoints = json.load(urllib.request.urlopen(f"{address}gradio_api/info"))["named_endpoints"]
    example = endpoints["/explain"]["parameters"][0]["example_input"]["url"]
    assert urllib.request.urlopen(example).read().startswith(b"OggS")
    for name, said in (("/classify", "label"), ("/export", ".pdf"), ("/models", "accents")):
        code = endpoints[name]["code_snippets"]["python"]
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert said in done.stdout, done.stderr
    for other in ("http://localhost/examples/../secret.ogg", "http://example.org/voice.wav"):
        with pytest.raises(AppError, match=f"^{other} is not fetched; upload the file"):
            client.predict(handle_file(other), api_name="/classify")


def test_several_models_answer_at_once_and_say_whether_they_are_right(client, voice):
    given = handle_file(str(voice(seconds=3)))
    alone = [client.predict(given, name, api_name="/classify") for name in ("digits", "accents")]
    both = client.predict(given, ["digits", "accents"], api_name="/classify")
    assert [found["model"] for found in both] == ["digits", "accents"]
    assert both == alone
    assert alone[1]["right"] is None
    label = alone[1]["label"]
    judged = client.predict(given, ["digits", "accents"], actual=label, api_name="/explain")
    assert [found["right"] for found in judged] == [None, True]
    wrong = next(name for name in ("US", "UK") if name != label)
    assert client.predict(given, actual=wrong, api_name="/classify")["right"] is False
    for models in ([], ["accents"] * 11):
        with pytest.raises(AppError, match="Ask one to 10 models at once"):
            client.predict(given, models, api_name="/classify")
    with pytest.raises(AppError, match="actual is 3"):
        client.predict(given, actual=3, api_name="/classify")
    with pytest.raises(AppError, match="model is 3 and must be text"):
        client.predict(given, [3], api_name="/classify")


def test_the_verdict_comes_without_the_matrices(client, voice, tmp_path):
    path = voice("a.wav", 8)
    found = client.predict(handle_file(str(path)), "accents", 5, api_name="/classify")
    x = cabcnn.load("accents").explain(path, 5)
    assert (found["name"], found["label"], found["seconds"]) == ("a.wav", x.label, 5)
    np.testing.assert_allclose(list(found["probabilities"].values()), x.probabilities, atol=1e-9)
    assert found["notices"] == ["Only the first 5 seconds were used."]
    assert "speakers it never heard" in found["score"]
    (tmp_path / "notes.wav").write_text("no sound at all " * 99)
    with pytest.raises(AppError, match="text, not sound"):
        client.predict(handle_file(str(tmp_path / "notes.wav")), api_name="/classify")


def test_a_figure_comes_as_a_file(client, voice):
    path = voice("my clip.wav", seconds=2)
    given = handle_file(str(path))
    got = Path(client.predict(given, "svg", "accents", None, [3, 17], 1, api_name="/export"))
    assert got.name == "my-clip-accents-2s-without-3-17.svg"
    x = cabcnn.load("accents").explain(path).without([3, 17])
    expected = path.with_suffix(".svg")
    x.save(expected, columns=1)
    assert got.read_bytes() == expected.read_bytes()
    labels = Path(client.predict(given, "txt", api_name="/export")).read_text("utf-8")
    assert labels.startswith("0.000000\t")
    page = client.predict(given, "html", with_sound=True, api_name="/export")
    assert "data:audio/wav;base64," in Path(page).read_text("utf-8")
    with pytest.raises(AppError, match=r"no kind of file '\.\./x\.pdf', only png"):
        client.predict(given, "../x.pdf", api_name="/export")
    with pytest.raises(AppError, match="no classifier 99"):
        client.predict(given, "csv", "accents", None, [99], api_name="/export")
    with pytest.raises(AppError, match="muted is '3 17' and must be a list"):
        client.predict(given, "csv", "accents", None, "3 17", api_name="/export")
    with pytest.raises(AppError, match=r"columns is \[1\] and must be"):
        client.predict(given, "pdf", columns=[1], api_name="/export")
    with pytest.raises(AppError, match=r"seconds is .* and must be a number"):
        client.predict(given, "pdf", seconds=-(10**400), api_name="/export")


def test_models_are_listed_with_their_scores(client):
    found = client.predict(api_name="/models")
    assert [model["name"] for model in found] == ["accents", "digits"]
    assert found[0]["labels"] == ["US", "UK", "AU"]
    assert found[0]["seconds"] == 30
    assert "speakers it never heard" in found[0]["score"]
    assert found[1]["score"].startswith("Nobody has measured")


def test_several_at_once_are_all_served_and_the_page_stays_free(client, address, voice):
    """A page that waits behind explanations would answer once, after the last of them."""
    path = voice("long.wav", seconds=30)
    alone = explain(client, path, "accents", 60)["probabilities"]
    answered = 0
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(explain, client, path, "accents", 60) for _ in range(4)]
        while not all(one.done() for one in asked):
            assert urllib.request.urlopen(f"{address}config", timeout=60).status == 200
            answered += 1
            time.sleep(0.02)
        assert [one.result()["probabilities"] for one in asked] == [alone] * 4
    assert answered > 3


def test_uploads_do_not_stay(client, voice, monkeypatch):
    store = sounds.shared_sounds()
    explain(client, voice("private.wav"))
    assert [path for path in store.folder.rglob("private.wav") if path.stat().st_size]
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + sounds.USED_SECONDS + 1)
    store.sweep()
    assert list(store.folder.rglob("private.wav")) == []


def test_the_server_sweeps_by_itself(client, voice, monkeypatch):
    monkeypatch.setattr(page, "SWEEP_SECONDS", 0.1)
    monkeypatch.setattr(sounds, "USED_SECONDS", 0.0)
    explain(client, voice("private.wav"))
    deadline = time.monotonic() + 60
    while list(sounds.shared_sounds().folder.rglob("private.wav")):
        assert time.monotonic() < deadline, "the upload is still there"
        time.sleep(0.1)


def test_it_answers_a_minute_at_most(client, voice):
    with pytest.raises(AppError, match="60 seconds at most"):
        explain(client, voice(), "digits", 1e9)
