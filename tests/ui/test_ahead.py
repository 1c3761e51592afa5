"""The examples are ready before anybody asks for them."""

from __future__ import annotations

import threading

from cabcnn.ui import ahead, examples, shown
from cabcnn.ui.models import kept


def threads() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "examples"]


def done() -> None:
    for one in threads():
        one.join(120)


def test_the_first_click_on_an_example_needs_no_network(visitor, monkeypatch):
    shown._example.cache_clear()
    with ahead.explaining(kept()):
        done()
    monkeypatch.setattr("cabcnn.ui.shown.payload", None)
    for index, example in enumerate(examples.load()):
        assert visitor.call("choose", index, 0).view["name"] == example.title


def test_the_server_ends_without_waiting_for_all_of_them(models_folder, monkeypatch):
    begun, end = threading.Event(), threading.Event()

    def slow(*_) -> None:
        begun.set()
        end.wait(60)

    monkeypatch.setattr("cabcnn.ui.explore.explain_example", slow)
    with ahead.explaining(kept()):
        assert begun.wait(60)
        (started,) = threads()
        threading.Timer(0.1, end.set).start()
        begun.clear()
    assert not started.is_alive()
    assert not begun.is_set(), "the second was begun"


def test_an_example_without_its_model_is_passed_over(models_folder, tmp_path, monkeypatch):
    monkeypatch.setattr("cabcnn.checkpoint.folder", lambda: tmp_path)
    troubles = []
    monkeypatch.setattr(threading, "excepthook", troubles.append)
    with ahead.explaining(kept()):
        done()
    assert troubles == []
