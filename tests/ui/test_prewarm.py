"""The examples are ready before anybody asks for them."""

from __future__ import annotations

import threading

import pytest

from cabcnn.ui import examples, prewarm, view_payload
from cabcnn.ui.models import shared_models


@pytest.fixture
def explain_all(models_folder):
    """Runs until every example has had its turn, or `meanwhile` is over."""

    def run(meanwhile=None) -> None:
        before = set(threading.enumerate())
        with prewarm.prewarm(shared_models()):
            threads = set(threading.enumerate()) - before
            if meanwhile is not None:
                meanwhile()
            else:
                for one in threads:
                    one.join()
        assert not any(one.is_alive() for one in threads)

    view_payload._explain_example.cache_clear()
    return run


def test_the_first_click_on_an_example_needs_no_network(visitor, explain_all, monkeypatch):
    explain_all()
    monkeypatch.setattr("cabcnn.ui.view_payload.payload", None)
    for example in examples.load():
        shown = visitor.call("choose_example", [example.title], example.checkpoint, 0)
        assert shown.view["name"] == example.title


def test_the_server_ends_without_waiting_for_all_of_them(explain_all, monkeypatch):
    begun = []
    first = threading.Event()

    def slow(_, example) -> None:
        begun.append(example)
        first.set()
        threading.Event().wait(0.2)

    monkeypatch.setattr("cabcnn.ui.explore.explain_example", slow)
    explain_all(meanwhile=first.wait)
    assert 1 <= len(begun) < len(examples.load())


def test_an_example_without_its_model_is_passed_over(explain_all, tmp_path, monkeypatch):
    monkeypatch.setattr("cabcnn.checkpoint.folder", lambda: tmp_path)
    troubles = []
    monkeypatch.setattr(threading, "excepthook", troubles.append)
    explain_all()
    assert troubles == []
