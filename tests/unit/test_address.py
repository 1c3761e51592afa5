"""Addresses to serve the page at: each that can't be used has its own sentence."""

from __future__ import annotations

import socket

import httpx
import pytest

from cabcnn.errors import CabcnnError
from cabcnn.ui import address


@pytest.fixture(autouse=True)
def no_defaults(monkeypatch):
    for name in (address.HOST, address.PORT):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("host", "port", "sentence"),
    [
        ("no.such.host.invalid", 7983, "There is no host 'no.such.host.invalid'"),
        ("a" * 70 + ".b", 7983, "There is no host"),
        ("192.0.2.1", 7983, "192.0.2.1 is no address of this machine"),
        (None, -1, "-1 is not a port; give a number from 1 to 65,535"),
        (None, 0, "0 is not a port"),
        (None, 99_999_999, "99999999 is not a port"),
    ],
)
def test_what_is_no_address(host, port, sentence):
    with pytest.raises(CabcnnError) as error:
        address.checked(host, port)
    assert sentence in str(error.value)


def test_a_port_that_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(CabcnnError, match=f"Port {port} is taken; choose another"):
            address.checked(None, port)
    assert address.checked(None, port) == ("127.0.0.1", port)


def test_an_address_of_ipv6_gets_brackets():
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    assert address.checked("::1", None) == ("[::1]", None)
    assert address.checked("[::1]", None) == ("[::1]", None)


def test_the_environment_may_give_host_and_port(monkeypatch):
    monkeypatch.setenv(address.HOST, "0.0.0.0")
    monkeypatch.setenv(address.PORT, "65000")
    assert address.checked(None, None) == ("0.0.0.0", 65_000)
    monkeypatch.setenv(address.PORT, "many")
    with pytest.raises(CabcnnError, match="GRADIO_SERVER_PORT is 'many'"):
        address.checked(None, None)


@pytest.mark.parametrize("share", [True, False])
def test_proxies_are_not_used_for_the_own_server(monkeypatch, share):
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "example.org")
    monkeypatch.setenv("NO_PROXY", "")
    address.bypass_proxies("[::1]", share)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        client = httpx.Client(timeout=0.2)
        with pytest.raises(httpx.ReadTimeout):  # connected, instead of refused by the proxy
            client.get(f"http://127.0.0.1:{port}/")
