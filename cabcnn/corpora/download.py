"""A file from the web that arrives in as many goes as it takes.

What has come is kept, with the mark (ETag or date) of the version it is of, so that a later go
asks for the rest of that very version and of no other.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cabcnn.errors import CorpusError
from cabcnn.files import DISK_FULL

if TYPE_CHECKING:
    from requests import Response

Progress = Callable[[int, int], None]  # bytes that are here, bytes in all or 0 if nobody says

CHUNK = 1 << 18
TIMEOUT = 30.0  # seconds without a word
PAUSES = (0.0, 1.0, 5.0)  # seconds before the next go, as long as none brings anything
PARTIAL, SATISFIED, GONE = 206, 416, (404, 410)


class _DroppedError(Exception):
    """The connection ended before the file did."""


def download(
    url: str, path: Path, part: Path, progress: Progress = lambda done, total: None
) -> None:
    """Fetches `url` into `path`, going on with what an earlier go left in `part`.

    Raises CorpusError where the network, the server or the disk does not let it; what has
    come by then is kept in `part`, and beside it in `part`.json what it is of.
    """
    left = list(PAUSES)
    had = _size(part)
    with disk(part):
        while True:
            try:
                _go(url, part, progress)
                break
            except _DroppedError as error:
                if (has := _size(part)) > had:
                    left, had = list(PAUSES), has
                if not left:
                    raise CorpusError(
                        f"The connection to {_host(url)} broke after {_megabytes(has)}; run the "
                        "same command again, which goes on there."
                    ) from error
                time.sleep(left.pop(0))
        part.replace(path)
        _mark(part).unlink(missing_ok=True)


def _go(url: str, part: Path, progress: Progress) -> None:
    """One request, for all or for the rest. Raises _DroppedError where less came than promised."""
    import requests
    from urllib3.exceptions import HTTPError

    have, version = _size(part), _version(part, url)
    headers = {"Accept-Encoding": "identity"}  # the bytes as they are, which can be counted
    if have and version:
        headers |= {"Range": f"bytes={have}-", "If-Range": version}
    try:
        response = requests.get(url, headers=headers, stream=True, timeout=TIMEOUT)
    except requests.RequestException as error:
        if have:
            raise _DroppedError from error
        raise CorpusError(_unreachable(url, error)) from error
    with response:
        if response.status_code == SATISFIED and have == _total(response):
            return  # all had come when it was interrupted
        if response.status_code == SATISFIED or _other_version(response, have):
            part.unlink()
            raise _DroppedError
        _check_status(response, url)
        if response.status_code != PARTIAL:
            have = 0
            part.write_bytes(b"")  # before the mark: it must never be of older bytes
            _mark(part).write_text(json.dumps({"url": url, "version": _told(response)}), "utf-8")
        total = _total(response)
        _check_room(part, total - have)
        try:
            with part.open("ab", buffering=0) as file:
                progress(have, total)
                for block in response.raw.stream(CHUNK, decode_content=False):
                    file.write(block)
                    have += len(block)
                    progress(have, total)
        except HTTPError as error:
            raise _DroppedError from error
    if have < total:
        raise _DroppedError


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _mark(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _version(part: Path, url: str) -> str:
    """The version that the part is of, "" where it is not known: then nothing can go on."""
    try:
        mark = json.loads(_mark(part).read_text("utf-8"))
        return str(mark["version"]) if mark["url"] == url else ""
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return ""


def _told(response: Response) -> str:
    """A mark by which a server knows this very version again: RFC 9110 wants a strong ETag, or
    the date."""
    tag = response.headers.get("ETag", "")
    return tag if tag.startswith('"') else response.headers.get("Last-Modified", "")


def _total(response: Response) -> int:
    """The size of the whole file, 0 where the server does not say."""
    told = re.fullmatch(r"bytes (?:\d+-\d+|\*)/(\d+)", response.headers.get("Content-Range", ""))
    return int(told[1] if told else response.headers.get("Content-Length", 0))


def _other_version(response: Response, have: int) -> bool:
    """Whether what the server sends does not begin where the part ends."""
    told = response.headers.get("Content-Range", "")
    return response.status_code == PARTIAL and not told.startswith(f"bytes {have}-")


def _check_status(response: Response, url: str) -> None:
    if response.status_code in GONE:
        raise CorpusError(
            f"{url} is not there any more ({response.status_code}); look for its new place and "
            "download it by hand."
        )
    if not response.ok:
        raise CorpusError(
            f"{_host(url)} answers {response.status_code} {response.reason}; try again later."
        )


def _check_room(part: Path, need: int) -> None:
    free = shutil.disk_usage(part.parent).free
    if need > free:
        raise CorpusError(
            f"{_megabytes(need)} are still to come and the disk of {part.parent} has "
            f"{_megabytes(free)} left; make room or choose another folder."
        )


def _unreachable(url: str, error: Exception) -> str:
    import requests

    if isinstance(error, requests.exceptions.SSLError):
        return f"{_host(url)} can't prove that it is {_host(url)}; try again from another network."
    if isinstance(error, requests.Timeout):
        return f"{_host(url)} does not answer; check the network or try again later."
    if isinstance(error, requests.ConnectionError):
        return f"{_host(url)} can't be reached; check the network and run the same command again."
    return f"{url} can't be fetched ({error}); try again later."


@contextmanager
def disk(path: Path) -> Iterator[None]:
    """Tells in a sentence why the disk does not take a file."""
    try:
        yield
    except OSError as error:
        if error.errno in DISK_FULL:
            raise CorpusError(
                f"The disk of {path.parent} is full; make room and run the same command again, "
                "which goes on where it stopped."
            ) from error
        raise CorpusError(f"{path} can't be written: {error.strerror}.") from error


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"
