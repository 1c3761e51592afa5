"""The endpoints as tools of the Model Context Protocol, through a client of that protocol."""

from __future__ import annotations

import ast
import asyncio
import base64
import sys
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from typer.testing import CliRunner

import cabcnn
from cabcnn import cli
from cabcnn.errors import CabcnnError
from cabcnn.ui import page

Ask = Callable[[ClientSession], Awaitable[Any]]


@pytest.fixture(scope="module")
def ask(demo) -> Iterator[Callable[[Ask], Any]]:
    """Opens a session, lets a function ask, and gives its answer."""
    _, url, _ = page.launch(demo, prevent_thread_lock=True, quiet=True, mcp=True)

    async def session(question: Ask) -> Any:
        async with (
            streamable_http_client(f"{url}gradio_api/mcp/") as (incoming, outgoing, _),
            ClientSession(incoming, outgoing) as opened,
        ):
            await opened.initialize()
            return await question(opened)

    with ThreadPoolExecutor(1) as pool:  # a browser test may have a loop of its own in this thread
        yield lambda question: pool.submit(asyncio.run, session(question)).result()
    demo.close()


def test_the_endpoints_are_the_tools_and_say_what_they_take(ask):
    tools = {tool.name: tool for tool in ask(lambda session: session.list_tools()).tools}
    assert list(tools) == ["explain", "classify", "export", "list_models"]
    for tool in tools.values():
        assert tool.description
        for facts in tool.inputSchema["properties"].values():
            assert facts["description"]
    assert tools["classify"].inputSchema["required"] == ["file"]


def test_a_tool_classifies_a_sound_and_says_what_is_wrong_with_another(ask, voice):
    path = voice(seconds=3)
    sound = f"data:audio/wav;base64,{base64.b64encode(path.read_bytes()).decode()}"

    async def question(session: ClientSession) -> tuple[Any, Any]:
        good = await session.call_tool("classify", {"file": sound, "seconds": 2})
        return good, await session.call_tool("classify", {"file": sound, "seconds": 99})

    good, bad = ask(question)
    found = ast.literal_eval(good.content[0].text)
    x = cabcnn.load("accents").explain(path, 2)
    assert found["label"] == x.label
    assert list(found["probabilities"].values()) == pytest.approx(x.probabilities.tolist())
    assert bad.isError
    assert "60 seconds at most" in bad.content[0].text


def test_without_its_package_the_option_is_a_sentence(demo, monkeypatch):
    monkeypatch.setitem(sys.modules, "mcp", None)
    with pytest.raises(CabcnnError, match=r"pip install 'gradio\[mcp\]'"):
        page.launch(demo, mcp=True)


def test_tools_and_passwords_do_not_go_together():
    result = CliRunner().invoke(cli.app, ["app", "--mcp", "--auth", "ann:secret"])
    assert isinstance(result.exception, CabcnnError)
    assert "not both" in str(result.exception)
