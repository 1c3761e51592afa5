"""Where the page is served: what is wrong with an address, said before Gradio tries it."""

from __future__ import annotations

import errno
import os
import socket

from cabcnn.errors import CabcnnError

HOST, PORT = "GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT"
LOCAL = "127.0.0.1"
ANY_V4 = "0.0.0.0"
HIGHEST_PORT = 65_535


def checked(host: str | None, port: int | None) -> tuple[str, int | None]:
    """The host as Gradio takes it, an IPv6 address in brackets, and the port, None for any that is
    free. Those left out come from Gradio's environment variables.

    Raises CabcnnError if this machine has no such address, or the port is taken, reserved or not
    a port.
    """
    host = (host or os.environ.get(HOST) or LOCAL).strip().removeprefix("[").removesuffix("]")
    if port is None and (text := os.environ.get(PORT)):
        if not text.isdecimal():
            raise CabcnnError(f"{PORT} is {text!r}; give a number from 1 to {HIGHEST_PORT:,}.")
        port = int(text)
    if port is not None and not 1 <= port <= HIGHEST_PORT:
        raise CabcnnError(f"{port} is not a port; give a number from 1 to {HIGHEST_PORT:,}.")
    try:
        family, kind, _, _, place = socket.getaddrinfo(host, port or 0, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            if os.name == "posix":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except (socket.gaierror, UnicodeError):
        raise CabcnnError(
            f"There is no host {host!r}; give an address of this machine, such as {LOCAL}, or "
            f"{ANY_V4} for all of them."
        ) from None
    except OSError as error:
        raise CabcnnError(_reason(host, port, error)) from error
    return (f"[{host}]" if ":" in host else host), port


def _reason(host: str, port: int | None, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken; choose another."
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"Port {port} is reserved for the system; choose one from 1,024 on."
    if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        return f"{host} is no address of this machine; give {LOCAL}, or {ANY_V4} for all of them."
    return f"{host} can't be listened on ({error.strerror}); choose another address or port."


def bypass_proxies(host: str, share: bool) -> None:
    """Keeps Gradio's requests to its own server off a proxy that the environment names, which would
    refuse them. Without a public link nothing else is requested either."""
    names = "*"
    if share:
        given = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
        names = ",".join(filter(None, (given, "localhost", LOCAL, "::1", host.strip("[]"))))
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = names
