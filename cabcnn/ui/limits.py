"""What one server takes, from all visitors together and from one of them: one table of settings.

A visitor is the address that requests come from. Behind a proxy that is the one it names, if the
server trusts it (FORWARDED_ALLOW_IPS, by default proxies on the same machine).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from functools import cache
from typing import Annotated

import gradio as gr
from starlette.requests import Request

from cabcnn import schema
from cabcnn.errors import CabcnnError
from cabcnn.schema import Between

VARIABLE = "CABCNN_LIMITS"
Count = Annotated[int, Between(1, 1_000_000)]


@dataclass(frozen=True)
class Limits:
    """The defaults; CABCNN_LIMITS changes them: NAME=NUMBER, several with commas between them.

    Raises CabcnnError, naming the limit, if one is out of bounds.
    """

    live_recordings: Count = 64  # that are going on in Live
    live_recordings_per_visitor: Count = 32  # a class behind one address fits
    upload_megabytes: Count = 500  # of one file
    waiting_megabytes: Count = 4000  # of uploads that lie on the server at once
    waiting_megabytes_per_visitor: Count = 2000
    training_uploads: Count = 20  # zips kept for training
    training_uploads_per_visitor: Count = 5
    training_runs_waiting: Count = 10
    wrong_passwords_per_minute: Count = 100
    wrong_passwords_per_minute_per_visitor: Count = 10
    open_pages: Count = 500  # remembered by Gradio, and dropped last
    program_sessions: Count = 32  # of programs that use the endpoints, remembered by Gradio

    def __post_init__(self) -> None:
        schema.check(self)


@cache
def limits() -> Limits:
    """Those of this program. Raises CabcnnError where CABCNN_LIMITS can't be read."""
    return parse(os.environ.get(VARIABLE, ""))


def parse(text: str) -> Limits:
    """Raises CabcnnError if it is not NAME=NUMBER,NAME=NUMBER of limits that there are."""
    known = [field.name for field in fields(Limits)]
    changes = {}
    for part in filter(None, map(str.strip, text.split(","))):
        name, _, number = (piece.strip() for piece in part.partition("="))
        if name not in known:
            raise CabcnnError(f"{VARIABLE}: there is no limit {name!r}, only {', '.join(known)}.")
        if not (number.isascii() and number.isdigit()) or len(number) > 9:
            raise CabcnnError(f"{VARIABLE}: {part!r} is not like {name}=10.")
        changes[name] = int(number)
    return Limits(**changes)


def visitor(request: gr.Request | Request) -> str:
    """Whose request it is."""
    client = getattr(request, "client", None)  # none where a test calls a handler
    return client.host if client else ""
