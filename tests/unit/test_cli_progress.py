"""What long commands show while they work: a bar in a terminal, nothing in a pipe."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from cabcnn import cli

RATE = 8_000


class Terminal:
    """A real one, of which `shown` is what programs wrote to it."""

    def __init__(self) -> None:
        import pty

        self.near, far = pty.openpty()
        self.stream = os.fdopen(far, "w")
        self.parts: list[bytes] = []
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self) -> None:
        while True:
            try:
                part = os.read(self.near, 65_536)
            except OSError:  # the other end was closed
                return
            if not part:
                return
            self.parts.append(part)

    def shown(self) -> str:
        if not self.stream.closed:
            self.stream.close()
        self.reader.join(10)
        os.close(self.near)
        return b"".join(self.parts).decode()


@pytest.fixture
def terminal(monkeypatch) -> Iterator[Terminal]:
    pytest.importorskip("pty", reason="a system without pseudo-terminals")
    monkeypatch.setenv("TERM", "xterm")
    for name in ("NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    made = Terminal()
    yield made
    if not made.stream.closed:
        made.shown()


@pytest.fixture
def folder(tmp_path, babble) -> Path:
    for number, name in enumerate(("UK/ann", "UK/bob", "US/cy", "US/di")):
        path = tmp_path / "voices" / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, babble(1.0, RATE, number), RATE)
    return tmp_path / "voices"


COMMANDS = [("describe", "Decoding"), ("prepare", "Decoding"), ("evaluate", "Classifying")]


def arguments(command: str, folder: Path) -> list[str]:
    cache = ["--cache", str(folder.with_name("cache"))]
    return {
        "describe": ["corpus", "describe", str(folder)],
        "prepare": ["corpus", "prepare", str(folder), *cache],
        "evaluate": ["evaluate", "accents-5s", str(folder), *cache],
    }[command]


@pytest.mark.parametrize(("command", "what"), COMMANDS)
def test_a_terminal_sees_how_far_a_command_is(command, what, terminal, folder, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal.stream)  # here: captures come before each phase
    cli.app(arguments(command, folder), standalone_mode=False)
    shown = terminal.shown()
    bar = shown[shown.rindex(what) :]
    assert "4/4" in bar, "the bar stopped before the end"
    assert what not in capsys.readouterr().out, "what others read has no bar in it"


@pytest.mark.parametrize(("command", "what"), COMMANDS)
def test_a_pipe_gets_no_bar(command, what, folder, capfd):
    cli.app(arguments(command, folder), standalone_mode=False)
    found = capfd.readouterr()
    assert found.out
    assert what not in found.err
    assert "\x1b" not in found.err
